"""Studies of movies with many cells, through the door that users take."""

from __future__ import annotations

import shutil

import numpy as np
import pandas as pd
import pytest

from faults.studies import HEADER, lamella, status
from lamella.core.labels import Labels
from lamella.measure import measure
from lamella.track import FillGaps, Lap, track
from worlds.colonies import colony_phantom, shuffled, write_colony

SETTINGS = """\
title = "Colonies"
[objects.cell]
{extra}
[objects.cell.segment]
method = "labels"
pattern = "masks/{{stem}}.tif"
[objects.cell.track]
method = "{method}"
[statistics]
measures = ["mean_speed_um_per_min"]
"""
SEEDS = {"wt1": 1, "wt2": 2, "ko1": 3, "ko2": 4}
PHANTOMS = {name: colony_phantom(seed) for name, seed in SEEDS.items()}
# Of wt1, an object is taken out of these frames.
LOST = (5, 6)


def settings(study, *, method="lap", extra=""):
    (study / "study.toml").write_text(SETTINGS.format(method=method, extra=extra))


@pytest.fixture(scope="module")
def masks():
    """What a segmenter would give: numbers without meaning, and a gap of two frames in wt1."""
    found = {name: phantom.truth.frames.asarray() for name, phantom in PHANTOMS.items()}
    whole = [c for c in np.unique(found["wt1"][0]) if c and (found["wt1"] == c).any((1, 2)).all()]
    for t in LOST:
        found["wt1"][t][found["wt1"][t] == whole[0]] = 0
    return found


@pytest.fixture(scope="module")
def finished(tmp_path_factory, masks):
    study = tmp_path_factory.mktemp("colonies")
    rows = []
    for name, phantom in PHANTOMS.items():
        write_colony(study, name, phantom, shuffled(masks[name], SEEDS[name]))
        rows.append(f"{name},raw/{name}.tif,{name[:2].upper()},day{name[-1]},")
    (study / "samples.csv").write_text(HEADER + "\n".join(rows) + "\n")
    settings(study)
    said = lamella("run", study)
    assert said.code == 0, said.err
    return study


@pytest.fixture
def study(finished, tmp_path, no_report):
    """A copy that a test may change."""
    return shutil.copytree(finished, tmp_path / "study")


def table(study, name):
    return pd.read_csv(study / "results" / "tables" / f"{name}.csv")


def by_birth(cells):
    """Cells in an order that does not depend on their numbers."""
    keys = ["first_frame", "area_px", "path_um"]
    return cells.sort_values(keys, ignore_index=True)


@pytest.mark.parametrize("name", SEEDS)
def test_measures_of_every_cell_are_those_of_the_true_labels(finished, masks, name):
    phantom = PHANTOMS[name]
    frames, true, _ = measure(phantom.movie, Labels.from_array(masks[name]))
    lives = frames.groupby("cell")["frame"].agg(["min", "max"])
    true["first_frame"] = true["cell"].map(lives["min"])
    true["last_frame"] = true["cell"].map(lives["max"])
    found = table(finished, "cells")
    found = found[found["movie"] == name]
    shared = [c for c in true.columns if c not in ("cell", "object")]
    pd.testing.assert_frame_equal(
        by_birth(found)[shared], by_birth(true)[shared], check_dtype=False, rtol=1e-9
    )
    rows = table(finished, "frames")
    rows = rows[rows["movie"] == name]
    assert len(rows) == (found["last_frame"] - found["first_frame"] + 1).sum()


def test_lineage_is_that_of_the_phantom(finished):
    cells = table(finished, "cells")
    for name, phantom in PHANTOMS.items():
        found = cells[cells["movie"] == name].set_index("cell")
        true = phantom.tracks.groupby("cell")["frame"].agg(["min", "max"])
        parents = phantom.tracks.groupby("cell")["parent"].first()
        born = parents[parents > 0]
        daughters = found[found["parent"] > 0]
        assert sorted(daughters["first_frame"]) == sorted(true.loc[born.index, "min"])
        assert (daughters["generation"] == 1).all()
        for mother, n in daughters.groupby("parent").size().items():
            assert found.loc[mother, "n_daughters"] == n == 2
            assert found.loc[mother, "last_frame"] + 1 == daughters["first_frame"].iloc[0]


def test_the_statistics_count_movies(finished):
    cells, units = table(finished, "cells"), table(finished, "units")
    counting = cells[cells["in_statistics"]]
    means = counting.groupby("movie")["mean_speed_um_per_min"].mean()
    np.testing.assert_allclose(units.set_index("unit")["mean"].loc[means.index], means)
    whole = table(finished, "conditions").query("session == 'all'").set_index("condition")
    assert whole["n"].tolist() == [2, 2]
    for condition in ("WT", "KO"):
        of = means[[name for name in means.index if name.startswith(condition.lower())]]
        assert whole.loc[condition, "mean"] == pytest.approx(of.mean())
    left_out = ~cells["in_statistics"]
    assert (cells.loc[left_out, "n_valid_pairs"] < 5).all()
    assert whole["n_cells_short"].sum() == left_out.sum()


def test_events_and_the_report_tell_of_tracks(finished):
    events = table(finished, "events")
    gap = events[events["kind"] == "gap"]
    assert gap[["movie", "frame", "value"]].to_numpy().tolist() == [["wt1", LOST[0], len(LOST)]]
    text = (finished / "results" / "report.html").read_text()
    cells = table(finished, "cells")
    assert f"{len(cells)} cells in 4 movies" in text
    assert "Tracks to look at" in text
    assert "Each movie counts once" in text
    assert "lap: steps of" in text
    assert not (finished / "results" / "movies" / "wt1" / "centered.ome.tif").exists()


def test_a_filled_gap_changes_no_measure(study):
    settings(study, extra="fill_gaps = 2")
    before = table(study, "cells")
    said = lamella("run", study)
    assert said.code == 0, said.err
    after, rows = table(study, "cells"), table(study, "frames")
    changed = ["n_empty_frames", "empty_rate", "n_interpolated_frames"]
    pd.testing.assert_frame_equal(before.drop(columns=changed), after.drop(columns=changed))
    assert after["n_interpolated_frames"].sum() == before["n_empty_frames"].sum() == len(LOST)
    filled = rows[rows["interpolated"]]
    assert filled["frame"].tolist() == list(LOST)
    assert filled["area_px"].notna().all()
    assert not filled["valid"].any()
    assert (
        filled[["step_um", "speed_um_per_min", "lam_mean", "lam_cyto_ratio"]].isna().all(axis=None)
    )
    assert rows.loc[rows["movie"] != "wt1", "interpolated"].eq(False).all()


def test_another_tracker_runs_tracking_and_what_follows(study):
    settings(study, method="overlap")
    said = lamella("run", study)
    assert said.code == 0, said.err
    states = status(study).query("movie == 'ko1'").set_index("stage")["state"]
    assert states["segment/cell"] == "cached"
    assert set(states.drop("segment/cell")) == {"done"}
    assert lamella("run", study).code == 0
    assert set(status(study)["state"]) == {"cached"}


def test_one_cell_of_many_is_no_secret(study):
    settings(study, method="largest")
    said = lamella("run", study)
    assert said.code == 0
    assert "objects of like size in most frames, of which only the largest" in said.err
    assert 'set method = "lap" under [objects.cell.track] in study.toml' in said.err
    assert (study / "results" / "movies" / "ko1" / "centered.ome.tif").exists()
    settings(study)
    assert "of like size" not in lamella("run", study).err
    assert not (study / "results" / "movies" / "ko1" / "centered.ome.tif").exists()


def test_from_python_as_from_the_command_line(study, masks):
    name = "wt1"
    movie, labels = PHANTOMS[name].movie, Labels.from_array(shuffled(masks[name], SEEDS[name]))
    tracked = track(labels, Lap(), image=movie.channel(), scale=movie.scale)
    frames, cells, _ = measure(movie, tracked)
    theirs = table(study, "cells").query("movie == @name").reset_index(drop=True)
    shared = [c for c in cells.columns if c in theirs.columns]
    assert {"parent", "n_daughters", "first_frame"} <= set(shared)
    pd.testing.assert_frame_equal(cells[shared], theirs[shared], check_dtype=False)
    filled = FillGaps(longest_frames=2)(labels.frames, tracks=tracked.tracks)
    again, *_ = measure(movie, Labels("cell", filled.labels))
    assert len(again) == len(frames)
