"""Events that a person is to look at, written into the tables of a run that has few."""

import pandas as pd

from lamella.core.table import Col
from lamella.io import read_table, write_table


def add_events(out, *, kinds=("jump", "size_break", "swap"), frame=3):
    """An event of each kind about the first cells of every movie, where they are in `frame`."""
    frames = read_table(out / "tables/frames.parquet")
    rows = []
    here = frames[(frames[Col.FRAME] == frame) & frames[Col.Y_PX].notna()]
    for movie, cells in here.groupby(Col.MOVIE, sort=False):
        for k, kind in enumerate(kinds):
            row = cells.iloc[k % len(cells)]
            rows.append(
                {
                    Col.MOVIE: movie,
                    Col.OBJECT: row[Col.OBJECT],
                    Col.CELL: row[Col.CELL],
                    Col.FRAME: frame,
                    Col.KIND: kind,
                    Col.OTHER: 0,
                    Col.VALUE: 9.0,
                    Col.LIMIT: 4.0,
                    Col.Y_PX: row[Col.Y_PX],
                    Col.X_PX: row[Col.X_PX],
                    Col.WORDS: f"Cell {row[Col.CELL]}: {kind} in frame {frame}.",
                    Col.SEVERITY: 0.9 - 0.2 * k - 0.001 * len(rows),
                }
            )
    known = read_table(out / "tables/events.csv")
    write_table(out / "tables/events.csv", pd.concat([known, pd.DataFrame(rows)]))
    return len(known) + len(rows)
