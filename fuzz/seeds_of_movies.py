"""Small movies in containers that have libraries of their own, and what lies beside movies."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from fuzz.seeds import Folders, tracked


def _frames(n_frames: int = 4) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 200, (n_frames, 12, 16)).astype(np.uint16)


def _container(folders: Folders, *names: str) -> Iterator[Path]:
    from worlds.containers import CONTAINERS

    for container in CONTAINERS:
        if container.name in names:
            path = next(folders) / container.name
            container.write(path, _frames())
            yield path


def ome_zarr(folders: Folders) -> Iterator[Path]:
    """OME-Zarr 0.4 and 0.5, ours and of others; series, a plate, slices."""
    import zarr

    yield from _container(folders, "new.ome.zarr", "old.ome.zarr", "plain.zarr")
    from lamella.core.frames import ArrayFrames
    from lamella.core.movie import Scale
    from lamella.io.ome_zarr import write_ome_zarr

    for name, about, inner in (
        ("series.zarr", {"bioformats2raw.layout": 3}, ("0", "1")),
        (
            "plate.zarr",
            {"plate": {"wells": [{"path": "A/1"}, {"path": "B/2"}]}},
            ("A/1/0", "B/2/0"),
        ),
    ):
        path = next(folders) / name
        group = zarr.open_group(str(path), mode="w", zarr_format=2)
        group.attrs.update(about)
        for place in inner:
            if "/" in place:
                well = zarr.open_group(
                    str(path / place.rpartition("/")[0]), mode="w", zarr_format=2
                )
                well.attrs["well"] = {"images": [{"path": "0"}]}
            film = {"ch0": ArrayFrames(_frames(2))}
            write_ome_zarr(path / place, film, scale=Scale(), version="0.4")
        yield path
    path = next(folders) / "slices.zarr"
    group = zarr.open_group(str(path), mode="w", zarr_format=3)
    array = group.create_array(
        "0", shape=(4, 2, 12, 16), chunks=(2, 2, 6, 8), shards=(4, 2, 12, 16), dtype="u2"
    )
    array[:] = np.stack([_frames(), _frames()], axis=1)
    axes = [{"name": "t", "type": "time"}, *({"name": n, "type": "space"} for n in "zyx")]
    scale = {"type": "scale", "scale": [1.0, 1.0, 0.5, 0.5]}
    dataset = {"path": "0", "coordinateTransformations": [scale]}
    told = {"axes": axes, "datasets": [dataset], "name": "slices"}
    group.attrs["ome"] = {"version": "0.5", "multiscales": [told]}
    yield path


def ome_zarr_labels(folders: Folders) -> Iterator[Path]:
    """A movie with labels beside it, and labels by themselves."""
    from lamella.core.frames import ArrayFrames
    from lamella.io.ome_zarr import write_labels_zarr, write_ome_zarr

    painted, scale = tracked().painted(), tracked().scale
    frames = ArrayFrames(np.zeros(painted.shape, np.uint16))
    path = next(folders) / "a.ome.zarr"
    write_ome_zarr(path, {"ch0": frames}, scale=scale, labels={"cell": painted})
    yield path
    path = next(folders) / "b.ome.zarr"
    write_labels_zarr(path, painted, scale=scale, version="0.4")
    yield path


def czi(folders: Folders) -> Iterator[Path]:
    """CZI as Zeiss' own library writes it: one scene, and two with slices."""
    from pylibCZIrw import czi

    yield from _container(folders, "zeiss.czi")
    for packed in ("uncompressed:", "zstd1:ExplicitLevel=2"):
        path = next(folders) / "plate.czi"
        with czi.create_czi(str(path), compression_options=packed) as file:
            for scene in range(2):
                for n, frame in enumerate(_frames()):
                    file.write(
                        frame[..., None], plane={"T": n // 2, "C": 0, "Z": n % 2},
                        scene=scene, location=(100 * scene, 0),
                    )  # fmt: skip
            file.write_metadata("plate", channel_names={0: "GFP"}, scale_x=1e-6, scale_y=1e-6)
        yield path


def video(folders: Folders) -> Iterator[Path]:
    """Grey Matroska, and an AVI of another program's codec."""
    import imageio_ffmpeg

    yield from _container(folders, "video.mkv")
    path = next(folders) / "a.avi"
    writer = imageio_ffmpeg.write_frames(
        str(path), (16, 16), pix_fmt_in="gray", codec="png", macro_block_size=1, quality=None
    )
    writer.send(None)
    for frame in np.random.default_rng(1).integers(0, 255, (3, 16, 16)).astype(np.uint8):
        writer.send(np.ascontiguousarray(frame))
    writer.close()
    yield path


def nd2(folders: Folders) -> Iterator[Path]:
    """How ND2 begins, and noise: nothing here writes more of it."""
    name = b"ND2 FILE SIGNATURE CHUNK NAME01!"
    head = struct.pack("<IIQ", 0x0ABECEDA, len(name), 64) + name + b"Ver3.0".ljust(64, b"\0")
    end = b"ND2 FILEMAP SIGNATURE NAME 0001!"
    noise = np.random.default_rng(2).bytes(4000)
    where = struct.pack("<Q", len(head))
    for content in (head + noise, head + end + noise[:100] + end + where, noise):
        path = next(folders) / "a.nd2"
        path.write_bytes(content)
        yield path


def lif(folders: Folders) -> Iterator[Path]:
    """A LIF of one image of 12 × 16 pixels, as far as its header goes, and noise."""
    xml = (
        '<LMSDataContainerHeader Version="2"><Element Name="a"><Data/><Memory Size="0"/><Children>'
        '<Element Name="b"><Data><Image><ImageDescription><Channels><ChannelDescription '
        'DataType="0" ChannelTag="0" Resolution="16" NameOfMeasuredQuantity="" Min="0" Max="1" '
        'Unit="" LUTName="Gray" IsLUTInverted="0" BytesInc="0" BitInc="0"/></Channels><Dimensions>'
        '<DimensionDescription DimID="1" NumberOfElements="16" Origin="0" Length="1e-5" Unit="m" '
        'BitInc="0" BytesInc="2"/>'
        '<DimensionDescription DimID="2" NumberOfElements="12" Origin="0" Length="7.3333333e-6" '
        'Unit="m" BitInc="0" BytesInc="32"/>'
        '</Dimensions></ImageDescription></Image></Data><Memory Size="384" '
        'MemoryBlockID="MemBlock_1"/></Element></Children></Element></LMSDataContainerHeader>'
    ).encode("utf-16-le")
    pixels = _frames(1).tobytes()
    told = "MemBlock_1".encode("utf-16-le")
    head = struct.pack("<IIBI", 0x70, len(xml) + 5, 0x2A, len(xml) // 2) + xml
    block = struct.pack("<IIBQBI", 0x70, len(told) + 14, 0x2A, len(pixels), 0x2A, len(told) // 2)
    for content in (head + block + told + pixels, np.random.default_rng(3).bytes(4000)):
        path = next(folders) / "a.lif"
        path.write_bytes(content)
        yield path


def sidecar(folders: Folders) -> Iterator[Path]:
    """What lies beside ``cell.tif``: of Micro-Manager, OME-XML, BIDS."""
    images = {
        f"FrameKey-{t}-0-0": {"Frame": t, "ChannelIndex": 0, "SliceIndex": 0,
                              "ElapsedTime-ms": 1000 * t}
        for t in range(4)
    }  # fmt: skip
    summary = {"PixelSize_um": 0.5, "Interval_ms": 1000, "ChNames": ["GFP"]}
    planes = "".join(
        f'<Plane TheT="{t}" TheC="0" TheZ="0" DeltaT="{t}" DeltaTUnit="s"/>' for t in range(4)
    )
    xml = (
        '<?xml version="1.0" encoding="UTF-8"?><OME xmlns="http://www.openmicroscopy.org/Schemas/'
        'OME/2016-06"><Image ID="Image:0"><Pixels PhysicalSizeX="0.5" PhysicalSizeXUnit="µm" '
        f'TimeIncrement="1" TimeIncrementUnit="s"><Channel Name="GFP"/>{planes}</Pixels></Image>'
        "</OME>"
    )
    bids = {"PixelSize": [0.5, 0.5], "PixelSizeUnits": "um"}
    for name, text in (
        ("cell_metadata.txt", json.dumps({"Summary": summary, **images})),
        ("cell.companion.ome", xml),
        ("cell.json", json.dumps(bids)),
    ):
        path = next(folders) / name
        path.write_text(text, encoding="utf-8")
        yield path
