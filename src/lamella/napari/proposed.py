"""Cells that were found from marks, taken as corrections of the movie looked at."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from lamella.core.errors import InputError
from lamella.napari.desk import Desk
from lamella.run.by_hand import paints
from lamella.run.editing import EditSession

WHY = "found from marks"


def take(desk: Desk, frame: int, labels: NDArray[Any], *, why: str = WHY) -> int:
    """Lay cells over those of a frame, as edits of the person who corrects the movie.

    Parameters
    ----------
    labels : (Y, X) integer array
        0 = background, else the number of a cell, see `paints`.

    Returns
    -------
    int
        How many edits it took; they can be undone one by one.

    Raises
    ------
    InputError
        Nobody corrects this movie, or nothing was found.
    """
    session = desk.editing
    if not isinstance(session, EditSession):
        raise InputError(
            "the proposed cells",
            "this movie is not being corrected",
            "press “Correct …” in the tab Correct cells, then take them again",
        )
    edits = paints(session.cells.frame(frame), labels, frame=frame, new_cell=session.new_cell)
    for done, edit in enumerate(edits):
        try:
            session.do(edit, why=why)
        except Exception:
            for _ in range(done):
                session.undo()
            raise
    if edits:
        desk.labels_changed.emit(frame, frame)
    return len(edits)
