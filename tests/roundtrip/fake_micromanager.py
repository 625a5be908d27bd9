"""Writes image stacks byte for byte as Micro-Manager 2's MultipageTiffWriter lays them out.

File header, index map, display settings and comments have their own magic numbers; each IFD is
followed by its pixels, two resolutions and the image's JSON; OME and ImageJ descriptions come last.
"""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np


def write_mmstack(
    path: Path,
    array: np.ndarray,
    *,
    summary: dict,
    elapsed_ms: list[float] | None = None,
    pixel_um: float = 0.0,
    position: int = 0,
) -> Path:
    """`array` is (T, C, Y, X) uint16."""
    n_frames, n_channels, height, width = array.shape
    text = json.dumps(summary).encode()
    n_images = n_frames * n_channels
    map_at = 40 + len(text)
    out = bytearray(struct.pack("<2sHI", b"II", 42, map_at + 8 + 20 * n_images))
    out += struct.pack("<II", 54773648, map_at)
    out += struct.pack("<IIII", 483765892, 0, 99384722, 0)  # display and comments: patched below
    out += struct.pack("<II", 2355492, len(text)) + text
    out += struct.pack("<II", 3453623, n_images) + bytes(20 * n_images)
    entries = []
    next_at, descriptions_at = 0, []
    for t in range(n_frames):
        for c in range(n_channels):
            start = len(out)
            entries.append((c, 0, t, position, start))
            first = t == c == 0
            tags = {"Frame": t, "FrameIndex": t, "ChannelIndex": c, "PixelSizeUm": pixel_um}
            if elapsed_ms is not None:
                tags["ElapsedTime-ms"] = elapsed_ms[t] + 5.0 * c
            meta = json.dumps(tags).encode() + b"\0"
            n_entries = 13 + 2 * first  # with the two descriptions
            pixels = array[t, c].astype("<u2").tobytes()
            data_at = start + 2 + 12 * n_entries + 4
            res_at = data_at + len(pixels)
            meta_at = res_at + 16
            ifd = [(256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 16)]
            ifd += [(259, 3, 1, 1), (262, 3, 1, 1)]
            if first:
                descriptions_at = [start + 2 + 12 * 5 + 4, start + 2 + 12 * 6 + 4]
                ifd += [(270, 2, 0, 0), (270, 2, 0, 0)]
            ifd += [(273, 4, 1, data_at), (277, 3, 1, 1), (278, 3, 1, height)]
            ifd += [(279, 4, 1, len(pixels)), (282, 5, 1, res_at), (283, 5, 1, res_at + 8)]
            ifd += [(296, 3, 1, 3), (51123, 2, len(meta), meta_at)]
            out += struct.pack("<H", len(ifd))
            for code, kind, count, value in ifd:
                out += struct.pack("<HHII", code, kind, count, value)
            next_at = len(out)
            out += struct.pack("<I", meta_at + len(meta))
            out += pixels + struct.pack("<IIII", 10000, 1, 10000, 1) + meta
    struct.pack_into("<I", out, next_at, 0)
    for i, entry in enumerate(entries):
        struct.pack_into("<IIIII", out, map_at + 8 + 20 * i, *entry)
    ome = _ome(n_frames, n_channels, height, width)
    imagej = f"ImageJ=1.53\nchannels={n_channels}\nframes={n_frames}\nhyperstack=true\nunit=um\n"
    for at, description in zip(descriptions_at, (ome, imagej), strict=True):
        encoded = description.encode() + b"\0"
        struct.pack_into("<II", out, at, len(encoded), len(out))
        out += encoded
    struct.pack_into("<I", out, 20, len(out))
    out += struct.pack("<II", 347834724, 2) + b"[]"
    struct.pack_into("<I", out, 28, len(out))
    out += struct.pack("<II", 84720485, 2) + b"{}" + bytes(8)
    path.write_bytes(out)
    return path


def _ome(n_frames: int, n_channels: int, height: int, width: int) -> str:
    channels = "".join(f'<Channel ID="Channel:0:{c}"/>' for c in range(n_channels))
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2013-06"><Image ID="Image:0">'
        f'<Pixels ID="Pixels:0" DimensionOrder="XYCZT" Type="uint16" SizeX="{width}" '
        f'SizeY="{height}" SizeZ="1" SizeC="{n_channels}" SizeT="{n_frames}">{channels}'
        f'<TiffData IFD="0" PlaneCount="{n_frames * n_channels}"/></Pixels></Image></OME>'
    )


def summary_of(n_frames: int, n_channels: int, **more: object) -> dict:
    """Summary metadata with the keys that Micro-Manager 2 writes."""
    return {
        "MicroManagerVersion": "2.0.0",
        "Frames": n_frames,
        "Channels": n_channels,
        "Slices": 1,
        "Positions": 1,
        "TimeFirst": True,
        "SlicesFirst": True,
        "PixelType": "GRAY16",
        "Prefix": "movie",
        **more,
    }
