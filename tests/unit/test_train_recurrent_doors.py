"""`lamella train recurrent`: from outlines of some frames to a model's folder, in one go or two."""

import errno
import json
import re
import warnings
from pathlib import Path

import numpy as np
import pytest
import tifffile
from typer.testing import CliRunner

from lamella.core.errors import FaultsError, InputError, LamellaError, NotInstalledError
from lamella.io.model_folder import read_card
from lamella.nets.convlstm_unet import read_model
from lamella.run import train_recurrent_kept
from lamella.run.holding import locked
from lamella.run.recordings import Recordings
from lamella.run.train_recurrent_kept import CHECKPOINT
from lamella.run.train_start import starting
from lamella.segment import Recurrent
from worlds.small_cellpose import small_cell

N_FRAMES, ANNOTATED = 8, (1, 4, 7)
TINY = ["network.poolings=2", "network.filters=4", "network.window=3"]
QUICK = ["epochs_frozen=1", "epochs=4", "patches_per_epoch=24", "learning_rate=0.01",
         "schedule=constant", "patches.patch_px=64"]  # fmt: skip


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Two movies, three frames of each outlined."""
    root = tmp_path_factory.mktemp("world")
    (root / "movies").mkdir()
    for k in range(2):
        made = small_cell(500 + k, n_frames=N_FRAMES)
        frames = made.movie.channel().asarray()
        tifffile.imwrite(root / f"movies/m{k}.tif", frames, photometric="minisblack")
        labels = made.truth.frames.asarray().astype(np.uint16)
        draw(root / "labels", f"m{k}", {t: labels[t] for t in ANNOTATED})
    return root


def draw(folder, movie, labels):
    folder.mkdir(exist_ok=True)
    for t, image in labels.items():
        tifffile.imwrite(folder / f"{movie}_t{t:04d}_mask.tif", image, photometric="minisblack")


def lamella(*arguments):
    from lamella.cli import app, movie, train  # noqa: F401  they add their commands

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return CliRunner().invoke(app, [*map(str, arguments)])


def train(world, out, *more, labels="labels", settings=()):
    chosen = [part for each in (*TINY, *QUICK, *settings) for part in ("--set", each)]
    given = ["--from", world / labels, "--images", world / "movies", "--base", "none"]
    return lamella("train", "recurrent", *given, "-o", out, "--device", "cpu", *chosen, *more)


@pytest.fixture(scope="module")
def taught(world):
    out = world / "model"
    ended = train(world, out)
    assert ended.exit_code == 0, (ended.output, ended.exception)
    return out, ended


def test_outlines_become_a_model(taught):
    out, ended = taught
    card = read_card(out)
    assert (card["kind"], card["taught_with"]) == ("recurrent", "labels")
    assert card["base"]["encoder"] == "nothing"
    assert (len(card["held_out"]), card["held_out_of"]) == (1, "other movies")
    assert (card["data"]["n_images"], card["data"]["n_cells"]) == (3, 3)
    assert card["settings"]["Architecture"]["window"] == 3
    assert card["settings"]["Fit"]["patches"]["patch_px"] == 64
    assert card["scores"]["seg"]["after"] > 0.6 > 0.3 > card["scores"]["seg"]["before"]
    names = {p.name for p in out.iterdir()}
    assert {"weights.safetensors", "model.html", "losses.csv", "frames.csv"} <= names
    assert not (out.with_name("model_work") / CHECKPOINT).exists()
    assert f'method = "recurrent"\nmodel = "{out.as_posix()}"' in ended.output
    page = (out / "model.html").read_text(encoding="utf-8")
    assert "Lamella&#39;s random network, fine-tuned on 3 images of 1 movie" in page


def test_its_scores_are_those_of_the_whole_movie_segmented(taught, world):
    out, _ = taught
    card = read_card(out)
    (movie,) = card["held_out"]
    made = world / "segmented.tif"
    source = world / f"movies/{movie}.tif"
    ended = lamella("segment", source, "-o", made, "-m", "recurrent", "--set", f"model={out}")
    assert ended.exit_code == 0, (ended.output, ended.exception)
    found = tifffile.imread(made)[list(ANNOTATED)] > 0
    truth = np.stack([tifffile.imread(world / f"labels/{movie}_t{t:04d}_mask.tif") > 0
                      for t in ANNOTATED])  # fmt: skip
    iou = (found & truth).sum() / (found | truth).sum()
    assert card["scores"]["iou"]["after"] == pytest.approx(iou, abs=1e-9)


def test_a_training_that_was_stopped_goes_on_to_the_same_weights(
    taught, world, tmp_path, monkeypatch
):
    out, written = tmp_path / "m", Path.write_bytes
    faults = {3: KeyboardInterrupt(), 5: OSError(errno.ENOSPC, "full")}  # by the file's number
    kept = []

    def stopped(file, data):
        if CHECKPOINT in file.name:
            kept.append(file)
            if len(kept) in faults:
                written(file, data[: len(data) // 2])
                raise faults[len(kept)]
        return written(file, data)

    epochs, keep = [], train_recurrent_kept.write_checkpoint

    def watched(file, checkpoint, *, of):
        epochs.append(checkpoint.state["where"]["n_epochs"])
        keep(file, checkpoint, of=of)

    monkeypatch.setattr(train_recurrent_kept, "write_checkpoint", watched)
    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_bytes", stopped)
        ended = train(world, out)
        assert (ended.exit_code, epochs) == (130, [0, 1, 2])
        ended = train(world, out)
    assert "the disk is full; free some space and run again" in str(ended.exception)
    assert epochs == [0, 1, 2, 2, 3]  # 1 was the last that was written
    assert [p.name for p in tmp_path.iterdir()] == ["m_work"]
    assert not list((tmp_path / "m_work").glob(".*"))
    ended = train(world, out)
    assert ended.exit_code == 0, (ended.output, ended.exception)
    assert epochs == [0, 1, 2, 2, 3, 3, 4, 5]
    whole, _ = taught
    for name in ("weights.safetensors", "losses.csv"):
        assert (out / name).read_bytes() == (whole / name).read_bytes()


def test_what_is_trained_is_not_trained_again(taught, world, monkeypatch):
    from lamella.train.recurrent import Fit

    def never(*args, **kwargs):
        raise AssertionError("trained again")

    monkeypatch.setattr(Fit, "__call__", never)
    out, _ = taught
    assert "a model is there already" in str(train(world, out).exception)
    before = (out / "weights.safetensors").read_bytes()
    ended = train(world, out, "--force")
    assert ended.exit_code == 0, (ended.output, ended.exception)
    assert (out / "weights.safetensors").read_bytes() == before


def test_two_trainings_do_not_share_a_folder_and_what_a_killed_one_left_goes(world, tmp_path):
    out, work = tmp_path / "m", tmp_path / "m_work"
    left = work / f".{CHECKPOINT}.0.part"
    with locked(work, file="training.lock", work="training"):
        left.write_bytes(b"half")
        refused = train(world, out)
    said = (
        r"another training is working in this folder \(process \d+ on \S+ since .*\); wait for it"
    )
    assert re.search(said, str(refused.exception))
    assert left.exists()
    refused = train(world, out, settings=["held_out.by=session"])  # both are of one
    assert "all movies are of session" in str(refused.exception)
    assert not left.exists()


def test_of_one_movie_frames_are_held_out_and_it_is_told(world, tmp_path):
    for t in ANNOTATED:
        (tmp_path / "one").mkdir(exist_ok=True)
        name = f"m0_t{t:04d}_mask.tif"
        (tmp_path / "one" / name).write_bytes((world / "labels" / name).read_bytes())
    given = ["epochs_frozen=0", "epochs=1", "patches_per_epoch=4"]
    ended = train(world, tmp_path / "m", labels=tmp_path / "one", settings=given)
    assert ended.exit_code == 0, (ended.output, ended.exception)
    card = read_card(tmp_path / "m")
    assert card["held_out"] == ["m0__frame_7"]
    assert card["held_out_of"] == "the movie that it learnt from"
    assert (card["data"]["n_images"], card["data"]["held_out"]["n_images"]) == (2, 1)
    assert "only m0 is annotated: frame 7 of it is held out" in ended.stderr
    page = (tmp_path / "m/model.html").read_text(encoding="utf-8")
    assert "how well the network knows this movie, not how it will do on others" in page
    assert "All held-out frames" in page


def test_nothing_is_started_without_a_cell(world, tmp_path):
    empty = np.zeros((96, 96), np.uint16)
    for k in range(2):
        draw(tmp_path / "empty", f"m{k}", dict.fromkeys(ANNOTATED, empty))
    refused = train(world, tmp_path / "m", labels=tmp_path / "empty")
    assert "no annotated frame can be learnt from" in str(refused.exception)
    looked_at = ["labels.min_objects=0"]
    refused = train(world, tmp_path / "m", labels=tmp_path / "empty", settings=looked_at)
    assert "none of 3 annotated frames has a cell" in str(refused.exception)
    assert not (tmp_path / "m").exists()


def test_wrong_settings_are_told_all_at_once(world, tmp_path):
    wrong = ["epochs=-1", "patches.patch_px=3", "patches.zom=1", "cells.treshold=0.4",
             "network.poolings=9", "held_out.share=2", "labels.stride=0", "patience=0"]  # fmt: skip
    ended = train(world, tmp_path / "m", settings=wrong)
    assert isinstance(ended.exception, FaultsError)
    told = str(ended.exception).splitlines()
    assert len(told) == len(wrong)
    assert all(any(line.startswith(f"--set {each}") for line in told)
               for each in (*wrong[:2], "patches.zom: there is no", "cells.treshold: there is no",
                            *wrong[4:]))  # fmt: skip
    both = train(world, tmp_path / "m", settings=["epochs_frozen=0", "epochs=0"])
    assert str(both.exception).startswith("--set ")
    assert "epochs_frozen=0, epochs=0," in str(both.exception)
    assert "nothing would be learnt" in str(both.exception)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        ([], "give one of --from LABELS, --corrections RUN"),
        (["--from", "a", "--corrections", "b"], "it learns from one thing at a time"),
        (["--corrections", "a", "--images", "b"], "--images: it does nothing with --corrections"),
        (["--corrections", "a", "--centred", "b"], "--centred: it does nothing with"),
        (["--from", "a", "--set", "patch.patch_px=64"], "there is no table 'patch'"),
        (["--from", "a", "--set", "epoch=5"], "no such setting; did you mean 'epochs'?"),
        (["--from", "a", "--set", "patches.zom=1"], "did you mean 'patches.zoom'?"),
        (["--from", "a", "--base", "imagnet"], "--base imagnet: there is no file or folder"),
    ],
)
def test_wrong_usage(arguments, fault, tmp_path):
    ended = lamella("train", "recurrent", *arguments, "-o", tmp_path / "m")
    assert isinstance(ended.exception, LamellaError)
    assert fault in str(ended.exception)
    assert not list(tmp_path.iterdir())


def test_a_patch_that_cannot_be_halved_is_refused_before_anything_is_segmented(
    world, tmp_path, monkeypatch
):
    def segmented(*_, **__):
        raise AssertionError("the base was scored before the settings were looked at")

    monkeypatch.setattr(Recordings, "masks", segmented)
    ended = train(world, tmp_path / "m", settings=["patches.patch_px=66"])
    assert "multiples of 4 px; set patch_px = 68" in str(ended.exception)


def test_a_base_keeps_what_it_knows_under_another_window(small_recurrent, tmp_path):
    same = starting(str(small_recurrent), {}, tmp_path, seed=0)
    assert (same.path, same.name) == (small_recurrent, "small_recurrent.safetensors")
    other = starting(str(small_recurrent), {"window": 7}, tmp_path, seed=0)
    tensors, architecture, about = read_model(other.path)
    assert architecture.window == 7
    known, _, _ = read_model(small_recurrent)
    assert all(bool((known[name] == tensors[name]).all()) for name in known)
    assert about == {"encoder": "not told"}
    with pytest.raises(InputError, match=r"poolings = 2, and 3 is asked for; .*--base none"):
        starting(str(small_recurrent), {"poolings": 3}, tmp_path, seed=0)


def test_the_encoder_of_imagenet_is_taken_as_it_is(tmp_path, monkeypatch):
    import torch

    from lamella.nets.convlstm_unet import from_scratch, keras_weights

    def zeros(file, architecture):
        drawn = from_scratch(architecture, seed=5).state_dict()
        return {name: torch.zeros_like(each) for name, each in drawn.items() if "encoder." in name}

    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    small = {"poolings": 2, "filters": 4}
    with pytest.raises(NotInstalledError, match="mobilenet_v2_weights"):
        starting("imagenet", small, tmp_path, seed=0)
    monkeypatch.setattr(keras_weights, "find_keras_file", lambda architecture: tmp_path)
    monkeypatch.setattr(keras_weights, "encoder_tensors", zeros)
    begun = starting("imagenet", small, tmp_path, seed=0)
    tensors, _, about = read_model(begun.path)
    drawn, _, _ = read_model(starting("none", small, tmp_path / "none", seed=0).path)
    for name, tensor in tensors.items():
        wanted = torch.zeros_like(tensor) if name.startswith("encoder.") else drawn[name]
        assert torch.equal(tensor, wanted), name
    assert about == {"encoder": "ImageNet"}


def test_a_base_that_is_not_there_is_told_before_anything_is_read(world, tmp_path):
    ended = lamella("train", "recurrent", "--from", tmp_path / "no labels", "-o", tmp_path / "m",
                    "--base", "nowhere.safetensors")  # fmt: skip
    assert "there is no file or folder nowhere.safetensors" in str(ended.exception)
    assert not list(tmp_path.iterdir())


def test_a_model_is_known_by_its_folder(taught):
    out, _ = taught
    assert Recurrent(model=str(out)).architecture.poolings == 2
    assert json.loads((out / "card.json").read_text())["versions"]["torch"]
