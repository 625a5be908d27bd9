"""What every segmenter must do. A new member of the union is tested the day it joins."""

import pickle
from typing import get_args

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError
from scipy.ndimage import binary_erosion

from lamella.core.frames import ArrayFrames, Frames, Window, chunked
from lamella.phantom import CellPhantom
from lamella.segment import (
    Cellpose,
    ExistingLabels,
    External,
    Guided,
    Motion,
    MultiOtsu,
    Recurrent,
    Segmenter,
    UsesNuclei,
)

N_FRAMES = 7
EXAMPLES = {
    "multiotsu": MultiOtsu(),
    "motion": Motion(max_lag=2),
    "guided": Guided(nuclei="nucleus"),
    "cellpose": Cellpose(model="small.pth", diameter_px=60),  # large cells are seen small: fast
    "recurrent": Recurrent(
        model="small.safetensors", smooth_sigma=0.4, smallest_px=30, backwards=True
    ),
    "labels": ExistingLabels(pattern="masks/{movie}.tif"),
    "external": External(function="conformance_model:brighter_than_neighbours", before=1, after=1),
}
MEMBERS = {
    member.model_fields["method"].default: member for member in get_args(get_args(Segmenter)[0])
}


@pytest.fixture(scope="module")
def phantom():
    return CellPhantom(field_px=(128, 128), n_frames=N_FRAMES, photoelectrons=500, seed=2).make()


@pytest.fixture(autouse=True)
def _model_on_path(monkeypatch, tmp_path, request):
    monkeypatch.chdir(tmp_path)
    if "cellpose" in request.node.name:
        weights = request.getfixturevalue("small_cellpose")
        (tmp_path / "small.pth").symlink_to(weights)  # loaded once, whatever links to it
    if "recurrent" in request.node.name:
        weights = request.getfixturevalue("small_recurrent")
        (tmp_path / "small.safetensors").symlink_to(weights)
    (tmp_path / "conformance_model.py").write_text(
        "import numpy as np\n"
        "def brighter_than_neighbours(frames):\n"
        "    return frames.astype(float).mean(axis=0) > np.percentile(frames, 90)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)


def given(step: Segmenter, phantom) -> Frames:
    """What a segmenter is called with: image frames, or mask frames for existing labels."""
    source = phantom.truth.frames if isinstance(step, ExistingLabels) else phantom.movie.channel()
    return ArrayFrames(source.asarray())


def nuclei_in(phantom) -> Frames:
    """What leads a segmenter that needs nuclei: the middle of the cell."""
    truth = phantom.truth.frames.asarray()
    return ArrayFrames(np.stack([binary_erosion(f, iterations=9) * f for f in truth]))


def segmented(step: Segmenter, frames: Frames, phantom, **state) -> Frames:
    """What a segmenter makes of frames, with the nuclei of the same frames where it wants them."""
    if not isinstance(step, UsesNuclei):
        return step(frames, **state)
    return step(frames, Window(nuclei_in(phantom), frames.span.start, frames.span.stop), **state)


def test_every_member_of_the_union_has_an_example():
    assert set(MEMBERS) == set(EXAMPLES)


@pytest.mark.parametrize("method", MEMBERS)
class TestSegmenter:
    def test_gives_labels_of_every_frame(self, method, phantom):
        step = EXAMPLES[method]
        frames = given(step, phantom)
        labels = segmented(step, frames, phantom)
        assert labels.shape == frames.shape
        assert labels.dtype.kind in "ui"
        whole = labels.asarray()
        assert whole.min() == 0
        assert whole.max() >= 1

    def test_split_anywhere_gives_the_same(self, method, phantom):
        step = EXAMPLES[method]
        frames = given(step, phantom)
        whole = segmented(step, frames, phantom, state=step.prepare(frames)).asarray()
        for edge in range(1, N_FRAMES):
            parts = chunked(frames, [edge])
            state = step.merge([step.prepare(part) for part in parts])
            for part in parts:
                reach = step.reach
                seen = Window(frames, part.span.start - reach.before, part.span.stop + reach.after)
                labels = segmented(step, seen, phantom, state=state)
                for t in part.span:
                    np.testing.assert_array_equal(labels.frame(t), whole[t])

    def test_stays_within_its_reach(self, method, phantom):
        step = EXAMPLES[method]
        frames = given(step, phantom)
        middle = N_FRAMES // 2
        seen = Window(frames, middle - step.reach.before, middle + step.reach.after + 1)
        segmented(step, seen, phantom, state=step.prepare(frames)).frame(middle)

    def test_the_same_twice_and_the_input_untouched(self, method, phantom):
        step = EXAMPLES[method]
        frames = given(step, phantom)
        before = frames.asarray()
        first, second = (segmented(step, frames, phantom).frame(3) for _ in range(2))
        np.testing.assert_array_equal(first, second)
        np.testing.assert_array_equal(frames.asarray(), before)

    def test_scale_free_means_scale_free(self, method, phantom):
        step = EXAMPLES[method]
        if not step.scale_free or isinstance(step, ExistingLabels):
            pytest.skip("this segmenter depends on the grey scale, or sees none")
        frames = phantom.movie.channel().asarray()[:2].astype(np.float32)
        plain = segmented(step, ArrayFrames(frames), phantom).asarray()
        moved = segmented(step, ArrayFrames(frames * 8 + 512), phantom).asarray()
        assert np.mean(plain != moved) < 1e-4

    def test_settings_are_frozen_known_and_picklable(self, method, phantom):
        step = EXAMPLES[method]
        with pytest.raises(ValidationError):
            step.method = "other"
        values = {**step.model_dump(), "clases": 3}
        with pytest.raises(ValidationError, match="clases"):
            TypeAdapter(Segmenter).validate_python(values)
        assert pickle.loads(pickle.dumps(step)) == step
        assert TypeAdapter(Segmenter).validate_python(step.model_dump(mode="json")) == step


@pytest.mark.parametrize(
    "frame",
    [
        np.zeros((64, 64), np.uint16),
        np.full((64, 64), 65535, np.uint16),
        np.random.default_rng(0).poisson(200, (64, 64)).astype(np.uint16),
        np.random.default_rng(1).normal(0, 1, (64, 64)).astype(np.float32),
    ],
    ids=["all zero", "all saturated", "photon noise", "float noise"],
)
def test_multiotsu_finds_nothing_where_there_is_nothing(frame):
    assert not MultiOtsu().segment(frame).any()
