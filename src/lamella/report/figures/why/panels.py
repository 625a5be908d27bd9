"""Which panels a frame needs, and what each of them says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes

from lamella.report.figures.why.images import (
    draw_brightness,
    draw_classes,
    draw_evidence,
    draw_flow,
    draw_frame,
    draw_odds,
    draw_stages,
    draw_texture,
)
from lamella.report.figures.why.page import MOVING, STILL, UNDECIDED
from lamella.report.figures.why.parts import LookPlanes, Planes

COLUMNS = 3


@dataclass(frozen=True)
class Panel:
    """An image with its bar, its title and what it says."""

    title: str
    caption: str
    draw: Callable[[Axes, Axes], None]
    dark: bool = False
    """Whether marks on it must be light."""


def panels(planes: Planes) -> list[Panel]:
    """Panels in the order of the way: from the frame to its cells."""
    lag = planes.lag
    frames = f"{lag} frames" if lag != 1 else "one frame"
    shown = [
        Panel(
            "The frame",
            "As recorded, with the outlines of the cells found."
            if planes.cells.any()
            else "As recorded; no cells were found.",
            lambda axes, bar: draw_frame(axes, bar, planes),
            dark=True,
        ),
        Panel(
            "Evidence of motion",
            f"How much every pixel changed within {frames}, squared; what the noise of the camera "
            "alone does is 1.",
            lambda axes, bar: draw_evidence(axes, bar, planes.evidence),
            dark=True,
        ),
        Panel(
            "Self-labels",
            "Pixels that surely moved are taken as examples of cell, those that did not as "
            "examples of background; nobody drew them.",
            lambda axes, bar: draw_classes(
                axes,
                bar,
                planes.self_labels,
                (("undecided", UNDECIDED), ("still", STILL), ("moving", MOVING)),
                order=(1, 0, 2),
            ),
        ),
    ]
    if planes.looks:
        shown += _look_panels(planes.looks)
    if planes.flow is not None and (planes.looks or np.isfinite(planes.flow).any()):
        flow = planes.flow
        shown.append(
            Panel(
                "Flow",
                f"How far texture has come within {frames}; no arrow where there is too little "
                "texture to follow. It has no say in the result.",
                lambda axes, bar: draw_flow(axes, bar, planes.frame, flow),
                dark=True,
            )
        )
    if not planes.looks:
        return shown
    return [
        *shown,
        Panel(
            "All looks together",
            "The sum of the looks and of the share of cell in the frame; on the line, cell and "
            "background are equally likely.",
            lambda axes, bar: draw_odds(
                axes, bar, planes.log_odds, ("background", "cell"), line=True
            ),
        ),
        Panel(
            "The result",
            "Gaps and holes are filled, the outline is drawn in to the steepest edge, and objects "
            "that do not move or look like the others are dropped.",
            lambda axes, bar: draw_stages(axes, bar, planes),
        ),
    ]


def _look_panels(looks: tuple[LookPlanes, ...]) -> list[Panel]:
    """A panel for each look; in a row with room left, also the features of the finest."""
    first = looks[0]
    features = [
        Panel(
            f"Brightness at {first.scale_px:g} px",
            "How much brighter or darker than the bare field every pixel is, in units of noise.",
            lambda axes, bar: draw_brightness(axes, bar, first.brightness),
        ),
        Panel(
            f"Texture at {first.scale_px:g} px",
            "How much structure there is around every pixel; noise alone has 1.",
            lambda axes, bar: draw_texture(axes, bar, first.texture),
            dark=True,
        ),
    ]
    return [
        *features[: -len(looks) % COLUMNS],
        *(
            Panel(
                f"What the look at {look.scale_px:g} px says",
                "Whether brightness and texture together are more usual among moving or among "
                "still pixels; zero says nothing.",
                lambda axes, bar, look=look: draw_odds(  # type: ignore[misc]
                    axes, bar, look.log_odds, ("like still pixels", "like moving pixels")
                ),
            )
            for look in looks
        ),
    ]
