"""The acceptance of drift: what is planted is found, what moves by itself is kept."""

import accuracy_drift as accuracy
import numpy as np
import pytest
from planted_drift import planted, shifts

PATHS = accuracy.planted_paths(13)


@pytest.mark.parametrize("look", ["phase", "fluorescence"])
@pytest.mark.parametrize("name", [name for name in PATHS if name.startswith("30")])
def test_planted_drift_of_30_px(name, look):
    world = planted(shifts(PATHS[name]), look=look, side=320, seed=4)
    found = accuracy.estimated(world)
    assert found.estimable.all()
    assert accuracy.residual(world, found).rms < 0.1


@pytest.mark.parametrize("look", ["phase", "fluorescence"])
def test_directed_migration_is_kept(look):
    assert accuracy.directed(look, 3.0, seed=21, n=13, side=320) == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("speed", [0.05, 0.5, 3.0])
def test_cells_alone_are_never_the_stage(speed):
    """Not even when they all glide the same way."""
    assert accuracy.directed("bare", speed, seed=22, n=9, side=256) == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize(("model", "stretch"), [("rigid", 0.0), ("affine", 0.01)])
def test_turns(model, stretch):
    moved = accuracy.turned(9, 1.5, stretch=stretch, side=320)
    world = planted(moved, look="fluorescence", side=320, seed=5)
    found = accuracy.estimated(world, model=model)
    assert found.estimable.all()
    assert accuracy.residual(world, found).rms < 0.15


def test_errors_do_not_add_up():
    """Noise of pairs is not summed over the frames: the end is as sure as the beginning."""
    still = planted(np.tile(np.eye(2, 3), (120, 1, 1)), side=160, light=5000, grains=10,
                    cell_share=0.02, seed=1)  # fmt: skip
    found = accuracy.estimated(still, smallest_px=0)
    off = np.hypot(*found.matrices[:, :, 2].T)
    assert found.estimable.all()
    assert off[-20:].max() < 0.2
