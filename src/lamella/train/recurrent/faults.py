"""What is found wrong before a training begins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from lamella.core.errors import InputError, SettingsError
from lamella.train.examples import Example, refuse_shared
from lamella.train.recurrent.patches import Patches
from lamella.train.recurrent.taught import TaughtMovie

if TYPE_CHECKING:
    from lamella.nets.convlstm_unet.architecture import Architecture


def refuse(
    patches: Patches,
    architecture: Architecture,
    training: Sequence[TaughtMovie],
    held_out: Sequence[TaughtMovie],
) -> None:
    """Refuse what could not be learnt, or would be learnt in vain.

    Raises
    ------
    SettingsError
        Patches whose side is no multiple of what the network halves, or that it halves to a single
        pixel: batch normalisation has no variance of that.
    InputError
        No annotated frame with a cell, or one that is also held out.
    """
    refuse_side(patches, architecture)
    n_frames, n_cells = counted(training)
    if not n_cells:
        raise InputError(
            "training movies",
            f"none of {n_frames} annotated frames has a cell",
            "outline cells in some frames, or check that the labels are of these movies",
        )
    refuse_shared(_examples(training), _examples(held_out))


def refuse_side(patches: Patches, architecture: Architecture) -> None:
    """Refuse patches that the network cannot halve; no movie is needed for that.

    Raises
    ------
    SettingsError
        Patches whose side is no multiple of what the network halves, or of which it would see one
        pixel.
    """
    larger = _next_size(patches.patch_px, architecture.multiple)
    if patches.patch_px % architecture.multiple:
        raise SettingsError(
            f"patch_px = {patches.patch_px}",
            f"a network of {architecture.poolings} poolings takes multiples of "
            f"{architecture.multiple} px",
            f"set patch_px = {larger}",
        )
    if patches.patch_px == architecture.multiple:
        raise SettingsError(
            f"patch_px = {patches.patch_px}",
            f"a network of {architecture.poolings} poolings would see one pixel of it",
            f"set patch_px = {larger} or more",
        )


def counted(movies: Sequence[TaughtMovie]) -> tuple[int, int]:
    """Annotated frames, and the cells in them."""
    cells = [
        np.count_nonzero(np.unique(labels) > 0)
        for each in movies
        for labels in each.labels.values()
    ]
    return len(cells), sum(cells)


def _next_size(side_px: int, multiple: int) -> int:
    """The next multiple, of which a network sees more than one pixel."""
    return max(-(-side_px // multiple), 2) * multiple


def _examples(movies: Sequence[TaughtMovie]) -> Iterator[Example]:
    for each in movies:
        for t, labels in each.labels.items():
            yield Example(
                each.frames.frame(t), labels, each.movie, each.session, each.condition, t, ""
            )
