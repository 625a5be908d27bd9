"""What is drawn over a movie: its names, and the colour of each."""

from __future__ import annotations

from collections.abc import Sequence

from lamella.core.errors import SettingsError

Colour = tuple[int, int, int]

CELLS = "cells"
OUTLINE = "outline"
TRACK = "track"
OWN_TRACK = "track of the cell"
"""Where there are too many to see one among them; a film draws it as the track."""
CENTRE = "centre"
LAMELLIPODIUM = "lamellipodium"
POLARITY = "polarity"
MOVEMENT = "movement"
TIPS = "tips"
EDGE = "edge velocity"

ROLES = (CELLS, LAMELLIPODIUM, OUTLINE, EDGE, TRACK, MOVEMENT, POLARITY, TIPS, CENTRE)
"""From below to above."""

# Okabe & Ito (2008): they can be told apart with every kind of colour vision, and on grey.
COLOURS: dict[str, Colour] = {
    CELLS: (86, 180, 233),
    OUTLINE: (240, 228, 66),
    TRACK: (0, 158, 115),
    CENTRE: (255, 255, 255),
    LAMELLIPODIUM: (230, 159, 0),
    POLARITY: (230, 159, 0),
    MOVEMENT: (86, 180, 233),
    TIPS: (204, 121, 167),
}
BODY: Colour = (0, 114, 178)
"""What of a cell is not lamellipodium."""

IS_BODY, IS_LAMELLIPODIUM = 1, 2
"""Numbers of the two in a label image."""

INWARDS: Colour = (33, 102, 240)
STILL: Colour = (245, 245, 245)
OUTWARDS: Colour = (230, 40, 30)
"""Ends and middle of the colours of edge velocity."""


def roles_of(text: str) -> tuple[str, ...]:
    """Names in a list such as ``outline,track``, in the order in which they are drawn.

    ``edge`` stands for ``edge velocity``; ``all`` and ``none`` are understood.

    Raises
    ------
    SettingsError
        A name that there is not.
    """
    named = [part.strip().lower() for part in text.split(",") if part.strip()]
    if named == ["all"]:
        return ROLES
    if named == ["none"]:
        return ()
    found = [EDGE if name == "edge" else name for name in named]
    refuse_unknown(found)
    return tuple(role for role in ROLES if role in found)


def refuse_unknown(roles: Sequence[str]) -> None:
    """Raise the SettingsError of layers that there are not."""
    if strange := [role for role in roles if role not in ROLES]:
        raise SettingsError(
            f"--layers {','.join(strange)}",
            f"there is no layer {', '.join(map(repr, strange))}",
            f"there are {', '.join(ROLES)}",
        )


_SHADES = 9


def drawn_colours(roles: Sequence[str]) -> list[Colour]:
    """Colours in which these are drawn; of those of edge velocity, nine."""
    found = [COLOURS[role] for role in roles if role in COLOURS]
    if EDGE in roles:
        half = _SHADES // 2
        found += [diverging(step / half, 1.0) for step in range(-half, half + 1)]
    return list(dict.fromkeys(found))


def diverging(value: float, most: float) -> Colour:
    """Colour of a velocity: blue inwards, near white still, red outwards, at ±`most` the ends."""
    share = max(-1.0, min(1.0, value / most)) if most > 0 else 0.0
    end = OUTWARDS if share > 0 else INWARDS
    mixed = (round(a + (b - a) * abs(share)) for a, b in zip(STILL, end, strict=True))
    red, green, blue = mixed
    return red, green, blue
