"""What a package for other programs tells of the model, and of what it could not take along."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from lamella.nets.convlstm_unet.architecture import Architecture


def page_of(
    title: str,
    architecture: Architecture,
    *,
    low: float,
    high: float,
    about: Mapping[str, str],
    card: Mapping[str, Any],
) -> str:
    """The page, in Markdown.

    Parameters
    ----------
    low, high : float
        Percentiles of grey values that become 0 and 1.
    about : mapping of str to str
        What the file of weights tells of itself.
    card : mapping
        The model's card; empty where it has none.
    """
    n, multiple = architecture.window, architecture.multiple
    distance = architecture.head == "distance"
    frames = f"{n} consecutive frames" if n > 1 else "a frame"
    parts = [
        f"# {title}",
        f"A network that segments cells in video. It is shown {frames} of one channel, oldest "
        "first, and segments the last: MobileNetV2 encodes every frame, the decoder of a U-Net "
        "brings it back to full size, and a ConvLSTM looks over time (arXiv:2112.08817).",
        "\n".join(f"- {name}: {text}" for name, text in sorted(about.items())),
        "## Use",
        f"- **Input** `windows`: batch × time × y × x, {n} in time, sides multiples of "
        f"{multiple} px. For the first frames of a video the window is filled by reflection: "
        "before frame 0 come frames 1, 2 … in rising distance.",
        "- **Output** `cell`: the probability that a pixel of the last frame is cell."
        + (
            " `distance`: the pixel's distance to the edge of its cell over the largest in that "
            "cell; its maxima tell touching cells apart."
            if distance
            else ""
        ),
        "## What this package cannot say",
        f"- **Grey levels.** The network was taught with levels of whole videos: their percentiles "
        f"{low} and {high} become 0 and 1, the rest is clipped. A package knows the window alone: "
        "its percentiles are taken instead. Where cells come and go, or the light changes, scale "
        "the whole video first, as Lamella does.",
        "- **Tiles.** Parts of large frames must overlap by the receptive field, several hundred "
        "pixels; parts without overlap differ at their borders.",
        "- **Objects.** Lamella makes them from the probability: above 0.5, closed (radius 3 px), "
        "holes filled, at least 150 px"
        + (
            "; touching cells are parted by a watershed from the components in which `distance` "
            "is above 0.5."
            if distance
            else "; connected components."
        ),
        "## Validation",
        *_scores(card),
        "On your own movies: outline the cells of some frames by hand and compare, by the overlap "
        "of every outlined cell with its object (SEG of the Cell Tracking Challenge) and by the "
        "F1 of pixels: `lamella evaluate REFERENCE RESULT`. Expect worse on cells, lenses and "
        "contrasts that the network was not taught with, and teach it some frames of them.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _scores(card: Mapping[str, Any]) -> list[str]:
    """Held-out scores of the model's card."""
    scores = card.get("scores")
    told = {
        name: each["after"]
        for name, each in (scores.items() if isinstance(scores, Mapping) else ())
        if isinstance(each, Mapping)
        and isinstance(each.get("after"), int | float)
        and math.isfinite(each["after"])
    }
    if not told:
        return []
    rows = "\n".join(f"| {name} | {value:.3g} |" for name, value in told.items())
    return [f"On movies that were not learnt from:\n\n| score | value |\n| --- | --- |\n{rows}"]
