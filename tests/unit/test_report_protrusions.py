"""The picture of protrusions."""

import numpy as np
import pytest

from lamella.core.labels import Labels
from lamella.core.movie import Movie
from lamella.measure import Protrusion, measure
from lamella.report.figures.protrusions import protrusions
from lamella.report.style import as_png
from worlds import star


@pytest.fixture(scope="module")
def parts():
    labels = np.zeros((90, 140), np.uint16)
    for k, x in enumerate((30, 100), 1):
        labels[star([0.2, 2.5], 28, radius_px=9, at=(45, x), field=labels.shape)[0]] = k
    image = np.random.default_rng(0).poisson(50 + 50 * (labels > 0)).astype(np.uint16)
    step = Protrusion()
    movie = Movie.from_array(image[None], pixel_size_um=0.5)
    with pytest.warns(match="one frame"):
        found = measure(movie, Labels.from_array(labels[None]), [step])
    skeletons = step.skeletons(labels, pixel_size_um=0.5)
    return image, labels, found.frames, found.finer["tips"], skeletons


def test_the_whole_frame_shows_every_tip(parts):
    drawn = protrusions(*parts, title="A frame", pixel_size_um=0.5)
    (axes,) = drawn.axes
    shown = sum(len(line.get_xdata()) for line in axes.lines if line.get_marker() in ("o", "x"))
    assert shown == len(parts[3]) == 4
    assert len(axes.patches) == 2
    assert len(axes.collections[-1].get_segments()) > 60
    assert as_png(drawn).startswith(b"\x89PNG")


def test_a_panel_for_each_cell_that_is_asked_for(parts):
    drawn = protrusions(*parts, title="Close up", show=[2, 1, 99])
    assert len(drawn.axes) == 2  # 99 is not there
    first = drawn.axes[0].lines
    assert sum(len(line.get_xdata()) for line in first if line.get_marker() == "o") == 2
    assert as_png(drawn).startswith(b"\x89PNG")


def test_nothing_to_draw(parts):
    image, labels, frames, tips, skeletons = parts
    drawn = protrusions(
        image, np.zeros_like(labels), frames[:0], tips[:0], np.zeros_like(skeletons), title="Empty"
    )
    assert as_png(drawn).startswith(b"\x89PNG")
