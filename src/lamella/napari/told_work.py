"""Work that tells how far it is by a call, as work of a `JobLine`, which yields its steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lamella.napari.parts import Step, Work
from lamella.run.at_hand import Tell
from lamella.run.stopping import Asked, steps_of


def told_work(work: Callable[[Tell, Asked], Any]) -> Work:
    """Do work in a thread, yield what it tells, return its result.

    Parameters
    ----------
    work : callable
        Is given ``tell(stage, done, total)``, and ``stopped()``, which says True once the generator
        is closed: closing waits until the work has heard it and ended.
    """

    def doing(tell: Callable[[Step], object], stopped: Asked) -> Any:
        def told(stage: str, done: int, total: int) -> None:
            tell(Step(done, total, stage))

        return work(told, stopped)

    return steps_of(doing, Step(0, 0, "begin"))
