"""The light that is measured is the raw movie's, unless its bleaching is to be undone."""

import numpy as np
import pytest

from lamella.core.errors import LamellaWarning
from lamella.core.labels import Labels
from lamella.core.movie import Movie
from lamella.phantom import CellPhantom
from lamella.run.light import light_of
from lamella.run.measure import measures_from


def lit(phantom, settings):
    return light_of(phantom.movie, phantom.truth, settings, settings.groups.values())


@pytest.fixture(scope="module")
def fading():
    return CellPhantom(
        field_px=(96, 96), area_um2=120, n_frames=12, bleaching_per_frame=0.05, seed=2
    ).make()


def test_nobody_asked(fading):
    movie, told, _ = lit(fading, measures_from([]))
    assert movie is fading.movie
    assert told == {}


@pytest.mark.parametrize("method", ["exponential", "ratio", "histogram"])
def test_what_was_asked_for_is_done_and_told(fading, method):
    offset = fading.settings.camera.offset
    settings = measures_from(
        [f"bleaching.method={method}", "background.method=offset", f"background.offset={offset}"]
    )
    movie, told, _ = lit(fading, settings)
    (of_channel,) = told["bleaching"].values()
    assert of_channel["method"] == method
    assert of_channel["largest_factor"] == pytest.approx(1 / 0.95**11, rel=0.1)
    inside = [fading.truth.frame(t) > 0 for t in (0, 11)]
    first, last = (movie.frame(t)[m].mean() - offset for t, m in zip((0, 11), inside, strict=True))
    assert last == pytest.approx(first, rel=0.1)


def test_doubts_are_warned_of(fading):
    with pytest.warns(LamellaWarning, match="bleaching is undone with doubts.*no level"):
        lit(fading, measures_from(["bleaching.method=ratio"]))


@pytest.mark.parametrize(
    ("margin", "said"), [(0, None), (40, "0.18% of the pixels"), (60, "no pixel lies outside")]
)
def test_a_field_without_bare_ground_is_warned_of(margin, said, recwarn):
    labels = np.zeros((2, 200, 200), np.uint16)
    labels[0, :, :50] = labels[1, :, :150] = 1  # of 50 columns beside a cell 50 − margin are bare
    labels[1, :153] = 1
    movie = Movie.from_array(labels * 9)
    settings = measures_from(
        ["background.method=percentile", f"background.margin_px={margin}"], groups="region"
    )
    light_of(movie, Labels.from_array(labels), settings, settings.groups.values())
    told = " ".join(str(w.message) for w in recwarn if issubclass(w.category, LamellaWarning))
    assert (said or "") in told
    assert ("frame 1 hardly" in told) is bool(said)


def test_without_a_measure_of_light_nothing_is_read(fading):
    settings = measures_from(["bleaching.method=ratio"], groups="migration")
    movie, told, _ = lit(fading, settings)
    assert movie is fading.movie
    assert told == {}
