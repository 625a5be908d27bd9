"""What one frame shows of a cell's protrusions: a row per cell, and a row per tip."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lamella.core.table import Col, Column
from lamella.kernels.beyond import pixels_beyond
from lamella.kernels.tips import Tips

PER_FRAME = (
    Col.N_TIPS,
    Col.N_TIPS_CUT,
    Col.N_BRANCH_POINTS,
    Col.N_FRAGMENTS,
    Col.BODY_Y_PX,
    Col.BODY_X_PX,
    Col.BODY_RADIUS_PX,
    Col.BODY_RADIUS_UM,
    Col.SKELETON_PX,
    Col.SKELETON_UM,
    Col.LONGEST_TIP_PX,
    Col.LONGEST_TIP_UM,
    Col.MEAN_TIP_UM,
    Col.DENDRITICITY,
    Col.OUTSIDE_BODY,
)


def of_cell(
    piece: NDArray[np.bool_], found: Tips, um: float, n_fragments: int, origin: tuple[int, int]
) -> tuple[float, ...]:
    """Values of `PER_FRAME`."""
    y, x = found.centre
    area = np.count_nonzero(piece)
    # The disc of the body reaches up to the middle between its last pixels and the next.
    outside = pixels_beyond(piece, y, x, found.body_radius + 0.5)
    free = ~found.cut
    lengths, beyond = found.length[free], found.beyond[free]
    longest = lengths.max() if len(lengths) else np.nan
    return (
        len(lengths),
        len(found.cut) - len(lengths),
        found.n_branch_points,
        n_fragments,
        y + origin[0],
        x + origin[1],
        found.body_radius,
        found.body_radius * um,
        found.skeleton_length,
        found.skeleton_length * um,
        longest,
        longest * um,
        lengths.mean() * um if len(lengths) else np.nan,
        beyond.sum() / found.body_radius,
        outside / area,
    )


def rows_of_tips(
    tips: list[Tips], labels: NDArray[np.int64], origins: NDArray[np.float64]
) -> Mapping[Column | str, NDArray[Any]]:
    """Columns of the table of tips, of all cells of a frame, each in its own crop."""
    n = [len(each.y) for each in tips]
    first = np.repeat(origins, n, axis=0)

    def all_of(name: str) -> NDArray[np.float64]:
        return np.concatenate([np.empty(0), *(getattr(each, name) for each in tips)])

    return {
        Col.CELL: np.repeat(labels, n),
        Col.TIP_Y_PX: all_of("y") + first[:, 0],
        Col.TIP_X_PX: all_of("x") + first[:, 1],
        Col.TIP_LENGTH_PX: all_of("length"),
        Col.TIP_STEPS_PX: all_of("length_steps"),
        Col.TIP_BEYOND_PX: all_of("beyond"),
        Col.TIP_WIDTH_PX: all_of("width"),
        Col.TIP_BASE_WIDTH_PX: all_of("base_width"),
        Col.TIP_ANGLE: np.degrees(all_of("angle")),
        Col.TIP_CUT: all_of("cut") > 0,
    }
