"""The cells of a movie as an array that napari's own brush, eraser and bucket draw into."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lamella.napari.stack import Stack
from lamella.run.editing import Paint

if TYPE_CHECKING:
    from lamella.run.editing import EditSession


class EditableStack(Stack):
    """A (T, Y, X) array of the cells as a session has them, read when it is looked at.

    What is drawn is held back, frame by frame, until `strokes` hands it over: it is no edit before
    the brush is lifted.

    Parameters
    ----------
    session : EditSession
    """

    dtype = np.dtype(np.uint32)

    def __init__(self, session: EditSession) -> None:
        self._session = session
        height, width = session.cells.frame_shape
        self.shape = (session.cells.n_frames, height, width)
        self._drafts: dict[int, NDArray[np.uint32]] = {}

    def __getitem__(self, key: Any) -> Any:
        first, *rest = key if isinstance(key, tuple) else (key,)
        if isinstance(first, (int, np.integer)):
            return self._frame(int(first))[tuple(rest)].copy()  # napari writes into what it gets
        if first is Ellipsis:
            return np.asarray(self)[key]
        wanted = np.arange(len(self))[first]
        if wanted.ndim and not isinstance(first, slice) and rest:  # by pixel, as napari < 0.8 does
            found = np.empty(wanted.shape, self.dtype)
            for t in np.unique(wanted).tolist():
                of_frame = wanted == t
                found[of_frame] = self._frame(t)[tuple(np.asarray(r)[of_frame] for r in rest)]
            return found
        if not len(wanted):
            return np.empty((0, *self.shape[1:]), self.dtype)[(slice(None), *rest)]
        return np.stack([self._frame(int(t))[tuple(rest)] for t in wanted])

    def __setitem__(self, key: Any, value: Any) -> None:
        first, *rest = key if isinstance(key, tuple) else (key,)
        value = np.asarray(value)
        if isinstance(first, (int, np.integer)):
            self._draft(int(first))[tuple(rest)] = value
            return
        wanted = np.arange(len(self))[first]
        if isinstance(first, slice):
            for i, t in enumerate(wanted.tolist()):
                draft = self._draft(t)
                draft[tuple(rest)] = value[i] if value.ndim == 3 else value
            return
        for t in np.unique(wanted).tolist():
            of_frame = wanted == t
            place = tuple(np.asarray(r)[of_frame] for r in rest)
            self._draft(t)[place] = value[of_frame] if value.ndim else value

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        whole = np.stack([self._frame(t) for t in range(len(self))])
        return whole.astype(dtype or self.dtype, copy=False)

    def strokes(self) -> list[Paint]:
        """What was drawn since, an edit for every cell and frame; it is held no longer."""
        drafts, self._drafts = self._drafts, {}
        found = []
        for t, drawn in sorted(drafts.items()):
            before = self._session.cells.frame(t)
            other = drawn != before
            found += [
                Paint.of(other & (drawn == cell), frame=t, cell=cell)
                for cell in np.unique(drawn[other]).tolist()
            ]
        return found

    def forget(self) -> None:
        """What was drawn since is nothing."""
        self._drafts = {}

    def _frame(self, t: int) -> NDArray[np.uint32]:
        t = range(len(self))[t]
        frame: NDArray[np.uint32] = self._drafts.get(t, self._session.cells.frame(t))
        return frame

    def _draft(self, t: int) -> NDArray[np.uint32]:
        t = range(len(self))[t]
        if t not in self._drafts:
            self._drafts[t] = self._session.cells.frame(t).copy()
        return self._drafts[t]
