"""A study measured again with other outlines: what changes as it must, what stays, what is told."""

import numpy as np
import pandas as pd
import pytest

from lamella.core.labels import Labels
from lamella.core.table import Col
from lamella.io import tiff
from lamella.io.documents import read_json
from lamella.io.tables import read_table
from lamella.measure import VARIANTS, Outlines
from lamella.phantom import StudyPhantom
from lamella.run import execute
from lamella.run.execute import run_study
from lamella.run.outline_effects import with_outline_band
from lamella.run.outlines import WrongOutlines
from lamella.run.study import open_study

SETTINGS = """title = "Outlines"
[objects.cell.segment]
method = "multiotsu"
[measure.walks]
[statistics]
measures = ["area_um2", "mean_speed_um_per_min", "lam_cyto_ratio"]
"""
KEYS = ["movie", "object", "cell"]


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    phantom = StudyPhantom(cells_per_session=2, n_frames=8, n_aborted=0, empty_rate=0)
    rows = ["movie,path,condition,session"]
    for movie in phantom:
        if movie.condition == "KO":
            continue
        made = movie.phantom.movie
        tiff.write_movie(folder / f"{movie.name}.tif", made.channels, scale=made.scale)
        rows.append(f"{movie.name},{movie.name}.tif,{movie.condition},{movie.session}")
    (folder / "samples.csv").write_text("\n".join(rows) + "\n")
    (folder / "study.toml").write_text(SETTINGS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(execute, "write_report", lambda out: out / "report.html")
        outcome = run_study(open_study(folder), folder / "results")
    assert not outcome.failed
    assert not outcome.faults
    return folder


def tables(folder):
    out = folder / "results"
    parts = {"as_is": read_table(out / "tables" / "cells.parquet")}
    for variant in VARIANTS:
        found = [read_table(f) for f in sorted(out.glob(f"movies/*/outlines/*.{variant}.parquet"))]
        names = sorted(path.name for path in out.glob("movies/*"))
        parts[variant] = pd.concat(
            [table.assign(movie=name) for name, table in zip(names, found, strict=True)]
        )
    return {name: table.set_index(KEYS).sort_index() for name, table in parts.items()}


def test_areas_change_by_the_length_of_the_edge(ran):
    found = tables(ran)
    area = {name: table[Col.AREA_PX] for name, table in found.items()}
    # A cell is no circle: its edge is longer, though by less than a half.
    circle = 2 * np.sqrt(np.pi * area["as_is"])
    for wider in (area["dilated"] - area["as_is"], area["as_is"] - area["eroded"]):
        assert (wider > 0.85 * circle).all()
        assert (wider < 1.5 * circle).all()
    np.testing.assert_allclose(area["smoothed"], area["as_is"], rtol=0.005)


def test_speed_hardly_changes_and_the_ratio_does(ran):
    found = tables(ran)
    for variant in VARIANTS:
        speed = found[variant][Col.MEAN_SPEED] / found["as_is"][Col.MEAN_SPEED]
        assert (np.abs(speed - 1) < 0.05).all()
    # Wider masks hold background, which makes the dim half dimmer.
    ratio = {name: table[Col.LAM_CYTO_RATIO] for name, table in found.items()}
    assert (ratio["dilated"] > ratio["as_is"]).all()


def test_only_what_is_compared_is_measured_again(ran):
    again = tables(ran)["dilated"].columns
    assert {Col.AREA_UM2, Col.MEAN_SPEED, Col.LAM_CYTO_RATIO} <= {*again}
    assert not {Col.N_TIPS, Col.EDGE_OUT_SPEED, Col.WALK_SPEED} & {*again}


def test_effects_get_a_band_and_a_table_of_their_own(ran):
    effects = read_table(ran / "results" / "tables" / "effects.csv")
    outlines = read_table(ran / "results" / "tables" / "outlines.csv")
    assert set(outlines[Col.OUTLINES]) == {"as_is", *VARIANTS}
    keys = [Col.OBJECT, Col.MEASURE, Col.CLAIM, Col.CONDITION, Col.REFERENCE]
    assert not outlines.duplicated([*keys, Col.OUTLINES]).any()
    whole = effects[effects[Col.SESSION] == "all"].set_index(keys)
    told = outlines.pivot_table(index=keys, columns=Col.OUTLINES, values=Col.COHENS_D)
    d = whole[Col.COHENS_D].dropna()
    assert len(d) >= 3
    np.testing.assert_allclose(told.loc[d.index, "as_is"], d)
    low, high = whole[Col.COHENS_D_OUTLINES_LOW], whole[Col.COHENS_D_OUTLINES_HIGH]
    np.testing.assert_allclose(told.min(axis=1), low[told.index])
    np.testing.assert_allclose(told.max(axis=1), high[told.index])
    alone = effects[effects[Col.SESSION] != "all"]
    assert alone[[Col.COHENS_D_OUTLINES_LOW, Col.COHENS_D_OUTLINES_HIGH]].isna().all(axis=None)


def test_the_manifest_tells_what_was_lost(ran):
    (movie, *_) = sorted((ran / "results" / "movies").iterdir())
    stage = read_json(movie / "manifest.json")["stages"]["outlines/cell"]
    assert set(stage["found"]) == set(VARIANTS)
    assert stage["found"]["eroded"]["cells_lost"] == []
    assert stage["provenance"]["outlines"]["settings"] == {"error_px": 1.0, "smoothing_px": 2.0}


def test_off_is_off(ran, monkeypatch):
    monkeypatch.setattr(execute, "write_report", lambda out: out / "report.html")
    (ran / "study.toml").write_text(f"outlines = false\n{SETTINGS}")
    try:
        outcome = run_study(open_study(ran), ran / "results")
    finally:
        (ran / "study.toml").write_text(SETTINGS)
    assert not {r.stage for r in outcome.results if "outlines" in r.stage}
    effects = read_table(ran / "results" / "tables" / "effects.csv")
    assert effects[Col.COHENS_D_OUTLINES_LOW].isna().all()
    assert not len(read_table(ran / "results" / "tables" / "outlines.csv"))


def test_shapes_that_are_lost_and_cells_that_are_gone_are_counted():
    frames = np.zeros((3, 20, 30), np.uint16)
    frames[:, 4:12, 4:12], frames[:, 15:17, 20:22] = 1, 2
    frames[0, 4:12, 4:12] = 0
    frames[0, 4:6, 4:6] = 1
    wrong = WrongOutlines(Labels.from_array(frames), Outlines(), "eroded")
    for _ in range(2):  # read twice, told once
        shapes = wrong.labels.frames.asarray()
    assert [len(np.unique(frame)) - 1 for frame in shapes] == [0, 1, 1]
    cells = pd.DataFrame({Col.CELL: [1, 2], Col.N_FRAMES: [3, 3], Col.N_EMPTY_FRAMES: [1, 3]})
    assert wrong.told(cells) == {
        "cells_lost": [2],
        "shapes_lost": 4,
        "shapes_of_which_the_largest_piece_was_kept": 0,
    }


def test_a_band_that_lacks_an_outline_is_none():
    effect = {
        Col.MEASURE: "n_tips", Col.CLAIM: "these_sessions", Col.CONDITION: "a", Col.REFERENCE: "b"
    }  # fmt: skip
    effects = pd.DataFrame([{**effect, Col.SESSION: "all"}])
    d = {"as_is": 1.0, "dilated": 0.5, "eroded": np.nan, "smoothed": 2.0}
    outlines = pd.DataFrame([{**effect, Col.OUTLINES: k, Col.COHENS_D: v} for k, v in d.items()])
    assert with_outline_band(effects, outlines)[Col.COHENS_D_OUTLINES_LOW].isna().all()
    known = with_outline_band(effects, outlines.fillna({Col.COHENS_D: -0.1}))
    assert known[Col.COHENS_D_OUTLINES_LOW].tolist() == [-0.1]
    assert known[Col.COHENS_D_OUTLINES_HIGH].tolist() == [2.0]


def test_every_column_of_every_table_is_explained(ran):
    folder = ran / "results" / "tables"
    explained = set(read_table(folder / "columns.csv")["column"])
    for file in sorted({*folder.glob("*.csv")} - {folder / "columns.csv"}):
        assert set(read_table(file).columns) <= explained, file.name
