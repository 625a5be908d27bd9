"""The main job against phantoms: the acceptance of speed, path and ratio (docs/accuracy.md)."""

import pytest
import truth


@pytest.fixture(scope="module")
def rows():
    return truth.main_phantoms(n_frames=10)


def test_there_are_24_movies_with_the_cell_found_in_every_frame(rows):
    assert len(rows) == 24
    assert (rows["found"] == 1).all()
    assert rows["iou"].min() > 0.97


def test_speed_and_path(rows):
    moving = rows[rows["true_step_px"] >= 2]
    assert len(moving) >= 15
    assert moving["speed"].abs().max() < 2
    assert moving["path"].abs().max() < 3


def test_ratio_wherever_the_cell_is(rows):
    assert rows["ratio"].abs().max() < 2


def test_the_published_procedure_fails_this(rows):
    """It measures the centred image with the mask of the raw frame."""
    assert rows["published_ratio"].abs().median() > 20
    far = rows[rows["stray"] >= 0.3]
    assert far["published_ratio"].abs().min() > 10
