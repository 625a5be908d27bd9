"""Existing masks as a segmenter: Cellpose's, QuimP's, a colleague's."""

from __future__ import annotations

from typing import ClassVar, Literal

import cv2
import numpy as np
from pydantic import Field

from lamella.core.errors import InputError
from lamella.core.frames import Frames, Image, MappedFrames
from lamella.core.step import Step


class ExistingLabels(Step):
    """Take masks that were made before, found by a path pattern.

    Parameters
    ----------
    pattern : str
        Where the masks of a movie lie, relative to the study: a label TIFF or a folder of frames.
        ``{movie}``, ``{condition}``, ``{session}``, ``{stem}`` (the raw file's name without its
        ending) and ``{folder}`` (the raw file's folder) stand for those of the movie.
    binary : bool
        The masks hold one value for all objects: every connected region becomes an object.
    """

    version: ClassVar[int] = 1
    scale_free: ClassVar[bool] = True
    method: Literal["labels"] = "labels"
    pattern: str = Field(min_length=1)
    binary: bool = False

    def __call__(self, frames: Frames, *, state: None = None) -> Frames:
        """The masks (T, Y, X) as labels; `frames` are the mask frames, not the image.

        Raises
        ------
        InputError
            When the masks are not whole numbers.
        """
        if frames.dtype.kind not in "uib":
            raise InputError(
                self.pattern,
                f"masks of type {frames.dtype} are not labels",
                "save them as 8-, 16- or 32-bit integers",
            )
        if not self.binary:
            return frames
        return MappedFrames(frames, lambda t: _components(frames.frame(t)), dtype=np.int32)


def _components(mask: Image) -> Image:
    components: Image = cv2.connectedComponents((mask != 0).view(np.uint8), connectivity=8)[1]
    return components
