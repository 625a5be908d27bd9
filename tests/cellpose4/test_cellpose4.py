"""Cellpose 4, where it is installed: its real architecture with random weights (``make
test-cellpose4``). One small frame takes ten seconds or more: each test asks for one."""

import numpy as np
import pytest
import torch

from lamella.core.errors import InputError, LamellaError, NotInstalledError
from lamella.core.frames import ArrayFrames
from lamella.nets import cellpose
from lamella.nets.cellpose.installation import imported


def _installed():
    try:
        return cellpose.installed()
    except LamellaError:
        return 0


pytestmark = pytest.mark.skipif(
    _installed() != 4, reason="Cellpose 4 is not installed: make test-cellpose4"
)


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """Random weights that call every pixel of a bright frame cell, as Cellpose saves them."""
    path = tmp_path_factory.mktemp("weights") / "random"
    torch.manual_seed(0)
    net = imported("vit").CPSAM()
    with torch.no_grad():
        net.out.bias[2 * 64 :] = 30.0  # the last third of the outputs is the cell probability
    net.save_model(path)
    return path


@pytest.fixture(scope="module")
def frame():
    y, x = np.indices((48, 64))
    return np.where((y - 24) ** 2 + (x - 32) ** 2 < 100, 900.0, 100.0).astype(np.float32)


def test_masks_through_our_door_are_those_of_a_plain_call(weights, frame):
    model = cellpose.load(weights, device="cpu")
    assert cellpose.load(weights, device="cpu") is model
    settings = {"flow_threshold": 0.0, "cellprob_threshold": 0.0}
    (ours,) = cellpose.evaluate(model, [frame], largest_fraction=1, smallest_px=1, **settings)
    plain = model.eval(frame.copy(), max_size_fraction=1.0, min_size=1, **settings)[0]
    assert ours.shape == frame.shape
    assert frame.min() == 100  # Cellpose itself stretches the caller's array in place
    assert ours.max() > 0
    np.testing.assert_array_equal(ours, plain)


def test_a_frame_through_the_step_with_its_nucleus(weights, frame):
    from lamella.segment.cellpose import Cellpose

    step = Cellpose(
        model=str(weights),
        nuclear_channel="dapi",
        largest_fraction=1,
        flow_threshold=0,
        device="cpu",
    )
    frames = ArrayFrames(frame[np.newaxis])
    labels = step(frames, nuclear=frames, state=step.prepare(frames)).frame(0)
    assert labels.max() > 0
    (plain,) = cellpose.evaluate(
        cellpose.load(weights, device="cpu"),
        [np.stack([frame, frame])],
        largest_fraction=1,
        flow_threshold=0,
    )
    np.testing.assert_array_equal(labels, plain)


def test_fine_tuning_changes_a_copy(weights, frame):
    from lamella.train.cellpose import FineTune
    from lamella.train.examples import Example

    labels = (frame > 500).astype(np.uint16)
    example = Example(frame, labels, "m1", "s1", "c1", 0, "labels")
    model = cellpose.load(weights, device="cpu")
    before = model.net.out.bias.detach().clone()
    step = FineTune.published(4).model_copy(update={"epochs": 2})  # the first has a rate of 0
    tuned = step(model, [example])
    assert np.isfinite(tuned.losses["train_loss"]).all()
    assert torch.equal(model.net.out.bias, before)
    assert tuned.tensors.keys() == cellpose.load(weights, device="cpu").net.state_dict().keys()
    assert not torch.equal(tuned.tensors["out.bias"], before.float())


def test_tiny_frames_keep_their_shape(weights):
    (found,) = cellpose.evaluate(cellpose.load(weights, device="cpu"), [np.eye(5)])
    assert found.shape == (5, 5)


def test_weights_of_cellpose_3_are_named(tmp_path):
    path = tmp_path / "cyto3"
    torch.save({"downsample.down.res_down_0.conv.conv_0.0.weight": torch.ones(2)}, path)
    with pytest.raises(NotInstalledError, match=r"weights of Cellpose 3, .* \"lamella\[cellpose\]"):
        cellpose.load(path, device="cpu")


def test_weights_with_parts_missing_are_told(tmp_path):
    path = tmp_path / "some"
    torch.save({"W2": torch.ones(192, 3, 8, 8), "more": torch.ones(1)}, path)
    with pytest.raises(InputError, match=r"not those of Cellpose 4: \d+ missing .*, 1 unknown"):
        cellpose.load(path, device="cpu")


def test_missing_weights_are_told_with_their_place(tmp_path, monkeypatch):
    monkeypatch.setenv("CELLPOSE_LOCAL_MODELS_PATH", str(tmp_path))
    with pytest.raises(NotInstalledError, match=f"cpsam: no weights in {tmp_path}; put the file"):
        cellpose.find(download=False)
    with pytest.raises(NotInstalledError, match="'cyto3': it is a model of Cellpose 3, and"):
        cellpose.find("cyto3")


def test_our_names_and_address_are_cellposes():
    from lamella.nets.cellpose import finding

    models = imported("models")
    assert set(cellpose.BUILT_IN[4]) <= set(models.MODEL_NAMES)
    assert finding._ADDRESSES[4] + "/" == models._MODEL_URL


def test_it_is_not_trained_from_scratch():
    with pytest.raises(NotInstalledError, match="cannot be trained from scratch"):
        cellpose.from_scratch()
