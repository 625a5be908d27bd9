"""Fine-tuning: Cellpose's own trainer, with losses on held-out images after every epoch."""

import numpy as np
import pytest

from lamella.core.errors import InputError, LamellaWarning, SettingsError
from lamella.nets.cellpose import evaluate, load
from lamella.train.cellpose import FineTune, save_weights, trainable
from lamella.train.examples import Example
from worlds.small_cellpose import small_cell

QUICK = FineTune(epochs=3, batch_size=2, patch_px=64, learning_rate=0.01)


def example(seed, **changes):
    movie = small_cell(seed, n_frames=1, **changes)
    image, labels = movie.movie.channel().frame(0), movie.truth.frames.frame(0)
    return Example(image, labels.astype(np.uint16), f"m{seed}", "1", "wt", 0, "truth")


@pytest.fixture(scope="module")
def taught():
    return [example(seed, photoelectrons=40.0) for seed in (200, 201, 202)]


@pytest.fixture(scope="module")
def held_out():
    return [example(250, photoelectrons=40.0)]


@pytest.fixture(scope="module")
def tuned(small_cellpose, taught, held_out):
    model = load(small_cellpose, device="cpu")
    evaluate(model, [taught[0].image])  # Cellpose itself would strip it of its weights
    before = {name: np.array(t) for name, t in trainable(model).state_dict().items()}
    np.random.seed(7)  # noqa: NPY002  Cellpose draws from numpy's global state
    drawn = np.random.rand(3)  # noqa: NPY002
    np.random.seed(7)  # noqa: NPY002
    found = QUICK(model, taught, held_out)
    after = trainable(model).state_dict()
    assert all(np.array_equal(before[name], np.array(after[name])) for name in before)
    assert np.array_equal(drawn, np.random.rand(3))  # noqa: NPY002
    return model, before, found


def test_the_network_learns_and_the_model_stays(tuned):
    _, before, found = tuned
    losses = found.losses
    assert losses["epoch"].tolist() == [0, 2, 3]
    assert np.isfinite(losses).to_numpy().all()
    assert found.best_epoch == losses["epoch"][losses["held_out_loss"].idxmin()]
    moved = [name for name in before if not np.array_equal(before[name], found.tensors[name])]
    assert (len(moved) > 100) == (found.best_epoch > 0)


def test_the_same_seed_gives_the_same_network_another_does_not(tuned, taught, held_out):
    model, _, found = tuned
    again = QUICK(model, taught, held_out)
    assert all(np.array_equal(t, again.tensors[name]) for name, t in found.tensors.items())
    other = QUICK.model_copy(update={"seed": 1})(model, taught, held_out)
    assert not np.allclose(found.losses["train_loss"], other.losses["train_loss"])


def test_weights_carry_the_diameter_of_the_cells(tuned, taught, tmp_path):
    """Saved and loaded, a network without a given diameter looks for cells of that size."""
    model, _, _ = tuned
    twice = np.ones((2, 2), int)
    large = [
        e._replace(image=np.kron(e.image, twice), labels=np.kron(e.labels, twice))
        for e in taught[:1]
    ]
    found = QUICK.model_copy(update={"epochs": 1})(model, large)
    area = np.count_nonzero(large[0].labels)
    assert found.diameter_px == pytest.approx(2 * np.sqrt(area / np.pi), rel=1e-6)
    save_weights(found.tensors, tmp_path / "w.pth")
    assert load(tmp_path / "w.pth", device="cpu").diam_labels == pytest.approx(
        found.diameter_px, rel=1e-5
    )
    assert found.losses["held_out_loss"].isna().all()  # nothing was held out: the last is kept
    assert found.best_epoch == 1


def test_a_training_that_does_not_help_keeps_the_network_and_ends_early(tuned, taught, held_out):
    model, before, _ = tuned
    # Labels that say that nothing is a cell but a corner: whatever is learnt is wrong held-out.
    corner = np.zeros_like(taught[0].labels)
    corner[:8, :8] = 1
    wrong = [taught[0]._replace(labels=corner)]
    step = FineTune(epochs=40, patience=2, batch_size=1, patch_px=64, learning_rate=0.3)
    found = step(model, wrong, held_out)
    assert found.stopped_early
    assert len(found.losses) < 20
    best = found.losses.set_index("epoch")["held_out_loss"].idxmin()
    assert found.best_epoch == best
    if best == 0:
        assert all(np.array_equal(before[name], t) for name, t in found.tensors.items())


def test_poor_images_are_left_out_and_told(tuned, taught):
    model, _, _ = tuned
    empty = taught[0]._replace(labels=np.zeros_like(taught[0].labels))
    step = QUICK.model_copy(update={"epochs": 1})
    with pytest.warns(LamellaWarning, match="1 of 2 training images were left out"):
        assert step(model, [taught[0], empty]).n_images == 1
    with pytest.raises(InputError, match="none of 2 has an object"):
        step(model, [empty, empty])


def test_images_that_cannot_be_learnt_from(tuned, taught):
    model, _, _ = tuned
    good = taught[0]
    with pytest.raises(InputError, match="m200, frame 0: its image has 95 × 96 px"):
        QUICK(model, [good._replace(image=good.image[1:])])
    with pytest.raises(InputError, match="one channel, or the cells and their nuclei"):
        QUICK(model, [good._replace(image=np.stack([good.image] * 3))])
    bad = good.image.astype(np.float32)
    bad[3, 3] = np.nan
    with pytest.raises(InputError, match="holds NaN"):
        QUICK(model, [good._replace(image=bad)])


def test_a_loss_that_is_no_number_is_told(tuned, taught):
    model, _, _ = tuned
    step = FineTune(epochs=60, batch_size=1, patch_px=64, learning_rate=1.0, weight_decay=1.0)
    huge = trainable(model)
    for weights in huge.parameters():
        weights.data.mul_(1e30)
    broken = type("Model", (), {"net": huge, "diam_mean": 30.0, "device": model.device})()
    with pytest.raises(InputError, match="the loss is no number after epoch 0; set a lower"):
        step(broken, taught[:1])


def test_short_memory_halves_the_batch_and_says_so(tuned, taught, monkeypatch):
    import torch
    from cellpose import train

    model, _, _ = tuned
    real, asked = train.train_seg, []

    def short(*args, **kwargs):
        asked.append(kwargs["batch_size"])
        if kwargs["batch_size"] > 1:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return real(*args, **kwargs)

    monkeypatch.setattr(train, "train_seg", short)
    step = FineTune(epochs=1, batch_size=4, patch_px=64)
    with pytest.warns(LamellaWarning, match="memory was short for"):
        assert step(model, taught[:1]).batch_size == 1
    assert asked == [4, 2, 1]

    def never(*args, **kwargs):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(train, "train_seg", never)
    with pytest.raises(InputError, match="memory is short even for one patch of 64 px"):
        FineTune(epochs=1, batch_size=1, patch_px=64)(model, taught[:1])


def test_an_error_that_is_not_of_memory_is_not_hidden(tuned, taught, monkeypatch):
    from cellpose import train

    def broken(*args, **kwargs):
        raise RuntimeError("something else")

    monkeypatch.setattr(train, "train_seg", broken)
    with pytest.raises(RuntimeError, match="something else"):
        QUICK(tuned[0], taught)


def test_two_channels_are_learnt_from(tuned, taught):
    both = taught[0]._replace(image=np.stack([taught[0].image, taught[0].image // 2]))
    found = QUICK.model_copy(update={"epochs": 1})(tuned[0], [both])
    assert np.isfinite(found.losses["train_loss"]).all()


def test_nothing_of_cellpose_reaches_the_screen(tuned, taught, held_out, capfd):
    QUICK.model_copy(update={"epochs": 1})(tuned[0], taught, held_out)
    assert capfd.readouterr() == ("", "")


def test_cellpose_4_has_its_own_published_settings(monkeypatch):
    from lamella.train.cellpose import fine_tune

    four = FineTune.published(4)
    assert (four.optimiser, four.learning_rate, four.batch_size) == ("adamw", 1e-5, 1)
    assert FineTune.published(3) == FineTune()
    assert FineTune().epochs == 100
    monkeypatch.setattr(fine_tune, "installed", lambda: 4)
    with pytest.raises(SettingsError, match="Cellpose 4 trains with AdamW"):
        FineTune()(None, [])


def test_a_held_out_image_that_is_learnt_from_is_refused(taught, held_out, small_cellpose):
    twin = taught[1]._replace(movie="copy", frame=4)
    with pytest.raises(InputError, match="m201, frame 0: it is the same image as copy, frame 4"):
        QUICK(load(small_cellpose, device="cpu"), taught, [*held_out, twin])


def test_a_held_out_loss_that_is_no_number_is_told(taught, held_out, small_cellpose, monkeypatch):
    from lamella.train.cellpose.patches import Yardstick

    def loss(self, net, batch_size):
        return np.nan if len(self) == len(held_out) else 1.0

    monkeypatch.setattr(Yardstick, "loss", loss)
    with pytest.raises(InputError, match="the loss is no number after epoch 0"):
        QUICK(load(small_cellpose, device="cpu"), taught, held_out)
