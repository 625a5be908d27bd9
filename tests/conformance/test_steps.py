"""What every step must do, whatever it is for."""

import json

import numpy as np
import pytest
from planted_drift import planted, ramp, shifts
from pydantic import ValidationError

from lamella.centre import Centre
from lamella.core.frames import ArrayFrames, chunked
from lamella.core.step import Step
from lamella.measure import (
    Compartment,
    Edge,
    Lamellipodium,
    Migration,
    Outlines,
    Protrusion,
    Region,
    Sightings,
    Walks,
)
from lamella.phantom import CellPhantom
from lamella.preprocess import (
    CameraOffset,
    Drift,
    ExponentialFit,
    HistogramMatching,
    Illumination,
    NoBackground,
    Normalise,
    PercentileOutside,
    RollingBall,
    SimpleRatio,
)
from lamella.segment import (
    ByDistance,
    ByIntensity,
    ByNucleus,
    Cellpose,
    ExistingLabels,
    External,
    Guided,
    Motion,
    MultiOtsu,
    Recurrent,
)
from lamella.statistics import Contrasts, Movement, Questions
from lamella.statistics.positives import ByControls, ByMixture, ByOtsu, ByValue, Positives
from lamella.track import Lap, Largest, Overlap
from lamella.track.events import TrackChecks
from lamella.track.fill import FillGaps
from lamella.train.annotations import Annotations
from lamella.train.cellpose import FineTune
from lamella.train.pseudo_labels import PseudoLabels
from lamella.train.recurrent import Fit, Patches
from lamella.train.rounds import Rounds
from lamella.train.split import HoldOut

EXAMPLES = [
    Normalise(),
    Drift(),
    NoBackground(),
    CameraOffset(offset=100),
    PercentileOutside(),
    RollingBall(),
    Illumination(),
    ExponentialFit(),
    SimpleRatio(),
    HistogramMatching(),
    MultiOtsu(),
    Motion(),
    ExistingLabels(pattern="{movie}.tif"),
    External(function="module:function"),
    Cellpose(),
    Recurrent(),
    ByDistance(),
    ByIntensity(),
    ByNucleus(nuclei="nucleus"),
    Guided(nuclei="nucleus"),
    Largest(),
    Lap(),
    Overlap(),
    TrackChecks(),
    FillGaps(),
    Centre(),
    Sightings(),
    Migration(),
    Lamellipodium(),
    Walks(),
    Protrusion(),
    Region(),
    Edge(),
    Compartment(),
    Outlines(),
    Contrasts(),
    Movement(),
    Questions(),
    Positives(measure="area_px", threshold=ByMixture()),
    ByControls(condition="vehicle"),
    ByOtsu(),
    ByMixture(),
    ByValue(value=1.0),
    HoldOut(),
    Annotations(stride=5),
    PseudoLabels(),
    FineTune(epochs=10, learning_rate=0.01),
    Fit(epochs=10, patches=Patches(halo=0.5)),
    Patches(single_frames=0.5),
    Rounds(rounds=3),
]


def concrete(kind: type[Step]) -> set[type[Step]]:
    below = kind.__subclasses__()
    return set(below).union(*(concrete(each) for each in below)) if below else set()


def test_every_step_has_an_example():
    ours = {
        step
        for step in concrete(Step)
        if step.__module__.startswith("lamella.") and not step.__name__.startswith("_")
    }
    assert {type(example) for example in EXAMPLES} == ours


@pytest.mark.parametrize("step", EXAMPLES, ids=lambda step: type(step).__name__)
class TestStep:
    def test_refuses_unknown_settings_by_name(self, step):
        with pytest.raises(ValidationError, match="percentil_e"):
            type(step)(**{**step.model_dump(), "percentil_e": 1})

    def test_is_frozen(self, step):
        assert step.model_config["frozen"]

    def test_provenance_is_json(self, step):
        told = json.loads(json.dumps(step.provenance()))
        assert told["step"] == type(step).__name__
        assert told["version"] >= 1

    def test_documents_itself(self, step):
        assert type(step).__doc__


def test_illumination_does_not_depend_on_where_the_fields_are_cut():
    rng = np.random.default_rng(3)
    frames = ArrayFrames(rng.integers(100, 4000, (7, 40, 30)).astype(np.uint16))
    step = Illumination()
    whole = step.prepare(frames)
    for edges in ([1], [3, 5], [1, 2, 3, 4, 5, 6]):
        merged = step.merge([step.prepare(part) for part in chunked(frames, edges)])
        np.testing.assert_array_equal(merged.means, whole.means)
        np.testing.assert_array_equal(step.estimate(merged).image, step.estimate(whole).image)


@pytest.mark.parametrize("step", [Normalise(), Largest()], ids=["Normalise", "Largest"])
def test_state_does_not_depend_on_where_the_movie_is_cut(step):
    phantom = CellPhantom(field_px=(96, 96), n_frames=6, area_um2=120, seed=1).make()
    source = phantom.movie.channel() if isinstance(step, Normalise) else phantom.truth.frames
    frames = ArrayFrames(source.asarray())
    whole = step.prepare(frames)
    for edges in ([1], [3], [5], [2, 4], [1, 2, 3, 4, 5]):
        merged = step.merge([step.prepare(part) for part in chunked(frames, edges)])
        for a, b in zip(
            np.atleast_2d(np.asarray(whole, float)),
            np.atleast_2d(np.asarray(merged, float)),
            strict=True,
        ):
            np.testing.assert_array_equal(a, b)


def test_drift_does_not_depend_on_where_the_movie_is_cut():
    """Every pair of frames is compared once, wherever its two frames were read."""
    path = ramp(26, (9, -7.5))
    frames = planted(shifts(path), side=128, light=5000, grains=10, cell_share=0.02, seed=1).frames
    step = Drift()
    whole = step.prepare(frames)
    for edges in ([1], [10], [11, 21], [2, 3, 20], list(range(1, 26))):
        merged = step.merge([step.prepare(part) for part in chunked(frames, edges)])
        assert merged.span == whole.span
        assert merged.links.keys() == whole.links.keys()
        assert merged.held.keys() == whole.held.keys()
        for pair, link in whole.links.items():
            np.testing.assert_array_equal(merged.links[pair].matrix, link.matrix)
        np.testing.assert_array_equal(step.estimate(merged).matrices, step.estimate(whole).matrices)
