"""Figures of what cells do over time: movement over lags, cortex, and the edge of some."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lamella.core.table import Col
from lamella.report import captions
from lamella.report.contents import ReportInput
from lamella.report.figures.cortex import cortex_by_movement
from lamella.report.figures.edge_map import edge_map
from lamella.report.figures.msd import msd_by_lag
from lamella.report.picture import Picture, picture
from lamella.report.style import Key
from lamella.report.tables import has_values, per_channel
from lamella.report.words import listed


def dynamics(report: ReportInput, key: Key) -> Iterator[Picture]:
    """The figures that the tables allow, of one kind of object."""
    conditions = listed(list(key.conditions)) or "all movies"
    if has_values(report.msd, Col.MSD):
        yield picture(
            "displacement_by_lag",
            "Displacement by lag",
            captions.MSD,
            f"Mean squared displacement and direction autocorrelation by lag for {conditions}; "
            "the numbers are in tables/msd.csv.",
            msd_by_lag(report.msd, key),
        )
    for measure in per_channel(report.cortex, Col.CORTEX_RELATIVE):
        if has_values(report.cortex, measure):
            channel = measure.partition("__")[2]
            yield picture(
                "cortex_by_movement" + (f"_{channel}" if channel else ""),
                "Cortex around the cell" + (f" ({channel})" if channel else ""),
                captions.CORTEX,
                f"Mean intensity of the cortex by the angle to the movement, for {conditions}.",
                cortex_by_movement(report.cortex, report.cells, key, measure=measure),
            )
    for title, edge in report.edges.items():
        yield picture(
            f"edge_{re.sub(r'[^A-Za-z0-9]+', '_', title).strip('_')}",
            f"Edge of {title}",
            captions.EDGE,
            f"Kymographs of velocity, curvature and intensity along the edge of {title}.",
            edge_map(edge, title=title),
        )
