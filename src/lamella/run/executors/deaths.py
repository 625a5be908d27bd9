"""When a job is to blame for the workers that died with it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class _Record:
    deaths: int
    excused: int
    stage: str


class Deaths:
    """Counts the workers that died, and tells which job is given up.

    A job is tried again until it has taken `most` workers down, one after the other and at the same
    stage: whatever ends workers at random (another's memory, an operator, a machine that goes down)
    finds a job at another stage the next time, since finished stages are not done again. Every
    worker that meanwhile died with another job excuses one of its deaths, since workers die without
    it, too. With four workers of which ten are killed at random, an innocent job is given up less
    than once in 150 runs at ``most = 6``, even if all stay at one stage all the time.

    Twice as many deaths condemn whatever died besides: where every movie is too large for its
    worker, each would excuse the others for ever.

    Parameters
    ----------
    most : int
        Deaths that condemn.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._of: dict[str, _Record] = {}

    def died(self, name: str | None, stage: str = "") -> bool:
        """A worker died with the job `name`, or idle; whether that job is to be given up."""
        for other, record in self._of.items():
            if other != name and record.excused < record.deaths:
                record.excused += 1
        if name is None:
            return False
        record = self._of.setdefault(name, _Record(0, 0, stage))
        if record.stage != stage:
            record.deaths, record.excused, record.stage = 0, 0, stage
        record.deaths += 1
        return self._left(record) <= 0

    def is_last_try(self, name: str) -> bool:
        """Whether one more death with this job condemns it."""
        record = self._of.get(name)
        return record is not None and self._left(record) <= 1

    def _left(self, record: _Record) -> int:
        """How many more deaths condemn."""
        return min(self.most - record.deaths + record.excused, 2 * self.most - record.deaths)

    def of(self, name: str) -> int:
        """How many workers died with this job at its present stage."""
        return self._of[name].deaths

    def ended(self, name: str) -> None:
        """The job is done."""
        self._of.pop(name, None)
