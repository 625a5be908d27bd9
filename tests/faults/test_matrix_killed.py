"""Killed at chosen moments of every kind of work, and ended by every signal that asks for it."""

from __future__ import annotations

import pytest

from faults.matrix import assert_nothing_torn, assert_recovers, case, fault, right
from faults.works import WORKS, arguments, left_by

QUICK = {("run", 0.5, "torn"), ("segment", 0.0, "torn"), ("correct", 0.9, "after")}
ALONE = [name for name in WORKS if name != "run_2_workers"]  # workers write in processes of theirs


def _moments():
    for name in ALONE:
        shares = (0.0, 0.2, 0.4, 0.6, 0.8, 0.99) if name in ("run", "resume") else (0.0, 0.5, 0.99)
        if WORKS[name].least == 1 and name in ("segment", "evaluate", "film", "decide"):
            shares = (0.0,)
        for share in shares:
            for how in ("torn", "after"):
                quick = (name, share, how) in QUICK or (name, share, how) == ("correct", 0.99, how)
                yield case(name, share, how, quick=quick)


@fault("kill -9 at a moment of the writing")
@pytest.mark.parametrize(("name", "share", "how"), _moments())
def test_killed(name, share, how, world, whole_world, shared, starter):
    work, good = WORKS[name], right(name, shared, whole_world, starter)
    work.prepare(world)
    before = left_by(work, world)
    moment = int(share * len(good.moments))
    strike = ("struck", {"moment": moment, "how": how})
    ended = starter.run(*arguments(work, world), faults=[*work.faults, strike], call=work.call)
    assert ended.code == -9
    assert_nothing_torn(work, world, before, good)
    assert_recovers(work, world, good, starter)


ENDS = {"SIGTERM": 143, "SIGHUP": 129, "SIGINT": 130}


@fault("asked to end by a signal")
@pytest.mark.parametrize(
    ("name", "by"),
    [
        case(name, by, quick=(name, by) == ("run", "SIGTERM"))
        for name in ("run", "resume", "report", "segment", "measure", "export_geff", "correct")
        for by in ENDS
    ],
)
def test_asked_to_end(name, by, world, whole_world, shared, starter):
    """It ends in words of ours, and leaves nothing half-written."""
    work, good = WORKS[name], right(name, shared, whole_world, starter)
    work.prepare(world)
    before = left_by(work, world)
    strike = ("struck", {"moment": len(good.moments) // 2, "how": "before", "by": by})
    ended = starter.run(*arguments(work, world), faults=[*work.faults, strike], call=work.call)
    if not work.call:  # a function is not the command line
        assert ended.code == ENDS[by], ended
        assert ended.err.endswith("stopped; run the same command again to go on\n")
        assert [name for name in left_by(work, world) if ".part" in name] == []
    assert_nothing_torn(work, world, before, good)
    assert_recovers(work, world, good, starter)
