"""Lengths in µm and times in minutes, from the many ways in which files write their units."""

from __future__ import annotations

import numpy as np

_UM = {
    "µm": 1.0, "μm": 1.0, "um": 1.0, "\\u00b5m": 1.0, "micron": 1.0, "microns": 1.0,
    "micrometer": 1.0, "micrometers": 1.0, "micrometre": 1.0, "micrometres": 1.0,
    "nm": 1e-3, "nanometer": 1e-3, "nanometre": 1e-3, "å": 1e-4, "angstrom": 1e-4,
    "mm": 1e3, "millimeter": 1e3, "millimetre": 1e3,
    "cm": 1e4, "centimeter": 1e4, "centimetre": 1e4, "m": 1e6, "meter": 1e6, "metre": 1e6,
    "in": 25400.0, "inch": 25400.0, "inches": 25400.0,
}  # fmt: skip
_MIN = {
    "ms": 1 / 60000, "msec": 1 / 60000, "millisecond": 1 / 60000, "milliseconds": 1 / 60000,
    "µs": 1 / 6e7, "μs": 1 / 6e7, "us": 1 / 6e7, "microsecond": 1 / 6e7, "microseconds": 1 / 6e7,
    "s": 1 / 60, "sec": 1 / 60, "second": 1 / 60, "seconds": 1 / 60,
    "min": 1.0, "minute": 1.0, "minutes": 1.0,
    "h": 60.0, "hr": 60.0, "hour": 60.0, "hours": 60.0, "d": 1440.0, "day": 1440.0, "days": 1440.0,
}  # fmt: skip


def micrometres(value: object, unit: str | None) -> float | None:
    """A length in µm; None where value or unit say nothing (``pixel``, 0, not a number)."""
    number, factor = _number(value), _UM.get((unit or "").strip().lower())
    return number * factor if number and number > 0 and factor else None


def minutes(value: object, unit: str | None) -> float | None:
    """A time in minutes; None where value or unit say nothing."""
    number, factor = _number(value), _MIN.get((unit or "").strip().lower())
    # Division by 60 keeps whole minutes whole where a product with 1/60 would not.
    if number is None or factor is None:
        return None
    return number / round(1 / factor) if factor < 1 else number * factor


def _number(value: object) -> float | None:
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):  # numbers of JSON may have any length
        return None
    return number if np.isfinite(number) else None
