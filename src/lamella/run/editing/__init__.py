"""Cells corrected by hand: edits, a session that can undo and never loses them, saving.

>>> from pathlib import Path
>>> from lamella.run.browse import OpenedRun
>>> from lamella.run.editing import EditSession, Merge, measure_again
>>> run = OpenedRun(Path("results"))                                            # doctest: +SKIP
>>> with EditSession(run, "wt1") as session:                                    # doctest: +SKIP
...     session.do(Merge(cell=7, into=4, first=3, last=None), why="one cell")
...     session.save()
>>> measure_again(run, "wt1")                                                   # doctest: +SKIP
"""

from lamella.run.editing.again import measure_again, measuring_again
from lamella.run.editing.change import Cells, Change, Edit
from lamella.run.editing.edits import EDIT, AnyEdit
from lamella.run.editing.journal import Entry, Journal, unsaved_edits
from lamella.run.editing.links import Cut, Divide, Relink, Undivide
from lamella.run.editing.overlay import Applied, Overlay
from lamella.run.editing.paint import Fill, Paint
from lamella.run.editing.session import EditSession
from lamella.run.editing.shapes import Delete, Interpolate, Merge
from lamella.run.editing.split import Split
from lamella.run.editing.theirs import ChangedMeanwhileError

__all__ = [
    "EDIT", "AnyEdit", "Applied", "Cells", "Change", "ChangedMeanwhileError", "Cut", "Delete",
    "Divide", "Edit", "EditSession", "Entry", "Fill", "Interpolate", "Journal", "Merge",
    "Overlay", "Paint", "Relink", "Split", "Undivide", "measure_again", "measuring_again",
    "unsaved_edits",
]  # fmt: skip
