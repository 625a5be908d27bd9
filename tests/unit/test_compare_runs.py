"""`lamella compare-runs` on colonies: true masks, wider masks, masks without some cells."""

import shutil

import numpy as np
import pandas as pd
import pytest

from lamella.cli.compare_runs import _effects
from lamella.core.errors import InputError
from lamella.core.table import Col
from lamella.io.tables import read_table
from lamella.kernels.mask_error import dilated
from lamella.run import execute
from lamella.run.compare_runs import compare_runs
from lamella.run.execute import rebuild_report, run_study
from lamella.run.study import open_study
from worlds.colonies import colony_phantom, write_colony

STUDY = """title = "Colonies"
outlines = false
[objects.cell.segment]
method = "labels"
pattern = "masks/{movie}.tif"
[objects.cell.track]
method = "overlap"
[measure]
walks = false
lamellipodium = false
protrusion = false
edge = false
"""
MOVIES = ("a1", "a2", "b1", "b2")
N_CELLS = 4


def study(folder, change=lambda labels: labels, *, movies=MOVIES, extra=""):
    rows = ["movie,path,condition,session"]
    for seed, name in enumerate(movies):
        phantom = colony_phantom(
            seed, n_cells=N_CELLS, n_divisions=0, area_um2=70 if name < "b" else 95
        )
        labels = phantom.truth.frames.asarray().astype(np.uint16)
        write_colony(folder, name, phantom, change(labels))
        rows.append(f"{name},raw/{name}.tif,{name[0]},1")
    (folder / "samples.csv").write_text("\n".join(rows) + "\n")
    (folder / "study.toml").write_text(STUDY + extra)
    outcome = run_study(open_study(folder), folder / "results")
    assert not outcome.failed, outcome.failed
    return folder / "results"


def wider(labels):
    return np.stack([dilated(frame, by_px=1).labels for frame in labels])


def fewer(labels):
    return np.where(labels == 1, 0, labels).astype(labels.dtype)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(execute, "write_report", lambda out: out / "report.html")
        made = {
            name: study(tmp_path_factory.mktemp(name), change, extra=extra)
            for name, change, extra in (
                ("true", lambda labels: labels, ""),
                ("wider", wider, "[measure.sightings]\nmin_iou = 0.2\n"),
                ("fewer", fewer, ""),
            )
        }
        other = tmp_path_factory.mktemp("other")
        return made | {"other": study(other, movies=("c1",))}


@pytest.fixture(scope="module")
def compared(runs, tmp_path_factory):
    out = tmp_path_factory.mktemp("compared")
    folders = [runs[name] for name in ("true", "wider", "fewer")]
    return compare_runs(folders, out, names=["true", "wider", "fewer"]), out


def row(agreement, first, second, measure):
    wanted = {Col.ANALYSIS: first, Col.OTHER_ANALYSIS: second, Col.MEASURE: measure}
    for name, value in wanted.items():
        agreement = agreement[agreement[name] == value]
    (found,) = agreement.to_dict("records")
    return found


class TestAgreement:
    def test_wider_masks_are_larger_by_their_edge_and_move_alike(self, compared):
        area = row(compared[0].agreement, "true", "wider", "area_um2")
        assert area[Col.N_MATCHED] == len(MOVIES) * N_CELLS
        assert area[Col.N_UNMATCHED] == area[Col.N_UNMATCHED_OTHER] == 0
        edge = 2 * np.sqrt(np.pi * area[Col.MEAN_OF_BOTH]) * 0.6  # µm², 1 px = 0.6 µm
        assert 0.85 * edge < area[Col.BIAS] < 1.5 * edge
        assert area[Col.LIMIT_LOW] > 0
        assert area[Col.PROPORTIONAL_BIAS] > 0
        speed = row(compared[0].agreement, "true", "wider", "mean_speed_um_per_min")
        assert abs(speed[Col.BIAS]) < 0.02
        assert speed[Col.CONCORDANCE] > 0.9

    def test_cells_that_an_analysis_lacks_are_counted(self, compared):
        area = row(compared[0].agreement, "true", "fewer", "area_um2")
        assert area[Col.N_UNMATCHED] == len(MOVIES)
        assert area[Col.N_UNMATCHED_OTHER] == 0
        assert area[Col.N_MATCHED] == len(MOVIES) * (N_CELLS - 1)
        assert (area[Col.BIAS], area[Col.CONCORDANCE]) == (0, 1)

    def test_the_same_cells_stand_side_by_side(self, compared):
        matched = read_table(compared[1] / "matched_cells.csv")
        pair = matched[matched[Col.OTHER_ANALYSIS] == "fewer"]
        pair = pair[pair[Col.ANALYSIS] == "true"]
        assert (pair[Col.OVERLAP] == 1).all()
        np.testing.assert_allclose(pair[Col.FIRST_VALUE], pair[Col.SECOND_VALUE])
        assert not pair.duplicated([Col.MOVIE, Col.CELL, Col.MEASURE]).any()


def test_effects_side_by_side_and_what_survives(compared):
    analyses = read_table(compared[1] / "analyses.csv")
    area = analyses[analyses[Col.MEASURE] == "area_um2"]
    area = area[area[Col.CLAIM] == "these_sessions"]
    assert area[Col.ANALYSIS].tolist() == ["true", "wider", "fewer"]
    assert (area[Col.COHENS_D] > 2).all()
    assert area[Col.CONCLUSION].iloc[0].startswith("b above a in all 3 analyses")
    assert area[Col.SURVIVES].tolist() == [bool((area[Col.COHENS_D_LOW] > 0).all())] * 3


def test_what_differs_between_the_settings_is_told(compared):
    found = read_table(compared[1] / "differences.csv").set_index("setting")
    assert found.loc["measure.sightings.min_iou"].astype(float).tolist() == [0.3, 0.2, 0.3]
    assert "title" not in found.index


def test_figures_are_drawn_in_both_formats(compared):
    names = {path.name for path in (compared[1] / "figures").iterdir()}
    for name in ("effect_bars_these_sessions_cell", "agreement_1", "agreement_3"):
        assert {f"{name}.png", f"{name}.svg"} <= names


class TestDoor:
    def test_prints_what_differs_and_what_survives(self, runs, lamella, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)  # a path that is printed is as long as the machine makes it
        code, out, _ = lamella(
            "compare-runs", runs["true"], runs["wider"], "-o", "x", "--names", "t,w"
        )
        assert code == 0
        for text in ("4 movies in all runs", "measure.sightings.min_iou", "survives", "w − t"):
            assert text in out
        assert max(map(len, out.splitlines())) < 80

    @pytest.mark.parametrize(
        ("d", "decided", "said"),
        [
            ((1.0, 1.2), 2, "yes"),
            ((1.0, 0.8), 1, "no: shown by 1 of 2"),
            ((1.0, -1.2), 2, "no: opposite signs"),
            ((0.1, 0.2), 0, "nothing shown"),
        ],
    )
    def test_nothing_shown_is_told_from_what_does_not_survive(self, d, decided, said):
        effect = pd.DataFrame(
            {"measure": "area_um2", "claim": "these_sessions", "condition": "KO", "reference": "WT",
             "analysis": ["t", "w"], "cohens_d": d, "n_analyses_decided": decided,
             "survives": said == "yes"}
        )  # fmt: skip
        *_, last = _effects(effect, ["t", "w"])
        assert last.split() == [
            "KO",
            "−",
            "WT,",
            "these",
            *(f"{each:.3g}" for each in d),
            *said.split(),
        ]

    @pytest.mark.parametrize(
        ("names", "options", "said"),
        [
            (["true"], [], "two different runs are compared"),
            (["true", "true"], [], "two different runs are compared"),
            (["true", "other"], [], "no movie is in all of them; compare runs on the same study"),
            (["true", "wider"], ["--names", "a"], "there are 2 runs; give each its own name"),
            (["true", "wider"], ["--names", "a,a"], "there are 2 runs"),
        ],
    )
    def test_refusals(self, runs, lamella, tmp_path, names, options, said):
        code, _, err = lamella(
            "compare-runs", *(runs[n] for n in names), "-o", tmp_path / "x", *options
        )
        assert code == 2
        assert said in err.replace("\n", " ")
        assert not (tmp_path / "x").exists()

    def test_a_folder_that_is_no_run(self, runs, lamella, tmp_path):
        code, _, err = lamella("compare-runs", runs["true"], tmp_path, "-o", tmp_path / "x")
        assert code == 2
        assert "it is not the folder of a finished run" in err

    def test_a_run_is_not_written_into_nor_results_over(self, runs, lamella, tmp_path):
        both = runs["true"], runs["wider"]
        code, _, err = lamella("compare-runs", *both, "-o", runs["true"])
        assert (code, "it is the folder of a run" in err) == (2, True)
        (tmp_path / "analyses.csv").write_text("mine\n")
        code, _, err = lamella("compare-runs", *both, "-o", tmp_path)
        assert (code, "it is there already" in err) == (2, True)
        assert lamella("compare-runs", *both, "-o", tmp_path, "--force")[0] == 0


@pytest.mark.parametrize("lock", ["= nothing", "", 'settings = "no table"', "[settings]\n"])
def test_a_lock_that_no_run_has_written_is_named(runs, tmp_path, lock):
    broken = tmp_path / "broken"
    shutil.copytree(runs["true"] / "tables", broken / "tables")
    (broken / "study.lock.toml").write_text(lock)
    for use in (
        lambda: compare_runs([runs["true"], broken], tmp_path / "out"),
        lambda: rebuild_report(broken),
    ):
        with pytest.raises(InputError, match=r"study.lock.toml: it does not tell what decided a"):
            use()


def test_names_are_as_long_as_they_must(runs, tmp_path):
    found = compare_runs([runs["true"], runs["wider"]], tmp_path / "x")
    names = list(found.differences.columns[1:])
    assert [name.endswith("/results") for name in names] == [True, True]
    assert len(set(names)) == 2
