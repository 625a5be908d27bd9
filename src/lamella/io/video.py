"""Videos (AVI, MP4, MOV …) of grey frames, decoded by ffmpeg in a process of its own.

ffmpeg is the program that ``imageio-ffmpeg`` brings. A video tells how fast it is shown, not how
fast it was taken: times come from the settings, and so does the pixel size.
"""

from __future__ import annotations

import os
import re
from collections.abc import Generator
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from lamella.core.errors import InputError, LamellaError, NotInstalledError
from lamella.core.frames import Image
from lamella.core.movie import Movie
from lamella.io.plane_reader import OpenedWhereRead, assembled, unreadable
from lamella.io.stated import Stated
from lamella.io.wanted import AS_IT_IS, Wanted

SUFFIXES = (".avi", ".mp4", ".mov", ".mkv", ".m4v", ".wmv", ".mpg", ".mpeg", ".webm")
_MOST_PIXELS = 2**26
_LOSSLESS = ("ffv1", "png", "rawvideo", "huffyuv", "ffvhuff", "utvideo")
_OFTEN_OFF = 0.02  # of the frames that a header tells of
# A file may make ffmpeg open no address, and no other file: no playlist is a video.
_CONTAINERS = "avi,mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,asf,mpeg,mpegts,mpegvideo,m4v"
_LOCAL = ["-protocol_whitelist", "file,crypto,data", "-format_whitelist", _CONTAINERS]


def open_video(path: str | os.PathLike[str], wanted: Wanted = AS_IT_IS) -> Movie:
    """A video as a movie of one channel.

    Grey videos are read with the values that are stored, of 8 to 16 bit. Others are decoded to
    red, green and blue of 8 bit, and are grey where all three are equal.

    Raises
    ------
    NotInstalledError
        Without the package of the extra ``video``.
    InputError
        What ffmpeg does not open; on reading a frame, colours.
    """
    source = str(path)
    try:
        planes = VideoPlanes(source)
    except LamellaError:
        raise
    except Exception as error:  # ffmpeg's complaints come as OSError and others
        raise unreadable(source, "video", error) from error
    notes = ("a video is compressed for the eye: its grey values are not those of the camera",)
    return assembled(
        planes,
        Stated(notes=(*(() if planes.lossless else notes), *planes.notes)),
        wanted,
    )


class VideoPlanes(OpenedWhereRead):
    """Frames of a video, decoded in order: an earlier one begins from the start again.

    Jumping into the middle of a video gives, with many codecs, a frame beside the one asked for.
    """

    n_channels = n_slices = 1

    def __init__(self, source: str) -> None:
        ffmpeg = _ffmpeg()
        self.source = source
        frames = ffmpeg.read_frames(source, input_params=_LOCAL)
        meta = next(frames)
        frames.close()
        stored = str(meta.get("pix_fmt", "")).partition("(")[0].strip()
        self.lossless = str(meta.get("codec", "")).strip(" ,") in _LOSSLESS
        grey = re.fullmatch(r"gray(?:|(9|10|12|14|16)[bl]e)", stored)
        # Values as they are stored; only the order of their bytes is chosen.
        self._format = f"gray{grey[1]}le" if grey and grey[1] else "gray" if grey else "rgb24"
        self.dtype = np.dtype(np.uint16 if grey and grey[1] else np.uint8)
        width, height = meta["size"]
        if width * height > _MOST_PIXELS:
            raise InputError(
                source,
                f"its frames have {width} × {height} pixels",
                "no video is as large: convert it",
            )
        self.frame_shape = (int(height), int(width))
        found = Path(source).stat()
        self.n_frames = _n_frames(source, found.st_size, found.st_mtime_ns)
        told = round(float(meta.get("duration") or 0) * float(meta.get("fps") or 0))
        short = told - self.n_frames
        cut = short > max(1, _OFTEN_OFF * told)
        self.notes = (
            (f"some {told} frames were expected, and {self.n_frames} are there: is it cut off?",)
            if cut
            else ()
        )
        super().__init__()

    def read(self, t: int, c: int, z: int) -> Image:
        """Frame number `t`, shape (Y, X)."""
        with self._lock:
            frames = self._held
            if frames is None or t < self._next:
                frames = self._restarted()
            data: bytes = b""
            try:
                while self._next <= t:
                    data = next(frames)
                    self._next += 1
            except StopIteration:
                self._held = None
                raise InputError(
                    self.source,
                    f"frame {t} of {self.n_frames} is missing from it",
                    "copy it again from its source",
                ) from None
        if self._format != "rgb24":
            return np.frombuffer(data, self.dtype).reshape(self.frame_shape)
        pixels = np.frombuffer(data, np.uint8).reshape(*self.frame_shape, 3)
        grey = pixels[..., 0]
        if not (np.array_equal(grey, pixels[..., 1]) and np.array_equal(grey, pixels[..., 2])):
            raise InputError(
                self.source,
                f"it is a colour video (frame {t})",
                "save it as grey, or split its channels into TIFF",
            )
        return grey

    def _restarted(self) -> Generator[Any, None, None]:
        self._stack.close()
        bits = 3 if self._format == "rgb24" else self.dtype.itemsize
        frames: Generator[Any, None, None] = _ffmpeg().read_frames(
            self.source,
            pix_fmt=self._format,
            bits_per_pixel=8 * bits,
            input_params=_LOCAL,
            output_params=["-fps_mode", "passthrough"],
        )
        next(frames)  # what the video is, not its first frame
        self._stack.callback(frames.close)
        self._held, self._next = frames, 0
        return frames


@lru_cache
def _n_frames(source: str, n_bytes: int, changed_ns: int) -> int:
    """Frames in a video of this size and time of change, for which all of it is decoded."""
    return int(_ffmpeg().count_frames_and_secs(source)[0])


def _ffmpeg() -> Any:
    try:
        import imageio_ffmpeg
    except ImportError as error:
        raise NotInstalledError(
            "video", "the package imageio-ffmpeg is not installed", 'pip install "lamella[video]"'
        ) from error
    return imageio_ffmpeg
