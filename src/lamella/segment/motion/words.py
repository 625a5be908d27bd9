"""Why a pixel is cell, or is not: what every look added, and what became of it, in words."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lamella.kernels.filters import Plane, blurred
from lamella.segment.motion.features import Look
from lamella.segment.motion.labels import SelfLabels
from lamella.segment.motion.motion import Explanation
from lamella.segment.motion.objects import Fate

UNDECIDED, STILL, MOVING = 0, 1, 2
SELF_LABELS = ("undecided", "still", "moving")
BACKGROUND, CELL, FILLED, DRAWN_IN, DROPPED = range(5)

_OF_NOISE = np.expm1(0.596)  # mean of log(1 + e) for an exponential e, as noise alone would give
_FOR_SURE_PX = 4.0  # a sure pixel stands among its like
_MARGIN = 0.04  # of the field: examples keep off its border
_WHY_DROPPED = {
    Fate.TOO_SMALL: "dropped: the object is too small",
    Fate.DID_NOT_MOVE: "dropped: the object did not move",
    Fate.UNLIKE_THE_OTHERS: "dropped: the object looks less like cell than the others",
    Fate.AT_THE_BORDER: "dropped: the object touches the border of the frame",
}


class AtPixel(NamedTuple):
    """What one look shows at a pixel, and says."""

    scale_px: float
    brightness: float
    """Above the bare field, in SDs of the noise left at this scale."""
    texture: float
    """Typical slope over that of noise alone, which has 1."""
    added: float
    """Log odds that the look adds."""


def looks_at(explanation: Explanation, y: int, x: int) -> list[AtPixel]:
    """What each look shows and adds at a pixel."""
    return [
        AtPixel(
            look.scale_px,
            float(np.sinh(look.brightness[y, x])),
            float(texture_over_noise(look)[y, x]),
            float(added[y, x]),
        )
        for look, added in zip(explanation.looks, explanation.odds_by_look, strict=True)
    ]


def prior_log_odds(explanation: Explanation) -> float:
    """What is taken for granted before any look; NaN where nothing was learnt."""
    share = explanation.prior
    return float(np.log(share / (1 - share))) if 0 < share < 1 else float("nan")


def brightness_over_noise(look: Look) -> Plane:
    """Brightness above the bare field, in SDs of the noise left at its scale."""
    return np.sinh(look.brightness)


def texture_over_noise(look: Look) -> Plane:
    """Slopes of the texture over those of noise alone, which has about 1."""
    over: Plane = np.sqrt(np.expm1(look.texture) / np.float32(_OF_NOISE))
    return over


def label_image(labels: SelfLabels) -> NDArray[np.uint8]:
    """Self-labels as an image: 0 = undecided, 1 = still, 2 = moving."""
    image = np.where(labels.still, np.uint8(STILL), np.uint8(UNDECIDED))
    image[labels.moving] = MOVING
    return image


def stages(explanation: Explanation) -> NDArray[np.uint8]:
    """What became of every pixel, (Y, X) uint8.

    0 = background, 1 = cell, 2 = cell although its own odds are not positive (a gap closed or a
    hole filled), 3 = likely but outside of the edge as drawn, 4 = part of a dropped object.
    """
    likely = explanation.odds > 0
    out = np.where(explanation.region, np.uint8(DRAWN_IN), np.uint8(BACKGROUND))
    out[explanation.edged] = DROPPED
    cell = explanation.cells > 0
    out[cell] = CELL
    out[cell & ~likely] = FILLED
    return out


def instructive(explanation: Explanation) -> dict[str, tuple[int, int]]:
    """Pixels to explain, by what they are: the surest cell, the surest background, the doubtful.

    Sure pixels stand among their like (odds averaged over 4 px). Those are left out that a frame
    does not have; where nothing was learnt there is the pixel that changed most.
    """
    height, width = explanation.frame.shape
    inner = np.zeros((height, width), bool)
    dy, dx = int(_MARGIN * height), int(_MARGIN * width)
    inner[dy : height - dy, dx : width - dx] = True
    if not explanation.looks:
        return {"changed most": _highest(explanation.evidence, inner)}
    around = blurred(explanation.odds, _FOR_SURE_PX)
    cell = inner & (explanation.cells > 0)
    ground = inner & ~(explanation.region | explanation.edged)
    out = {}
    if cell.any():
        out["the surest cell"] = _highest(around, cell)
    if ground.any():
        out["the surest background"] = _highest(-around, ground)
    out["the most doubtful"] = _highest(-np.abs(blurred(explanation.odds, 1.0)), inner)
    return out


def in_words(explanation: Explanation, y: int, x: int) -> str:
    """Why pixel (y, x) is cell, or is not, in sentences."""
    number = int(explanation.cells[y, x])
    told = [f"Pixel ({y}, {x}) is {f'cell, of object {number}' if number else 'not cell'}."]
    label = SELF_LABELS[label_image(explanation.labels)[y, x]]
    told.append(
        f"It changed {_round(float(explanation.evidence[y, x]))} times as much as noise would: "
        f"{_LABEL_SAYS[label]}."
    )
    looks = looks_at(explanation, y, x)
    if looks:
        told += [_of_look(look) for look in looks]
        told.append(
            f"{explanation.prior:.0%} of the frame is taken to be cell beforehand "
            f"({prior_log_odds(explanation):+.1f}). Together {explanation.odds[y, x]:+.1f}: "
            f"{_as_odds(float(explanation.odds[y, x]))}."
        )
    verdict = verdict_at(explanation, y, x)
    return " ".join([*told, f"{verdict[0].upper()}{verdict[1:]}."])


def verdict_at(explanation: Explanation, y: int, x: int) -> str:
    """One sentence on what became of a pixel, later stages included; no capital, no full stop."""
    if not explanation.looks:
        if explanation.labels.enough:
            return "the movie as a whole shows no motion above its noise, so that nothing is cell"
        return "too few pixels of this frame moved, or stayed, to learn from: nothing is cell"
    likely = bool(explanation.odds[y, x] > 0)
    stage = stages(explanation)[y, x]
    said = f"its odds say {'cell' if likely else 'background'}"
    joint = "but" if likely else "and"
    if stage == DROPPED:
        return f"{said}, {joint} {_WHY_DROPPED[Fate(int(explanation.fate[y, x]))]}"
    if stage == DRAWN_IN:
        return f"{said}, {joint} the outline was drawn in to the steepest edge"
    if stage == FILLED:
        if explanation.likely[y, x]:
            return f"{said}, but it lies in a gap between likely pixels, which was closed"
        if explanation.region[y, x]:
            return f"{said}, but it was filled as a hole: the cell is all round it"
        return f"{said}, but the outline was drawn out to the edge that the frame shows"
    if stage == CELL:
        return f"{said}, and so do those around it"
    if likely:
        return f"{said}, but those around it do not: one pixel may be noise"
    return f"{said}, and no cell is drawn over it"


_LABEL_SAYS = {
    "moving": "it labels itself moving, an example of cell",
    "still": "it labels itself still, an example of background",
    "undecided": "it is left undecided and teaches nothing",
}


def _of_look(look: AtPixel) -> str:
    way = "brighter" if look.brightness >= 0 else "darker"
    like = "moving" if look.added > 0 else "still"
    return (
        f"At {look.scale_px:g} px it is {_round(abs(look.brightness))} SDs of noise {way} than the "
        f"bare field and has {_round(look.texture)} times the texture of noise, "
        f"like {like} pixels ({look.added:+.1f})."
    )


def _as_odds(log_odds: float) -> str:
    odds = float(np.exp(min(abs(log_odds), 50)))
    told = f"{odds:.1f}" if odds < 10 else f"{odds:,.0f}"
    if odds >= 1e4:
        told = "more than a million" if odds >= 1e6 else f"some {round(odds, -3):,.0f}"
    return f"{told} to 1 for {'cell' if log_odds > 0 else 'background'}"


def _round(value: float) -> str:
    return f"{value:.1f}" if value < 10 else f"{value:,.0f}"


def _highest(score: Plane, among: NDArray[np.bool_]) -> tuple[int, int]:
    at = int(np.argmax(np.where(among, score, -np.inf)))
    y, x = np.unravel_index(at, score.shape)
    return int(y), int(x)
