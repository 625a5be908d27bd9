"""What if the outlines are wrong: the cells of a movie measured again."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from lamella.core.errors import LamellaWarning
from lamella.core.frames import Image, MappedFrames
from lamella.core.labels import Labels
from lamella.core.table import Col
from lamella.core.tracks import Tracks
from lamella.io.tables import write_table
from lamella.measure import VARIANTS, Group, Measured, Outlines, Variant, joined, with_lineage
from lamella.run.made import Made
from lamella.run.settings import MeasureSettings, Settings
from lamella.run.stages import outlines_file
from lamella.statistics import standard_measures


class WrongOutlines:
    """Labels in one variant of `Outlines`, which remember what became of the cells."""

    def __init__(self, labels: Labels, step: Outlines, variant: Variant) -> None:
        lost: set[tuple[int, int]] = set()
        broken: set[tuple[int, int]] = set()

        # It must not hold `self`, which holds it: the ring would keep the labels' file open.
        def frame(t: int) -> Image:
            changed = step(labels.frames.frame(t), variant)
            lost.update((t, int(label)) for label in changed.lost)
            broken.update((t, int(label)) for label in changed.broken)
            return changed.labels

        self._lost, self._broken = lost, broken
        self.labels = Labels(labels.name, MappedFrames(labels.frames, frame))

    @property
    def remembered(self) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        """Frame and label of the objects that are lost, and of those that were broken, so far."""
        return sorted(self._lost), sorted(self._broken)

    def remember(self, other: tuple[Sequence[tuple[int, int]], Sequence[tuple[int, int]]]) -> None:
        """Take over what was `remembered` where other frames were read."""
        self._lost.update(other[0])
        self._broken.update(other[1])

    def told(self, cells: pd.DataFrame) -> dict[str, object]:
        """What to know of the frames that have been read, for the manifest.

        Parameters
        ----------
        cells : DataFrame
            What was measured in this variant, one row per cell.
        """
        gone = cells[Col.N_EMPTY_FRAMES] == cells[Col.N_FRAMES]
        return {
            "cells_lost": [int(cell) for cell in cells.loc[gone, Col.CELL]],
            "shapes_lost": len(self._lost),
            "shapes_of_which_the_largest_piece_was_kept": len(self._broken),
        }


def measured_again(
    step: Outlines,
    labels: Labels,
    folder: Path,
    measured: Callable[[WrongOutlines, str], pd.DataFrame],
    variants: Iterable[Variant] = VARIANTS,
) -> Made:
    """Measure a set of objects with variants of its outlines, and write a table for each.

    Parameters
    ----------
    folder : Path
        ``OUT/movies/<movie>``.
    measured : callable
        ``measured(wrong, variant)`` gives one row per cell. What it warns of, measuring the
        outlines as they are has warned of, too.
    """
    files, found = [], {}
    for variant in variants:
        wrong = WrongOutlines(labels, step, variant)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", LamellaWarning)
            cells = measured(wrong, variant)
        files.append(outlines_file(labels.name, variant))
        write_table(folder / files[-1], cells)
        found[str(variant)] = wrong.told(cells)
    return Made(tuple(files), found, {"outlines": step.provenance()})


def compared_groups(
    settings: Settings, sightings: pd.DataFrame, found: Mapping[str, Measured]
) -> dict[str, Group]:
    """The groups that give a measure which the statistics compare: no other is measured again.

    Parameters
    ----------
    sightings, found
        What was measured of a movie with its outlines as they are; every group by its name.
    """
    groups, measures = settings.measure.groups, settings.statistics.measures
    judged = {step.measure for step in settings.positives.values()}
    compared = {}
    for name, measured in found.items():
        table = groups[name].summarise(measured, sightings)
        wanted = standard_measures(table) if measures is None else measures
        if {*wanted, *judged} & {*table.columns}:
            compared[name] = groups[name]
    return compared


def cells_of(
    settings: MeasureSettings,
    sightings: pd.DataFrame,
    found: Mapping[str, Measured],
    tracks: Tracks,
) -> pd.DataFrame:
    """One row per cell of a movie, from what some groups made of its frames."""
    groups = settings.groups
    summaries = [groups[name].summarise(each, sightings) for name, each in found.items()]
    return with_lineage(joined([settings.sightings.summarise(sightings), *summaries]), tracks)
