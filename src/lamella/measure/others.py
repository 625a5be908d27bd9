"""Which groups can measure a set of objects, and what the other sets beside it are for them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from lamella.core.errors import InputError
from lamella.core.frames import Frames, Image, MappedFrames
from lamella.core.labels import Labels
from lamella.core.table import Col
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


def anywhere(labels: Image, *others: Image) -> Image:
    """Above 0 wherever one of some label frames has an object; of a single one, it itself."""
    if not others:
        return labels
    union: Image = np.logical_or.reduce([frame > 0 for frame in (labels, *others)])
    return union


def wherever(sets: Sequence[Frames]) -> Frames:
    """`anywhere` of every frame of some sets of labels, lazy."""
    return MappedFrames(
        sets[0], lambda t: anywhere(*(frames.frame(t) for frames in sets)) > 0, dtype=bool
    )


def seen_alone(labels: Labels, interpolated: pd.DataFrame) -> Labels:
    """Labels without the shapes that were filled in, lazy: nobody knows what light lay there.

    Parameters
    ----------
    labels : Labels
        Track ids.
    interpolated : DataFrame
        Cell and frame of these shapes, see `Tracks.interpolated`.
    """
    if not len(interpolated):
        return labels
    filled = {int(str(t)): rows[Col.CELL].to_numpy() for t, rows in interpolated.groupby(Col.FRAME)}

    def seen(t: int) -> Image:
        frame = labels.frame(t)
        if t not in filled:
            return frame
        return np.where(np.isin(frame, filled[t]), frame.dtype.type(0), frame)

    return Labels(labels.name, MappedFrames(labels.frames, seen, dtype=labels.frames.dtype))


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
