"""Which groups can measure a set of objects, and which other sets they look at."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from lamella.core.errors import InputError
from lamella.core.labels import Labels
from lamella.measure.view import Group, Relating


def can_measure(group: Group, name: str, others: Collection[str]) -> bool:
    """Whether a group measures this set of objects where these other sets are there.

    Most groups look at no other set, and measure every one.
    """
    if not isinstance(group, Relating):
        return True
    return name == group.measured_set and set(group.looks_at) <= set(others)


def looked_at(groups: Iterable[Group]) -> tuple[str, ...]:
    """Names of the other sets that some of these groups look at, each once."""
    sets = [group.looks_at for group in groups if isinstance(group, Relating)]
    return tuple(dict.fromkeys(name for names in sets for name in names))


def refuse_unmeasurable(
    groups: Iterable[Group], labels: Labels, others: Mapping[str, Labels]
) -> None:
    """Raise the InputError that tells which set of objects a group lacks, if one does."""
    for group in groups:
        if isinstance(group, Relating) and not can_measure(group, labels.name, others):
            name, wanted = type(group).__name__, ", ".join(map(repr, group.looks_at))
            raise InputError(
                f"labels {labels.name!r}",
                f"{name} measures {group.measured_set!r} and looks at {wanted}; beside these "
                f"labels there is {', '.join(map(repr, others)) or 'no other set'}",
                f"name the labels {group.measured_set!r} and give {wanted} as others, "
                f"or other names to {name}",
            )
