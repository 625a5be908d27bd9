"""Training of the recurrent network: what it learns, how it goes on, and what it refuses."""

import json
import warnings

import numpy as np
import pytest
import torch

from lamella.core.errors import InputError, LamellaWarning, SettingsError
from lamella.core.frames import ArrayFrames
from lamella.kernels.grey_levels import Levels
from lamella.nets.convlstm_unet import Architecture
from lamella.nets.convlstm_unet.network import ConvLSTMUNet
from lamella.train.recurrent import Checkpoint, Fit, Library, Patches, TaughtMovie
from lamella.train.recurrent.norms import norms_of, renew
from lamella.train.recurrent.training import Training
from lamella.train.recurrent.yardstick import Yardstick

SMALL = Patches(patch_px=32)
FEW = Fit(
    epochs_frozen=2, epochs=2, patches_per_epoch=3, batch_size=2, norm_patches=5, patches=SMALL
)


def network(seed=0, **settings):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return ConvLSTMUNet(Architecture(**{"poolings": 1, "filters": 2, "window": 2} | settings))


def discs(seed, *, name="", n_frames=4, size=56):
    """Textured discs that move, on noise: their edges are dim, their inside is not."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:size, :size]
    centres, speed = rng.uniform(12, size - 12, (2, 2)), rng.uniform(-2, 2, (2, 2))
    frames, labels = [], {}
    for t in range(n_frames):
        drawn = np.zeros((size, size), np.uint8)
        for i, (cy, cx) in enumerate(centres + t * speed):
            drawn[np.hypot(y - cy, x - cx) < 9] = i + 1
        texture = 40 * np.sin(y + x / 2) * (drawn > 0)
        frames.append((120 + texture + rng.normal(0, 6, y.shape)).clip(0, 255).astype(np.uint8))
        labels[t] = drawn
    kept = {t: labels[t] for t in (0, n_frames - 1)}
    return TaughtMovie(ArrayFrames(np.stack(frames)), Levels(60, 180), kept, name or f"discs{seed}")


def same(one, two):
    return one.keys() == two.keys() and all(torch.equal(one[name], two[name]) for name in one)


def through_a_file(checkpoint):
    """As a checkpoint comes back from a disk: other memory, and JSON."""
    tensors = {name: tensor.clone().contiguous() for name, tensor in checkpoint.tensors.items()}
    return Checkpoint(tensors, json.loads(json.dumps(checkpoint.state, allow_nan=False)))


def test_a_small_network_learns_a_small_phantom():
    fit = Fit(
        epochs_frozen=2,
        epochs=10,
        patches_per_epoch=16,
        batch_size=4,
        learning_rate_frozen=0.01,
        learning_rate=0.01,
        schedule="cosine",
        norm_patches=8,
        patches=Patches(patch_px=48),
    )
    given = network(poolings=2, filters=4, head="distance")
    before = {name: tensor.clone() for name, tensor in given.state_dict().items()}
    learnt = fit(given, [discs(1), discs(2), discs(3)], [discs(9)], device="cpu")
    curve = learnt.losses["held_out_jaccard"]
    assert curve.iloc[0] < 0.3
    assert curve[learnt.best_epoch] > 0.8
    assert same(before, given.state_dict())
    assert (learnt.n_frames, learnt.n_cells) == (6, 12)
    assert learnt.losses["step"].tolist() == [1] * 3 + [2] * 10
    assert learnt.losses["train_loss"].iloc[-1] < 0.5 * learnt.losses["train_loss"].iloc[1]


@pytest.mark.parametrize(
    "settings",
    [
        {"schedule": "cosine", "optimiser": "adamw"},
        {"loss": "cl_dice", "patience": 1, "learning_rate_frozen": 0.5, "norm_patches": 0},
    ],
    ids=["adamw", "adam"],
)
def test_an_interrupted_training_gives_the_same_weights_bitwise(settings):
    fit = FEW.model_copy(
        update={"patches": SMALL.model_copy(update={"single_frames": 0.4})} | settings
    )
    data = [discs(1), discs(2)], [discs(9)]
    kept = []
    whole = fit(network(head="distance"), *data, device="cpu", keep=kept.append)
    assert [each.state["where"]["n_epochs"] for each in kept] == list(range(len(kept)))
    steps = {each.state["where"]["step"] for each in kept[:-1]}
    assert steps == {1, 2}
    for checkpoint in kept:
        again = fit(
            network(seed=5, head="distance"), *data, device="cpu", resume=through_a_file(checkpoint)
        )
        assert same(again.tensors, whole.tensors)
        assert again.losses.equals(whole.losses)
        assert again[2:] == whole[2:]
    # Where a run stops in the middle of an epoch the last checkpoint stands.
    halted = []
    calls = iter(range(10))
    with pytest.raises(KeyboardInterrupt):
        fit(
            network(head="distance"),
            *data,
            device="cpu",
            keep=halted.append,
            advance=lambda done, total: (
                (_ for _ in ()).throw(KeyboardInterrupt) if next(calls) == 1 else None
            ),
        )
    assert same(halted[-1].tensors, kept[2].tensors)


def test_the_encoder_stands_still_in_the_first_step_with_its_statistics():
    fit = FEW.model_copy(update={"epochs": 0})
    given = network()
    learnt = fit(given, [discs(1)], device="cpu")
    old = given.state_dict()
    for name, tensor in learnt.tensors.items():
        if name.startswith("encoder."):
            assert torch.equal(tensor, old[name])
    assert not torch.equal(learnt.tensors["out.weight"], old["out.weight"])
    thawed = FEW.model_copy(update={"epochs_frozen": 0})(given, [discs(1)], device="cpu")
    changed = [name for name in old if not torch.equal(thawed.tensors[name], old[name])]
    assert {name for name in old if "running" in name or "weight" in name} <= {
        name for name in changed if "of_state" not in name
    } | {name for name in old if "of_state" in name}


def test_statistics_are_those_of_the_weights_as_they_are():
    given = network(poolings=2)
    windows = torch.rand(3, 4, 1, 16, 16, generator=torch.Generator().manual_seed(0))
    encoder = {name: each.clone() for name, each in given.encoder.state_dict().items()}
    renew(given, windows, still=norms_of(given.encoder).values())
    assert same(encoder, dict(given.encoder.state_dict()))
    inputs = []
    first = given.levels[0][0][2]
    first.register_forward_pre_hook(lambda module, args: inputs.append(args[0].detach()))
    given.eval()
    with torch.no_grad():
        for each in windows:
            given.features(each[:, 0])
    means = torch.stack([each.mean((0, 2, 3)) for each in inputs])
    variances = torch.stack([each.var((0, 2, 3)) for each in inputs])
    assert torch.allclose(first.running_mean, means.mean(0), atol=1e-6)
    assert torch.allclose(first.running_var, variances.mean(0), rtol=1e-5)
    renew(given, windows)
    assert not same(encoder, dict(given.encoder.state_dict()))


def statistics(tensors):
    return {name: each for name, each in tensors.items() if "running" in name}


def test_layers_that_know_images_keep_their_statistics_and_others_get_some():
    trained = network()
    renew(trained, torch.rand(2, 4, 1, 32, 32))
    fit = FEW.model_copy(update={"epochs_frozen": 0})
    learnt = fit(trained, [discs(1)], device="cpu").tensors
    assert same(statistics(learnt), statistics(trained.state_dict()))
    assert not torch.equal(learnt["encoder.stem.conv.weight"], trained.encoder.stem.conv.weight)
    new = network(seed=1)
    new.encoder.load_state_dict(trained.encoder.state_dict())
    kept = []
    learnt = fit(new, [discs(1)], device="cpu", keep=kept.append).tensors
    old = statistics(new.state_dict())
    for name, each in statistics(learnt).items():
        assert torch.equal(each, old[name]) == name.startswith("encoder."), name
    # Measured by now, the decoder's are still not among those that were known.
    again = fit(network(), [discs(1)], device="cpu", resume=through_a_file(kept[1]))
    assert same(again.tensors, learnt)
    moved = fit.model_copy(update={"keep_norms": False})(new, [discs(1)], device="cpu").tensors
    assert not torch.equal(
        moved["encoder.stem.norm.running_mean"], old["encoder.stem.norm.running_mean"]
    )


def test_what_is_learnt_with_kept_statistics_does_not_depend_on_the_batch(monkeypatch):
    """One step on a batch is what the mean gradient over its patches asks for."""
    trained = network()
    renew(trained, torch.rand(2, 4, 1, 32, 32))
    seen = []
    forward = ConvLSTMUNet.forward

    def noted(self, windows):
        for module in self.modules():
            if isinstance(module, torch.nn.Dropout):
                module.eval()
        found = forward(self, windows)
        alone = torch.cat([forward(self, each[None]) for each in windows])
        seen.append((found - alone).abs().max().item())
        return found

    monkeypatch.setattr(ConvLSTMUNet, "forward", noted)
    FEW.model_copy(update={"epochs_frozen": 0})(trained, [discs(1)], device="cpu")
    assert len(seen) == 4
    assert max(seen) < 1e-5


def test_statistics_move_again_where_memory_was_short_as_they_were_measured():
    given = network(poolings=2)

    def short():
        yield torch.rand(2, 1, 16, 16)
        raise MemoryError

    with pytest.raises(MemoryError):
        renew(given, short())
    norms = [each for each in given.modules() if isinstance(each, torch.nn.BatchNorm2d)]
    assert all(each.momentum for each in norms)


def test_seeds_differ_and_the_random_state_is_left_alone():
    torch.manual_seed(3)
    before = torch.get_rng_state()
    one, again = (FEW(network(), [discs(1)], device="cpu") for _ in range(2))
    assert torch.equal(torch.get_rng_state(), before)
    assert same(one.tensors, again.tensors)
    other = FEW.model_copy(update={"seed": 1})(network(), [discs(1)], device="cpu")
    assert not same(one.tensors, other.tensors)


def test_without_held_out_movies_the_last_epoch_is_kept():
    kept = []
    learnt = FEW.model_copy(update={"patience": 1})(
        network(), [discs(1)], device="cpu", keep=kept.append
    )
    assert learnt.best_epoch == 4
    assert not learnt.stopped_early
    assert learnt.losses["held_out_jaccard"].isna().all()
    now = {
        name.removeprefix("network."): tensor
        for name, tensor in kept[-1].tensors.items()
        if name.startswith("network.")
    }
    assert same(learnt.tensors, now)


def test_patience_ends_each_step_and_the_best_is_kept():
    fit = FEW.model_copy(
        update={"epochs_frozen": 6, "epochs": 6, "patience": 2, "learning_rate": 1e-9,
                "learning_rate_frozen": 1.0}
    )  # fmt: skip
    learnt = fit(network(), [discs(1)], [discs(9)], device="cpu")
    losses = learnt.losses["held_out_loss"]
    assert learnt.stopped_early
    assert len(losses) < 13
    assert learnt.best_epoch == int(losses.idxmin())


def test_the_rate_falls_along_half_a_cosine():
    fit = Fit(schedule="cosine", warm_up=0, learning_rate=0.2, learning_rate_frozen=0.4)
    rates = [fit.rate(step=2, done=share) for share in (0, 0.5, 1)]
    assert np.allclose(rates, [0.2, 0.1, 0])
    assert np.isclose(fit.rate(step=1, done=0.25), 0.2 * (1 + np.sqrt(0.5)))
    constant = Fit(schedule="constant", warm_up=0, learning_rate=0.2)
    assert constant.rate(step=2, done=0.9) == 0.2
    rising = Fit(schedule="constant", learning_rate=0.2, warm_up=0.4)
    assert np.allclose([rising.rate(step=2, done=each) for each in (0, 0.1, 0.4)], [0, 0.05, 0.2])


def test_a_loss_that_is_no_number_is_told_and_the_best_network_kept():
    kept = []
    broken = network()
    with torch.no_grad():
        broken.out.bias.fill_(float("inf"))
    with pytest.raises(InputError, match=r"no number in epoch 1; set a lower learning_rate_frozen"):
        FEW(broken, [discs(1)], device="cpu", keep=kept.append)
    assert same(kept[-1].best, dict(broken.state_dict()))


@pytest.mark.parametrize("held_out", [[], [discs(9)]], ids=["alone", "held out"])
def test_weights_that_the_last_batch_spoils_are_not_kept(monkeypatch, held_out):
    learn, kept = Training._learn, []

    def spoilt(self, batch, number):
        loss = learn(self, batch, number)
        if number == 8:  # alone in the last batch of the third epoch
            with torch.no_grad():
                self._network.out.bias.fill_(torch.nan)
        return loss

    monkeypatch.setattr(Training, "_learn", spoilt)
    with pytest.raises(InputError, match=r"a weight is no number in epoch 3; .* than 0\.003, "):
        FEW(network(), [discs(1)], held_out, device="cpu", keep=kept.append)
    assert [each.state["where"]["n_epochs"] for each in kept] == [0, 1, 2]
    assert all(bool(tensor.isfinite().all()) for tensor in kept[-1].tensors.values())


def test_what_held_out_movies_say_is_the_same_in_whatever_batches_they_are_asked():
    movies = [discs(seed, n_frames=2) for seed in range(3)]
    yardstick = Yardstick(Library(movies), SMALL, window=2, together=4, device=torch.device("cpu"))
    given = network(head="distance")
    course = Training(
        FEW.model_copy(update={"loss": "cl_dice"}), given, Library(movies), Library([]),
        torch.device("cpu"),
    )  # fmt: skip
    at_once, *others = (yardstick.ask(given, course._loss, n) for n in (4, 3, 1))
    for other in others:
        assert other.loss == pytest.approx(at_once.loss, rel=1e-6)
        assert other.jaccard == at_once.jaccard


def test_each_of_many_held_out_movies_is_asked(monkeypatch):
    drawn = []
    draw = Patches.draw

    def noted(self, movies, number, seed, window):
        drawn.append(self.place(movies, number, seed)[0])
        return draw(self, movies, number, seed, window)

    monkeypatch.setattr(Patches, "draw", noted)
    one = discs(1, n_frames=2)
    for movies, asked in ((1, 1), (20, 20), (40, 32)):
        drawn.clear()
        library = Library([one._replace(movie=str(i)) for i in range(movies)])
        yardstick = Yardstick(library, SMALL, window=1, together=4, device=torch.device("cpu"))
        assert len(set(drawn)) == asked
        assert len(yardstick) == len(drawn) <= 64


def test_memory_that_is_short_halves_the_batch(monkeypatch):
    forward, sizes = ConvLSTMUNet.forward, []

    def short(self, windows):
        if len(windows) > 1 and self.training != asked_first:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory")
        sizes.append(len(windows))
        return forward(self, windows)

    monkeypatch.setattr(ConvLSTMUNet, "forward", short)
    for asked_first in (False, True):
        held_out = [discs(9)] if asked_first else []
        with pytest.warns(LamellaWarning, match="short for 2 patches at a time: .* with 1"):
            learnt = FEW(network(), [discs(1)], held_out, device="cpu")
        assert learnt.batch_size == 1
        assert set(sizes) == {1}
        assert sizes.count(1) == (12 + 5 * 8 if asked_first else 12)
        sizes.clear()

    def none(self, windows):
        raise RuntimeError("CUDA out of memory")

    monkeypatch.setattr(ConvLSTMUNet, "forward", none)
    with (
        pytest.raises(InputError, match="short even for one patch of 32 px"),
        pytest.warns(LamellaWarning),
    ):
        FEW(network(), [discs(1)], device="cpu")


def test_a_window_longer_than_the_movie_is_told_once():
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        FEW(network(window=5), [discs(1, n_frames=2), discs(2, n_frames=3)], device="cpu")
    assert [str(each.message) for each in told] == [
        "discs1 and 1 more: fewer frames than the 5 of a window, whose first ones are reflected"
    ]


def test_a_network_without_memory_learns_too():
    learnt = FEW(network(recurrent=False), [discs(1)], [discs(9)], device="cpu")
    assert np.isfinite(learnt.losses["held_out_loss"]).all()


def test_what_could_not_be_learnt_is_refused_before_anything_starts():
    movie = discs(1)
    empty = movie._replace(labels={t: np.zeros_like(each) for t, each in movie.labels.items()})
    kept = []
    with pytest.raises(InputError, match="none of 2 annotated frames has a cell"):
        FEW(network(), [empty], device="cpu", keep=kept.append)
    with pytest.raises(InputError, match="frame 0: it is the same image as b, frame 0"):
        FEW(network(), [movie], [movie._replace(movie="b")], device="cpu", keep=kept.append)
    odd = FEW.model_copy(update={"patches": Patches(patch_px=36)})
    with pytest.raises(SettingsError, match="set patch_px = 40"):
        odd(network(poolings=3), [movie], device="cpu", keep=kept.append)
    deep = FEW.model_copy(update={"patches": Patches(patch_px=16)})
    with pytest.raises(SettingsError, match=r"4 poolings would see one pixel of it; set .* = 32"):
        deep(network(poolings=4), [movie], device="cpu", keep=kept.append)
    late = movie._replace(labels={9: movie.labels[0]})
    for training, held_out in (([late], []), ([movie], [late])):
        with pytest.raises(InputError, match="frame 9: it has labels, and the movie has the fra"):
            FEW(network(), training, held_out, device="cpu", keep=kept.append)
    assert not kept
    with pytest.raises(ValueError, match="both 0"):
        Fit(epochs=0, epochs_frozen=0)


def test_a_checkpoint_of_another_training_is_refused():
    kept = []
    FEW(network(), [discs(1)], device="cpu", keep=kept.append)
    for changed, given, movies in (
        ("settings", FEW.model_copy(update={"seed": 1}), [discs(1)]),
        ("movies", FEW, [discs(2)]),
    ):
        with pytest.raises(SettingsError, match=f"other {changed}"):
            given(network(), movies, device="cpu", resume=kept[1])
    with pytest.raises(SettingsError, match="other architecture"):
        FEW(network(filters=3), [discs(1)], device="cpu", resume=kept[1])


def test_the_published_settings():
    fit = Fit.published()
    assert (fit.epochs_frozen, fit.epochs) == (2000, 2000)
    assert (fit.learning_rate_frozen, fit.learning_rate) == (0.005, 1e-4)
    assert fit.patches.patch_px == 512
    assert fit.patches.foreground_weight == 50_000
