"""The figure that explains a pixel: it takes plain arrays of any shape."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from lamella.report.figures.why import LookPlanes, Pixel, Planes, why
from lamella.report.style import as_png


def planes(shape=(60, 80), *, n_looks=1, flow=True):
    rng = np.random.default_rng(0)
    cells = np.zeros(shape, np.int32)
    cells[10:30, 10:40], cells[30:50, 10:40] = 1, 2
    odds = np.where(cells, 4.0, -4.0)
    vectors = np.full((2, *shape), np.nan)
    vectors[:, 10:50, 10:40] = [[[1.0]], [[-2.0]]]
    stages = (cells > 0).astype(np.uint8)
    stages[9], stages[50] = 3, 4
    return Planes(
        frame=rng.normal(100, 5, shape) + 50 * (cells > 0),
        evidence=rng.exponential(1, shape),
        self_labels=(2 * (cells > 0)).astype(np.uint8),
        looks=tuple(
            LookPlanes(2.0**k, rng.normal(0, 3, shape), rng.exponential(1, shape), odds)
            for k in range(n_looks)
        ),
        log_odds=odds,
        stages=stages,
        cells=cells,
        flow=vectors if flow else None,
        lag=2,
    )


def pixel(y=20, x=20, *, n_looks=1):
    looks = tuple((2.0**k, 5.0, 1.5, 3.0) for k in range(n_looks))
    return Pixel(y, x, "as asked", 3.0, "moving", -1.0, looks, 3.0 * n_looks - 1, "its odds say so")


def words_of(figure):
    return [text.get_text() for text in figure.texts]


@pytest.mark.parametrize("n_looks", [1, 2, 3, 4])
def test_every_panel_has_a_title_and_a_caption(n_looks):
    drawn = why(planes(n_looks=n_looks), [pixel(n_looks=n_looks)], title="Why?")
    told = words_of(drawn)
    for title in ("1  The frame", "2  Evidence of motion", "3  Self-labels"):
        assert title in told
    assert any("All looks together" in text for text in told)
    assert sum("What the look at" in text for text in told) == n_looks
    assert "A  pixel (20, 20), as asked" in told
    assert "Its odds say so." in told
    bars = [axes for axes in drawn.axes if axes.get_yticks().size == n_looks + 2]
    assert [label.get_text() for label in bars[-1].get_yticklabels()][-1] == "sum"
    assert as_png(drawn).startswith(b"\x89PNG")


def test_the_waterfall_adds_up():
    drawn = why(planes(n_looks=2), [pixel(n_looks=2)], title="Why?")
    bars = next(axes for axes in drawn.axes if len(axes.patches) == 4)
    spans = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in bars.patches]
    assert spans == [(0, -1), (-1, 2), (2, 5), (0, 5)]


def test_words_do_not_run_into_one_another():
    """No two texts of the figure overlap, and none leaves the page."""
    drawn = why(
        planes(n_looks=3), [pixel(n_looks=3)] * 4, title="Why? " + "Movie_12" * 30, subtitle="how"
    )
    renderer = FigureCanvasAgg(drawn).get_renderer()
    boxes = [(text.get_text(), text.get_window_extent(renderer)) for text in drawn.texts]
    width, height = drawn.bbox.size
    for i, (words, box) in enumerate(boxes):
        assert 0 <= box.x0 <= box.x1 <= width, words
        assert 0 <= box.y0 <= box.y1 <= height, words
        for other, there in boxes[:i]:
            overlap = (
                min(box.x1, there.x1) - max(box.x0, there.x0),
                min(box.y1, there.y1) - max(box.y0, there.y0),
            )
            assert min(overlap) <= 2, (words, other)


@pytest.mark.parametrize("shape", [(60, 400), (400, 60)])
def test_long_fields_fit(shape):
    drawn = why(planes(shape), [pixel()], title="Why?", pixel_size_um=0.3)
    assert as_png(drawn).startswith(b"\x89PNG")


def test_nothing_learnt_leaves_the_looks_out():
    still = planes(n_looks=0, flow=False)
    drawn = why(still, [pixel(n_looks=0)], title="Why?")
    told = words_of(drawn)
    assert not any("All looks together" in text for text in told)
    assert "Its odds say so." in told


def test_the_same_arrays_give_the_same_bytes():
    once, twice = (as_png(why(planes(), [pixel()], title="Why?")) for _ in range(2))
    assert once == twice
