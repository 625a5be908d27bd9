"""Self-training on a study: what it refuses to judge by."""

from types import SimpleNamespace

import pytest

from lamella.core.errors import InputError
from lamella.run.train_study import StudyWork


def test_no_round_is_judged_by_steadiness_alone(monkeypatch):
    """Without a frame that round 0 was sure of, masks that are steadily wrong would be praised."""
    work = StudyWork.__new__(StudyWork)
    work._held_out = {"b", "a"}
    found = SimpleNamespace(training=[object()], testing=[])
    monkeypatch.setattr(work, "gathered", lambda number: found)
    with pytest.raises(InputError, match="held-out movies a, b: the network is sure of no frame"):
        work.judge_by()
    found.testing = [object()]
    assert work.judge_by() == found.testing
