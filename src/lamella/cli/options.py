"""Options that several commands read alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from lamella.core.take import Take

Force = Annotated[bool, typer.Option("--force", help="Replace existing results.")]
Axes = Annotated[
    str | None, typer.Option("--axes", help="Override what the file says, such as TYX.")
]
Position = Annotated[
    str | None,
    typer.Option("--position", help="Which position of a file that holds several: name or number."),
]
Slices = Annotated[
    str | None,
    typer.Option("--z", help="Of a stack of slices: max, mean, or the number of one, from 0."),
]
PixelSize = Annotated[str | None, typer.Option("--pixel-size-um", help="µm per pixel.")]


def taken(position: str | None, z: str | None, channel: str | None = None) -> Take:
    """The part of a file that the options choose."""
    from lamella.core.take import Take, z_from

    return Take(position, None if z is None else z_from(z, where="--z"), channel)


def scale(text: str | None, option: str) -> float | Literal["unknown"] | None:
    """A positive number, ``unknown``, or None where the option was not given."""
    if text is None:
        return None
    if text == "unknown":
        return "unknown"
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise typer.BadParameter(f"{option} is a positive number, or unknown")
    return value


def known_number(text: str | None, option: str) -> float | None:
    """A positive number; None where the option was not given, or is ``unknown``."""
    value = scale(text, option)
    return None if isinstance(value, str) else value
