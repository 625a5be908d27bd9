"""What a training that runs in a process of its own says of itself, a line of JSON each."""

from __future__ import annotations

import json
import math
from typing import Any, NamedTuple, TextIO

from lamella.core import errors
from lamella.core.errors import FaultsError, LamellaError, UnexpectedError


class Told(NamedTuple):
    """How far a training has come."""

    done: int = 0
    total: int = 0
    """0 where nobody knows."""
    words: str = ""
    """What is being done, such as ``epoch 3 of 8``."""
    losses: tuple[tuple[int, float, float], ...] = ()
    """Epoch (0 = before), loss on what is learnt from, on what is held out; NaN = not known."""


class Teller:
    """Writes the lines.

    Parameters
    ----------
    stream : text file
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def advance(self, doing: str, done: int, total: int) -> None:
        """What is being done, how much of it is done, and of how much."""
        self._say({"doing": doing, "done": done, "total": total})

    def looked(self, epoch: int, train_loss: float, held_out_loss: float) -> None:
        """The losses of an epoch."""
        losses = [None if math.isnan(x) else x for x in (train_loss, held_out_loss)]
        self._say({"epoch": epoch, "losses": losses})

    def fault(self, error: Exception) -> None:
        """Why nothing came of it."""
        if not isinstance(error, LamellaError):
            error = UnexpectedError.of("the training", error)
        self._say({"faults": _faults(error)})

    def _say(self, line: dict[str, Any]) -> None:
        self._stream.write(json.dumps(line) + "\n")
        self._stream.flush()


def _faults(error: LamellaError) -> list[list[str]]:
    if isinstance(error, FaultsError):
        return [line for fault in error.faults for line in _faults(fault)]
    return [[type(error).__name__, error.where, error.what, error.remedy]]


def raised(faults: list[list[str]]) -> LamellaError:
    """The error that was told of."""
    made: list[LamellaError] = []
    for kind, where, what, remedy in faults:
        known = getattr(errors, kind, LamellaError)
        made.append(known(where, what, remedy))
    return made[0] if len(made) == 1 else FaultsError(made)
