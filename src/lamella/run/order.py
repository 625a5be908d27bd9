"""In which order sets of objects are found: some are led by the nuclei of another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lamella.core.errors import LamellaError, SettingsError
from lamella.segment import UsesNuclei


def in_order(waiting: Mapping[str, Sequence[str]]) -> list[str]:
    """Names so that each stands behind those that it waits for, else as they are given.

    Parameters
    ----------
    waiting : mapping
        What every name waits for; must hold no circle (see `circle_in`).
    """
    ordered: dict[str, None] = {}

    def place(name: str) -> None:
        for other in waiting[name]:
            place(other)
        ordered.setdefault(name)

    for name in waiting:
        place(name)
    return list(ordered)


def circle_in(waiting: Mapping[str, Sequence[str]]) -> list[str] | None:
    """Names that wait for each other in a circle, the first again at the end; None if none do."""

    def followed(path: list[str]) -> list[str] | None:
        for other in waiting.get(path[-1], ()):
            if other in path:
                return [*path[path.index(other) :], other]
            if found := followed([*path, other]):
                return found
        return None

    return next(filter(None, (followed([name]) for name in waiting)), None)


def source_faults(led: Mapping[str, Mapping[str, UsesNuclei]], *, where: str) -> list[LamellaError]:
    """What is wrong with where nuclei come from: no source, no such set, or a circle.

    Parameters
    ----------
    led : mapping
        Of every set of objects, its steps that need nuclei, by the name of their table.
    where : str
        The file, for messages.
    """
    faults: list[LamellaError] = []
    for name, steps in led.items():
        others = [other for other in led if other != name]
        remedy = f"set it to one of {', '.join(others)}" if others else "add [objects.nucleus]"
        for table, step in steps.items():
            if step.channel is not None or step.nuclei in others:
                continue
            at = f"{where}: [objects.{name}.{table}] nuclei"
            if step.nuclei is None:
                fault = "it is missing", f"{remedy}, or set channel to the one that shows nuclei"
            else:
                fault = (
                    f"{step.nuclei!r} is no other set of objects",
                    f"{remedy}, or set channel instead",
                )
            faults.append(SettingsError(at, *fault))
    if not faults and (circle := circle_in(waiting_of(led))):
        told = f"{' → '.join(circle)}: each waits for the nuclei of the next"
        faults.append(
            SettingsError(f"{where}: [objects]", told, "have one of them found by another method")
        )
    return faults


def waiting_of(led: Mapping[str, Mapping[str, UsesNuclei]]) -> dict[str, list[str]]:
    """The sets that every set waits for."""
    return {
        name: [step.nuclei for step in steps.values() if step.nuclei is not None]
        for name, steps in led.items()
    }
