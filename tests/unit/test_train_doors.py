"""`lamella train cellpose`: from a study's own masks and from outlines, to a model's folder."""

import json
import shutil
import warnings

import numpy as np
import pandas as pd
import pytest
import tifffile
from typer.testing import CliRunner

from lamella.core.errors import LamellaError
from lamella.io.model_folder import read_card
from lamella.nets.cellpose import evaluate, find, load
from lamella.run.train import settings_from
from worlds.small_cellpose import small_cell

QUICK = ["epochs=1", "batch_size=2", "patch_px=64", "learning_rate=0.01"]
N_FRAMES = 3


@pytest.fixture(scope="module")
def world(tmp_path_factory, small_cellpose):
    """A study of three dim movies with labels of every frame, and the base."""
    root = tmp_path_factory.mktemp("world")
    (root / "study").mkdir()
    (root / "labels").mkdir()
    rows = ["movie,path,condition,session"]
    for k in range(3):
        movie = small_cell(400 + k, n_frames=N_FRAMES, photoelectrons=60.0)
        frames = movie.movie.channel().asarray()
        tifffile.imwrite(root / f"study/m{k}.tif", frames, photometric="minisblack")
        labels = movie.truth.frames.asarray().astype(np.uint16)
        tifffile.imwrite(root / f"labels/m{k}_mask.tif", labels, photometric="minisblack")
        rows.append(f"m{k},m{k}.tif,wt,1")
    (root / "study/samples.csv").write_text("\n".join(rows) + "\n")
    (root / "study/study.toml").write_text(
        '[scale]\npixel_size_um = 0.318\ninterval_min = 5.0\naxes = "TYX"\n'
        f'[objects.cell.segment]\nmethod = "cellpose"\nmodel = "{small_cellpose.as_posix()}"\n'
    )
    return root


def lamella(*arguments):
    from lamella.cli import app, train  # noqa: F401  adds its command

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return CliRunner().invoke(app, ["train", "cellpose", *map(str, arguments)])


def quick(*more):
    return [part for option in (*QUICK, *more) for part in ("--set", option)]


@pytest.fixture(scope="module")
def taught(world, small_cellpose):
    out = world / "from_labels"
    given = ["--from", world / "labels", "--images", world / "study", "--base", small_cellpose]
    ended = lamella(*given, "-o", out, *quick("labels.stride=2"))
    assert ended.exit_code == 0, (ended.output, ended.exception)
    return out, given, ended


def test_outlines_become_a_model(taught, small_cellpose):
    out, _, ended = taught
    card = read_card(out)
    assert card["taught_with"] == "labels"
    assert len(card["held_out"]) == 1
    assert card["data"]["n_images"] == 2 * 2  # two of three movies, two of three frames
    assert set(card["scores"]["seg"]) == {
        "before", "after", "change", "change_low", "change_high", "n_movies"
    }  # fmt: skip
    assert card["settings"]["FineTune"]["epochs"] == 1
    names = {p.name for p in out.iterdir()}
    assert {"weights.pth", "model.html", "losses.csv", "scores.csv", "data.csv"} <= names
    assert f'model = "{out.as_posix()}"' in ended.output


def test_the_scores_are_those_of_the_networks(taught, world, small_cellpose):
    """Against the masks of the weights themselves, on the held-out movie."""
    out, _, _ = taught
    card = read_card(out)
    movie = card["held_out"][0]
    frames = tifffile.imread(world / f"study/{movie}.tif")[::2]
    truth = tifffile.imread(world / f"labels/{movie}_mask.tif")[::2] != 0
    for name, weights in (("before", small_cellpose), ("after", find(str(out)))):
        masks = np.stack(evaluate(load(weights, device="cpu"), list(frames))) != 0
        iou = (masks & truth).sum() / (masks | truth).sum()
        assert card["scores"]["iou"][name] == pytest.approx(iou, abs=1e-9)


def test_a_model_is_replaced_on_demand_only_and_nothing_is_trained_twice(taught, monkeypatch):
    from cellpose import train

    out, given, _ = taught

    def never(*args, **kwargs):
        raise AssertionError("trained again")

    monkeypatch.setattr(train, "train_seg", never)
    again = [*given, "-o", out, *quick("labels.stride=2")]
    refused = lamella(*again)
    assert "a model is there already" in str(refused.exception)
    before = pd.read_csv(out / "losses.csv")
    ended = lamella(*again, "--force")
    assert ended.exit_code == 0, ended.exception
    pd.testing.assert_frame_equal(before, pd.read_csv(out / "losses.csv"))


def test_another_seed_is_another_training(taught, monkeypatch):
    from cellpose import train

    out, given, _ = taught

    def stopped(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(train, "train_seg", stopped)
    card = (out / "card.json").read_bytes()
    ended = lamella(*given, "-o", out, "--force", *quick("labels.stride=2", "seed=3"))
    assert ended.exit_code == 130
    assert (out / "card.json").read_bytes() == card  # interrupted: the model of before stays
    assert not list(out.parent.glob(".*"))


def test_a_study_teaches_itself(world, small_cellpose, monkeypatch):
    out = world / "by_itself"
    monkeypatch.chdir(world)  # what the command names lies here, not in the study
    shutil.copy(small_cellpose, "base.pth")
    given = ["--self", "study", "--base", "base.pth", "-o", out, "--rounds", 1]
    ended = lamella(*given, *quick("labels.stride=1"))
    assert ended.exit_code == 0, (ended.output, ended.exception)
    card = json.loads((out / "card.json").read_text())
    assert card["taught_with"] == "self"
    assert [row["round"] for row in card["rounds"]] == [0, 1]
    assert card["kept_round"] in (0, 1)
    assert (card["kept_round"] == 1) == card["training_helped"]
    movies = pd.read_csv(out / "pseudo_labels_movies.csv")
    assert (movies["second_method"] != "").all()
    assert movies["agreement_used"].all()  # a second method was heard, and agreed with most
    assert (out / "pseudo_labels.html").is_file()
    frames = pd.read_csv(out / "pseudo_labels.csv")
    assert len(frames) == 3 * N_FRAMES
    learnt = frames[frames["kept"] & ~frames["movie"].isin(card["held_out"])]
    assert card["data"]["n_images"] == len(learnt)
    kept_from = find(str(out)).read_bytes()
    assert kept_from  # it can be found by its folder
    if card["kept_round"] == 0:
        assert "Training did not help" in ended.output


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        ([], "give one of --self STUDY, --from LABELS, --corrections RUN"),
        (["--self", "a", "--from", "b"], "it learns from one thing at a time"),
        (["--self", "a", "--set", "epoch=5"], "--set epoch: there is no such setting"),
        (["--self", "a", "--set", "epochs=-1"], "--set epochs=-1: the value is not accepted"),
        (["--self", "a", "--set", "label.stride=5"], "there is no table 'label'"),
        (["--self", "a", "--set", "labels.strid=5"], "--set labels.strid: there is no such"),
        (["--from", "b", "--rounds", "3"], "--rounds: it does nothing with --from"),
        (["--self", "a", "--images", "b"], "--images: it does nothing with --self"),
        (["--from", "b", "--set", "labels.min_iou=1"], "--set labels.min_iou: there is no such"),
    ],
)
def test_wrong_usage(arguments, fault, tmp_path):
    ended = lamella(*arguments, "-o", tmp_path / "m")
    assert isinstance(ended.exception, LamellaError)
    assert fault in str(ended.exception)
    assert not list(tmp_path.iterdir())


def test_patience_is_a_number_or_none_at_all():
    assert settings_from(["patience=false"], drawn=True).fine_tune.patience is False
    assert settings_from(["patience=3"], drawn=True).fine_tune.patience == 3
    for wrong in ("0", "-1", "true"):
        with pytest.raises(LamellaError, match=f"patience={wrong}"):
            settings_from([f"patience={wrong}"], drawn=True)
