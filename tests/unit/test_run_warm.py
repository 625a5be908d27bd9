"""Kernels are compiled before the first movie, whatever the settings."""

import pytest

from lamella.core.errors import LamellaWarning
from lamella.run.measure import measures_from
from lamella.run.warm import warm_up


@pytest.mark.parametrize("turn", range(7))
def test_every_worker_warms_up_without_a_word(turn, recwarn):
    warm_up(measures_from([]), turn=turn)
    assert not [w for w in recwarn if issubclass(w.category, LamellaWarning)]


def test_channels_that_settings_name_are_there():
    names = ["edge.channels=['GFP']", "lamellipodium.channels=['GFP','RFP']"]
    warm_up(measures_from(names), turn=1)


def test_without_groups_there_is_nothing_to_do():
    off = [f"{name}=false" for name in ("migration", "walks", "lamellipodium")]
    warm_up(measures_from(off, groups="edge"), turn=0)
    warm_up(measures_from([*off, "protrusion=false", "edge=false"]), turn=3)
