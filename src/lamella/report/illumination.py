"""A picture of the light that falls on a field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lamella.report.style import as_png


def draw_flat(flat: NDArray[np.float32], *, title: str, told: Mapping[str, Any]) -> bytes:
    """The flat field as a map with lines of equal light, and its profiles through the middle.

    Parameters
    ----------
    flat : (Y, X) float32 array
        Mean 1.
    told : mapping
        What `Illumination.estimate` says of it, with `n_fields`.

    Returns
    -------
    bytes
        PNG.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.9), dpi=110, layout="constrained")
    field, profile = figure.subplots(1, 2, width_ratios=(1.35, 1))
    far = max(float(np.abs(flat - 1).max()), 0.02)
    shown = field.imshow(flat, cmap="RdBu_r", vmin=1 - far, vmax=1 + far, interpolation="nearest")
    if flat.min() < flat.max() and min(flat.shape) > 1:
        lines = field.contour(flat, levels=6, colors="black", linewidths=0.6)
        field.clabel(lines, fmt="%.2f", fontsize=7)
    figure.colorbar(shown, ax=field, label="light, mean of the field = 1")
    field.set_xlabel("x (px)")
    field.set_ylabel("y (px)")
    height, width = flat.shape
    profile.plot(np.linspace(0, 1, width), flat[height // 2], label="left to right")
    profile.plot(np.linspace(0, 1, height), flat[:, width // 2], label="top to bottom")
    profile.axhline(1, color="0.6", linewidth=0.8)
    profile.set_xlabel("place in the field")
    profile.set_ylabel("light")
    profile.legend(frameon=False, fontsize=8)
    profile.spines[["top", "right"]].set_visible(False)
    unsure = told.get("uncertainty_rms")
    words = f"{told['n_fields']} fields; {told['darkest']:.2f} to {told['brightest']:.2f}"
    words += f"; uncertain by {unsure:.1%}" if unsure is not None else ""
    figure.suptitle(f"{title}\n{words}", fontsize=10)
    return as_png(figure)
