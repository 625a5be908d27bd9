"""Marks as SVG paths, one for each session."""

from __future__ import annotations

import math

from lamella.report.style import Key

_BLACK = "#000000"
_CORNERS: dict[str, list[tuple[float, float]]] = {
    "^": [(0, -1.15), (1, 0.75), (-1, 0.75)],
    "v": [(0, 1.15), (1, -0.75), (-1, -0.75)],
    "s": [(-0.85, -0.85), (0.85, -0.85), (0.85, 0.85), (-0.85, 0.85)],
    "D": [(0, -1.15), (1.15, 0), (0, 1.15), (-1.15, 0)],
    "P": [
        (-0.4, -1.1), (0.4, -1.1), (0.4, -0.4), (1.1, -0.4), (1.1, 0.4), (0.4, 0.4), (0.4, 1.1),
        (-0.4, 1.1), (-0.4, 0.4), (-1.1, 0.4), (-1.1, -0.4), (-0.4, -0.4),
    ],
    "p": [
        (1.05 * math.sin(0.4 * math.pi * k), -1.05 * math.cos(0.4 * math.pi * k)) for k in range(5)
    ],
}  # fmt: skip
_CROSS = [
    (math.cos(math.pi / 4) * x - math.sin(math.pi / 4) * y,
     math.sin(math.pi / 4) * x + math.cos(math.pi / 4) * y)
    for x, y in _CORNERS["P"]
]  # fmt: skip


def mark(marker: str, x: float, y: float, r: float) -> str:
    """The path of a mark around a place; `marker` is one of the style's, any unknown is a disc."""
    corners = _CROSS if marker == "X" else _CORNERS.get(marker)
    if corners is None:
        return f"M{x - r:.1f} {y:.1f}a{r} {r} 0 1 0 {2 * r} 0a{r} {r} 0 1 0 {-2 * r} 0z"
    at = [f"{x + r * dx:.1f} {y + r * dy:.1f}" for dx, dy in corners]
    return f"M{at[0]}L{'L'.join(at[1:])}z"


def page_colour(key: Key, condition: str) -> str:
    """The condition's colour; black is the ink of the page, which a dark screen turns."""
    colour = key.colour(condition)
    return "currentColor" if colour == _BLACK else colour
