"""Films: MP4 (H.264) through the program ffmpeg, and animated GIF."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lamella.core.errors import InputError, NotInstalledError, OutputError
from lamella.io.atomic import whole_file

Picture = NDArray[np.uint8]
"""(H, W, 3), RGB."""

_QUALITY = "18"
"""Constant rate factor of H.264: at 18 nobody sees what is lost."""
_COLOURS = 256
_STEPS = (0, 128, 255)
_MOST_KEPT = 128


def write_mp4(path: str | os.PathLike[str], pictures: Iterable[Picture], *, fps: float) -> int:
    """A film as MP4: H.264 with 4:2:0 colours, which slides, browsers and journals play.

    Parameters
    ----------
    pictures : iterable of (H, W, 3) uint8 arrays
        All of one size; an odd last row or column is left out, since the format has none.
    fps : float
        Pictures a second.

    Returns
    -------
    int
        Pictures written.

    Raises
    ------
    NotInstalledError
        Without imageio-ffmpeg.
    InputError
        No picture, or pictures of different sizes.
    OutputError
        When the disk refuses, or ffmpeg does.
    """
    try:
        import imageio_ffmpeg
    except ImportError:
        raise NotInstalledError(
            str(path),
            "MP4 is written by imageio-ffmpeg, which is not installed",
            'pip install "lamella[film]", or write a .gif',
        ) from None
    n, size, writer = 0, None, None
    with whole_file(path) as part:
        try:
            for picture in pictures:
                even = _even(picture)
                if writer is None:
                    size = even.shape
                    writer = imageio_ffmpeg.write_frames(
                        str(part),
                        (even.shape[1], even.shape[0]),
                        fps=fps,
                        codec="libx264",
                        macro_block_size=2,
                        quality=None,
                        output_params=["-crf", _QUALITY, "-movflags", "+faststart", "-f", "mp4"],
                    )
                    writer.send(None)
                _refuse_other_size(path, even.shape, size)
                writer.send(np.ascontiguousarray(even))
                n += 1
        except OSError as error:
            if isinstance(error, BrokenPipeError) or error.errno is None:
                raise OutputError(
                    str(path), f"ffmpeg could not write it ({error})", "choose another place"
                ) from error
            raise
        finally:
            if writer is not None:
                writer.close()
        _refuse_none(path, n)
        if not part.is_file() or not part.stat().st_size:
            raise OutputError(str(path), "ffmpeg wrote nothing", "see whether the disk is full")
    return n


def write_gif(
    path: str | os.PathLike[str],
    pictures: Iterable[Picture],
    *,
    fps: float,
    colours: Sequence[tuple[int, int, int]] = (),
) -> int:
    """A film as animated GIF that begins again: 256 colours, the same for all pictures.

    GIF tells times in hundredths of a second, so that fewer `fps` than 50 are kept nearly.

    Parameters
    ----------
    pictures : iterable of (H, W, 3) uint8 arrays
        All of one size.
    fps : float
        Pictures a second.
    colours : sequence of (int, int, int), optional
        Are kept as they are, in whichever picture they come; at most 128.

    Returns
    -------
    int
        Pictures written.

    Raises
    ------
    InputError, OutputError
    """
    frames: list[Any] = []
    palette: Any = None
    first_shape: tuple[int, ...] | None = None
    for picture in pictures:
        first_shape = first_shape or picture.shape
        _refuse_other_size(path, picture.shape, first_shape)
        image = Image.fromarray(picture)
        if palette is None:
            palette = _palette(image, colours)
        frames.append(image.quantize(palette=palette, dither=Image.Dither.NONE))
    _refuse_none(path, len(frames))
    with whole_file(path) as part:
        frames[0].save(
            part,
            format="GIF",
            save_all=True,
            append_images=frames[1:],
            duration=max(round(100 / fps), 2) * 10,
            loop=0,
            optimize=False,
            disposal=1,
        )
    return len(frames)


def _palette(first: Image.Image, kept: Sequence[tuple[int, int, int]]) -> Image.Image:
    """Colours that are kept, those of the first picture, a coarse cube for what comes later.

    The cube holds black and white, so that writing and the scale bar are just that.
    """
    cube = [(r, g, b) for r in _STEPS for g in _STEPS for b in _STEPS]
    fixed = list(dict.fromkeys([*kept[:_MOST_KEPT], *cube]))
    own = first.quantize(_COLOURS - len(fixed), method=Image.Quantize.MEDIANCUT)
    found = (own.getpalette() or [])[: 3 * (_COLOURS - len(fixed))]
    palette = Image.new("P", (1, 1))
    palette.putpalette([*found, *(value for colour in fixed for value in colour)])
    return palette


def _even(picture: Picture) -> Picture:
    height, width = (length - length % 2 for length in picture.shape[:2])
    return picture[:height, :width]


def _refuse_other_size(path: object, shape: tuple[int, ...], first: Any) -> None:
    if shape != first:
        raise InputError(
            str(path), f"its pictures differ in size: {first}, {shape}", "make them all alike"
        )


def _refuse_none(path: object, n: int) -> None:
    if not n:
        raise InputError(str(Path(str(path))), "there is no picture to write", "choose frames")
