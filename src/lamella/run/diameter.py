"""How wide the objects of a movie are: what `lamella diameter` and `lamella segment` tell."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast, get_args

import numpy as np
from numpy.typing import NDArray

from lamella.core.errors import SettingsError
from lamella.core.take import WHOLE, Take
from lamella.io import open_movie
from lamella.kernels.diameter import Diameter
from lamella.preprocess import refuse_nan
from lamella.run.settings import ObjectSettings
from lamella.segment import FirstPass, Foreground, first_pass


class Estimated(NamedTuple):
    """A first pass over a movie."""

    found: FirstPass
    channel: str
    pixel_size_um: float | None


def estimate_in(
    source: Path,
    *,
    channel: str | None = None,
    foreground: str = "bright",
    axes: str | None = None,
    take: Take = WHOLE,
    pixel_size_um: float | None = None,
) -> Estimated:
    """Estimate the diameter of the objects in one channel of a movie, the first by default.

    Raises
    ------
    SettingsError
        When `foreground` is not one of bright, dark and either.
    InputError
        When the movie cannot be read, or has no such channel.
    """
    if foreground not in get_args(Foreground):
        raise SettingsError(
            f"--foreground {foreground}", "there is no such kind", "use bright, dark or either"
        )
    movie = refuse_nan(open_movie(source, axes=axes, take=take, pixel_size_um=pixel_size_um))
    found = first_pass(movie.channel(channel), foreground=cast(Foreground, foreground))
    return Estimated(found, channel or movie.channel_names[0], movie.scale.pixel_size_um)


def in_words(diameter: Diameter, pixel_size_um: float | None) -> str:
    """Such as ``312 whole objects, median diameter 24.1 px (7.8 µm), half of them 21 to 27 px``."""
    if not diameter.n:
        return "no whole object to tell a diameter from"
    um = f" ({diameter.px * pixel_size_um:.3g} µm)" if pixel_size_um else ""
    return (
        f"{diameter.n} whole object{'s' if diameter.n > 1 else ''}, median diameter "
        f"{diameter.px:.3g} px{um}, half of them {diameter.low:.3g} to {diameter.high:.3g} px"
    )


def as_json(diameter: Diameter) -> dict[str, Any]:
    """For a manifest: what is not known is null."""
    told = diameter._asdict().items()
    return {k: None if isinstance(v, float) and math.isnan(v) else v for k, v in told}


def of_lines(lines: Sequence[NDArray[Any]]) -> Diameter:
    """The typical length of lines that a person drew across single objects, px.

    Parameters
    ----------
    lines : sequence of (n, 2) or (n, 3) arrays
        Points of every line: (y, x), or (t, y, x); of a line through more than two points the sum
        of its parts. Lines of no length do not count.

    Returns
    -------
    Diameter
        Median and quartiles; NaN without a line.
    """
    lengths = []
    for line in lines:
        parts = np.diff(np.asarray(line, np.float64)[:, -2:], axis=0)
        lengths.append(float(np.hypot(parts[:, 0], parts[:, 1]).sum()))
    drawn = [length for length in lengths if length > 0]
    if not drawn:
        return Diameter(math.nan, math.nan, math.nan, 0)
    low, median, high = (float(v) for v in np.percentile(drawn, [25, 50, 75]))
    return Diameter(median, low, high, len(drawn))


def lines_in_words(diameter: Diameter, pixel_size_um: float | None) -> str:
    """Such as ``3 lines, median 41.2 px (13.1 µm)``."""
    if not diameter.n:
        return "no line drawn"
    um = f" ({diameter.px * pixel_size_um:.3g} µm)" if pixel_size_um else ""
    return f"{diameter.n} line{'s' if diameter.n > 1 else ''}, median {diameter.px:.3g} px{um}"


def fed_by(each: ObjectSettings, diameter_px: float) -> dict[tuple[str, str], float]:
    """The settings of a set of objects that a diameter decides, and what they would be.

    Returns
    -------
    dict
        By table and setting: ``("segment", "diameter_px")``, ``("declump", "half_width_px")``;
        empty where neither its segmenter nor its way of splitting goes by a diameter.
    """
    told: dict[tuple[str, str], float] = {}
    if "diameter_px" in type(each.segment).model_fields:
        told["segment", "diameter_px"] = round(diameter_px, 1)
    if each.declump and "half_width_px" in type(each.declump).model_fields:
        told["declump", "half_width_px"] = round(diameter_px / 2, 1)
    return told
