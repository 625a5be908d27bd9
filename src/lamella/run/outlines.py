"""What if the outlines are wrong: the cells of a movie measured again."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from lamella.core.frames import Image, MappedFrames
from lamella.core.labels import Labels
from lamella.core.table import Col
from lamella.core.tracks import Tracks
from lamella.measure import Group, Measured, Outlines, Variant, joined, with_lineage
from lamella.run.settings import MeasureSettings, Settings
from lamella.statistics import standard_measures


class WrongOutlines:
    """Labels in one variant of `Outlines`, which remember what became of the cells."""

    def __init__(self, labels: Labels, step: Outlines, variant: Variant) -> None:
        self._lost: set[tuple[int, int]] = set()
        self._broken: set[tuple[int, int]] = set()

        def frame(t: int) -> Image:
            changed = step(labels.frames.frame(t), variant)
            self._lost |= {(t, int(label)) for label in changed.lost}
            self._broken |= {(t, int(label)) for label in changed.broken}
            return changed.labels

        self.labels = Labels(labels.name, MappedFrames(labels.frames, frame))

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
    compared = {}
    for name, measured in found.items():
        table = groups[name].summarise(measured, sightings)
        wanted = standard_measures(table) if measures is None else measures
        if {*wanted} & {*table.columns}:
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
