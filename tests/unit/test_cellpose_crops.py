"""Real calls of Cellpose: crops against whole frames, half against full precision."""

import numpy as np
import pytest

from lamella.core.frames import ArrayFrames, Window
from lamella.kernels.overlap import intersection_over_union
from lamella.nets.cellpose import evaluate, half_precision, load, stretched
from lamella.segment.cellpose import Cellpose
from lamella.segment.cellpose.crops import masks_of_parts
from lamella.segment.cellpose.follow import Box, Part
from lamella.segment.cellpose.half import least_iou
from worlds.small_cellpose import small_cell

N_FRAMES = 6


@pytest.fixture(scope="module")
def frames():
    phantom = small_cell(120, n_frames=N_FRAMES, interval_min=1.0)
    return ArrayFrames(phantom.movie.channel().asarray())


@pytest.fixture
def model(small_cellpose):
    return load(small_cellpose, device="cpu")


def test_crops_show_the_cell_as_whole_frames_do(small_cellpose, frames, monkeypatch):
    seen = []

    def counting(model, images, **settings):
        seen.extend(image.shape for image in images)
        return evaluate(model, images, **settings)

    monkeypatch.setattr("lamella.segment.cellpose.step.evaluate", counting)
    whole = Cellpose(model=str(small_cellpose), device="cpu")(frames).asarray()
    seen.clear()
    step = Cellpose(model=str(small_cellpose), device="cpu", follow={"every": N_FRAMES})
    followed = step(frames).asarray()
    assert seen[0] == frames.frame_shape
    assert len(seen) == N_FRAMES, "no crop looked wrong"
    assert max(np.prod(shape) for shape in seen[1:]) < 0.5 * np.prod(frames.frame_shape)
    overlaps = [intersection_over_union(*pair) for pair in zip(whole, followed, strict=True)]
    np.testing.assert_array_equal(followed[0], whole[0], "stretched here or by Cellpose: the same")
    assert np.mean(overlaps) >= 0.98
    assert min(overlaps) >= 0.95
    late = Window(frames, 0, 3)
    np.testing.assert_array_equal(step(late).frame(2), followed[2])


def test_follow_is_set_in_a_word_or_with_its_settings():
    assert Cellpose(follow=True).follow.every == 10
    assert Cellpose().follow is False
    assert Cellpose().reach == (0, 0)
    assert Cellpose(follow=True).reach == (9, 0)
    step = Cellpose(follow={"every": 5})
    assert Cellpose.model_validate(step.model_dump(mode="json")) == step


@pytest.mark.parametrize("n_channels", [1, 2])
def test_stretched_frames_give_the_masks_of_plain_ones(model, frames, n_channels):
    frame = frames.frame(0)
    image = frame if n_channels == 1 else np.stack([frame, frame[::-1]])
    before = image.copy()
    light = stretched(image)
    np.testing.assert_array_equal(image, before)
    assert light.shape == image.shape
    low, high = np.percentile(light.reshape(n_channels, -1), [1, 99], axis=1)
    np.testing.assert_allclose(low, 0, atol=1e-5)
    np.testing.assert_allclose(high, 1, atol=1e-5)
    plain = evaluate(model, [image])[0]
    np.testing.assert_array_equal(evaluate(model, [light], stretch=False)[0], plain)


def test_a_crop_has_the_grey_levels_of_its_frame_and_its_bound_of_size(frames):
    box = Box(16, 32, 64, 96)
    asked = []

    def find(images, share):
        asked.append((len(images), share))
        return images

    masks = masks_of_parts(frames.frame, find, largest_fraction=0.4)
    whole, crop, other = masks([Part(0), Part(1, box), Part(2, box)])
    np.testing.assert_array_equal(whole, stretched(frames.frame(0)))
    np.testing.assert_array_equal(crop, stretched(frames.frame(1))[16:64, 32:96])
    np.testing.assert_array_equal(other, stretched(frames.frame(2))[16:64, 32:96])
    n = frames.frame(0).size
    assert asked == [(1, 0.4), (2, 0.4 * n / crop.size)]


def test_half_precision_changes_the_network_and_is_gone_afterwards(model, frames):
    def flows():
        return model.eval(frames.frame(0), channels=[0, 0], normalize={"normalize": True})[1][1]

    full, full_flows = evaluate(model, [frames.frame(0)])[0], flows()
    with half_precision(model):
        half, half_flows = evaluate(model, [frames.frame(0)])[0], flows()
    assert 0 < np.abs(half_flows - full_flows).max() < 0.5, "bfloat16 has 8 bits"
    assert least_iou(full, half) >= 0.99
    np.testing.assert_array_equal(flows(), full_flows)


def test_half_precision_is_tried_and_told_where_it_pays(small_cellpose, frames, monkeypatch):
    step = Cellpose(model=str(small_cellpose), device="cpu", half=True)
    unpaid = step.prepare(frames)
    assert (step.told(unpaid), step.in_words(unpaid)) == ({}, ""), "not on a processor"
    monkeypatch.setattr("lamella.segment.cellpose.step.pays", lambda model: True)
    known = step.merge([step.prepare(Window(frames, *ends)) for ends in ((0, 1), (1, N_FRAMES))])
    assert known == step.prepare(frames)
    assert step.told(known) == {"half_precision": True}
    assert step.in_words(known).startswith("half precision (objects agree to IoU 0.99") or (
        step.in_words(known) == "half precision (objects agree to IoU 1.000)"
    )
    used = []

    def counting(model):
        used.append(model)
        return half_precision(model)

    monkeypatch.setattr("lamella.segment.cellpose.step.half_precision", counting)
    step(frames, state=known).frame(1)
    assert len(used) == 1
    step(frames, state=known._replace(half={0: 0.9})).frame(1)
    assert len(used) == 1, "where masks differ, full precision"
