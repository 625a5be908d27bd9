"""`lamella compare-models` on phantoms: the right masks, and a model that is worse as planted."""

import json
import shutil

import numpy as np
import pytest

from lamella.core.errors import FaultsError, InputError, OutputError
from lamella.core.frames import ArrayFrames
from lamella.core.table import Col
from lamella.io import open_labels, tiff
from lamella.io.tables import read_table
from lamella.phantom import CellPhantom
from lamella.run import execute
from lamella.run.compare_models import _notes, compare_models, plan_models, run_models
from lamella.run.models import names_of, segmenters_of, with_segmenter
from lamella.run.movie import StageResult
from lamella.run.outcome import Outcome
from lamella.run.study import open_study
from lamella.segment import External, Guided, MultiOtsu

STUDY = """title = "Two models"
outlines = false
[objects.cell]
centre = false
[objects.cell.normalise]
rule = "never"
[objects.cell.segment]
method = "external"
function = "model.py:found"
[measure]
walks = false
lamellipodium = false
protrusion = false
edge = false
[statistics]
reference = "a"
"""
MODEL = """
import numpy as np
def found(frame, every=0, cut=False):
    labels = (frame > 50).astype(np.uint16)
    if every and int(frame[0, 0]) % every == 0:
        labels[:] = 0
    if cut and labels.any():
        rows = np.flatnonzero(labels.any(axis=1))
        labels[rows[0] + round(0.7 * len(rows)):] = 0
    return labels
"""
MOVIES = ("a1", "a2", "b1", "b2")
N = 6


def write_study(folder):
    """Masks of phantoms as grey levels; in a corner the frame's number, for the model to see."""
    rows = ["movie,path,condition,session"]
    for seed, name in enumerate(MOVIES):
        area, speed = (80, 0.8) if name < "b" else (110, 0.8)
        phantom = CellPhantom(
            field_px=(96, 96), n_frames=N, area_um2=area, speed_um_per_min=speed, seed=seed
        ).make()
        labels = phantom.truth.frames.asarray().astype(np.uint16)
        assert (labels[:, 0, 0] == 0).all()
        grey = labels * 200
        grey[:, 0, 0] = np.arange(N)
        for kind, stack in (("raw", grey), ("truth", labels)):
            (folder / kind).mkdir(exist_ok=True)
            frames, scale = ArrayFrames(stack), phantom.movie.scale
            tiff.write_labels(folder / kind / f"{name}.tif", frames, scale=scale, name="cell")
        rows.append(f"{name},raw/{name}.tif,{name[0]},{name[1]}")
    (folder / "samples.csv").write_text("\n".join(rows) + "\n")
    (folder / "study.toml").write_text(STUDY)
    (folder / "model.py").write_text(MODEL)
    return open_study(folder)


WORSE = External(function="model.py:found", arguments={"every": 3, "cut": True})


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    """The study, its plan and the comparison of the right masks with those of the worse model."""
    study = write_study(tmp_path_factory.mktemp("study"))
    out = tmp_path_factory.mktemp("compared") / "out"
    plan = plan_models(study, {"as-is": None, "worse": WORSE}, out, truth="truth/{movie}.tif")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(execute, "write_report", lambda out: out / "report.html")
        outcomes = run_models(plan)
        assert not any(outcome.failed for outcome in outcomes.values())
        return study, plan, compare_models(plan, outcomes)


@pytest.mark.parametrize(
    ("truth", "says"),
    [
        ("truth/{cell}.tif", r"unknown field; use \{movie\}"),
        ("other/{movie}.tif", r"no movie has one: there is no .*other.*tif; .*\{stem\}"),
    ],
)
def test_a_truth_that_is_not_there_is_told_before_anything_runs(compared, tmp_path, truth, says):
    study, *_ = compared
    with pytest.raises(InputError, match=says):
        plan_models(study, {"as-is": None, "worse": WORSE}, tmp_path / "out", truth=truth)
    assert not (tmp_path / "out").exists()


class TestScores:
    def test_the_planted_faults_show(self, compared):
        scores = read_table(compared[1].out / "scores.csv")
        right, worse = (scores[scores[Col.SEGMENTER] == name] for name in ("as-is", "worse"))
        for name in (Col.IOU, Col.PIXEL_F1, Col.SEG, Col.AP50_95):
            assert (right[name] == 1).all()
        assert (right[Col.EMPTY_RATE] == 0).all()
        assert (worse[Col.EMPTY_RATE] == 2 / N).all()
        assert (worse[Col.PIXEL_PRECISION] == 1).all()
        # About 0.7 of the cell in 4 frames of 6, where its largest part is scored.
        assert worse[Col.PIXEL_RECALL].between(0.35, 0.6).all()
        np.testing.assert_allclose(worse[Col.SEG], worse[Col.PIXEL_RECALL], atol=0.03)
        assert (scores[Col.N_FRAMES_SCORED] == N).all()

    def test_the_change_is_told_with_its_interval(self, compared):
        summary = read_table(compared[1].out / "scores_summary.csv")
        row = summary[(summary[Col.SCORE] == "seg") & (summary[Col.SESSION] == "all")].iloc[1]
        assert (row[Col.SEGMENTER], row[Col.COMPARED_WITH]) == ("worse", "as-is")
        assert row[Col.CHANGE_LOW] < row[Col.CHANGE] < row[Col.CHANGE_HIGH] < 0
        assert (row[Col.N_PAIRED], row[Col.N_DOWN]) == (4, 4)

    def test_masks_are_held_together_movie_by_movie(self, compared):
        masks = read_table(compared[1].out / "masks.csv").set_index("movie")
        assert list(masks.index) == [*MOVIES, "all"]
        assert masks.loc["all", Col.N_ONLY_B_EMPTY] == 2 * len(MOVIES)
        truth, found = (
            open_labels(compared[1].folder(name) / "movies/a1/labels/cell.ome.tif").frames.asarray()
            for name in ("as-is", "worse")
        )
        both, either = (truth > 0) & (found > 0), (truth > 0) | (found > 0)
        iou = both.sum(axis=(1, 2)) / either.sum(axis=(1, 2))
        assert masks.loc["a1", "mean_iou"] == pytest.approx(np.mean(iou))

    def test_the_spread_of_speed_is_that_of_every_run(self, compared):
        plan = compared[1]
        speed = read_table(plan.out / "speed.csv")
        for name in plan.studies:
            conditions = read_table(plan.folder(name) / "tables" / "conditions.csv")
            own = conditions[conditions[Col.MEASURE] == Col.MEAN_SPEED]
            here = speed[speed[Col.ANALYSIS] == name]
            np.testing.assert_allclose(here[Col.SD], own[Col.SD])
            of_all = here[here[Col.SESSION] == "all"]
            assert (of_all[Col.SD_LOW] < of_all[Col.SD]).all()
            assert (of_all[Col.SD] < of_all[Col.SD_HIGH]).all()


class TestRuns:
    def test_only_the_segmenter_differs(self, compared):
        differences = compared[2].found.differences
        told = set(differences["setting"])
        assert told == {
            "objects.cell.segment.arguments.every",
            "objects.cell.segment.arguments.cut",
        }

    def test_effects_stand_side_by_side(self, compared):
        analyses = read_table(compared[1].out / "analyses.csv")
        area = analyses[(analyses[Col.MEASURE] == "area_um2") & (analyses[Col.CLAIM] != "x")]
        assert set(area[Col.ANALYSIS]) == {"as-is", "worse"}
        assert (area[Col.COHENS_D].dropna() > 0).all()

    def test_a_second_time_nothing_is_done_again(self, compared):
        study, plan, _ = compared
        again = plan_models(study, {"as-is": None, "worse": WORSE}, plan.out)
        for outcome in run_models(again, run=quick).values():
            assert {r.state for r in outcome.results} == {"cached"}

    def test_other_models_do_not_take_the_place(self, compared):
        study, plan, _ = compared
        models = {"as-is": None, "other": MultiOtsu()}
        with pytest.raises(OutputError, match="it compares as-is, worse; choose another --out"):
            plan_models(study, models, plan.out)
        assert list(plan_models(study, models, plan.out, force=True).studies) == ["as-is", "other"]

    def test_results_of_others_stay(self, compared, tmp_path):
        (tmp_path / "analyses.csv").write_text("mine")
        with pytest.raises(OutputError, match="it is there already"):
            plan_models(compared[0], {"a": None, "b": MultiOtsu()}, tmp_path)

    def test_what_failed_is_told(self, tmp_path):
        failed = StageResult("a1", "segment/cell", "failed", messages=("why",))
        told = _notes("mine", Outcome(tmp_path, [failed], faults=[OutputError("x", "y", "z")]))
        assert told == ["mine: 1 movie failed (a1)", "mine: x: y; z"]


def quick(study, out):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(execute, "write_report", lambda out: out / "report.html")
        return execute.run_study(study, out)


class TestPage:
    def test_it_stands_alone_and_says_what_was_found(self, compared):
        page = compared[2].page.read_text(encoding="utf-8")
        assert "8 of 24 (33 %) by worse" in page
        assert "SEG is 0." in page
        assert 'src="http' not in page
        assert page.count("data:image") >= 6

    def test_figures_are_written(self, compared):
        names = {path.name for path in (compared[1].out / "figures").iterdir()}
        for name in ("speed_sd", "empty_by_movie", "scores", "scores_against_truth",
                     "mask_agreement", "effect_bars_these_sessions_cell"):  # fmt: skip
            assert {f"{name}.png", f"{name}.svg"} <= names


class TestDoor:
    def test_runs_what_is_named_and_prints_it(self, compared, lamella, tmp_path, monkeypatch):
        study, plan, _ = compared
        monkeypatch.setattr(execute, "write_report", lambda out: out / "report.html")
        monkeypatch.chdir(tmp_path)
        shutil.copytree(plan.folder("as-is"), tmp_path / "out" / "as-is")
        code, out, err = lamella(
            "compare-models", study.folder, "--models", "as-is,multiotsu", "-o", "out"
        )
        assert code == 0, err
        for text in ("as-is:", "multiotsu:", "empty_rate", "temporal_iou", "page: out/comparison"):
            assert text in out
        assert json.loads((tmp_path / "out" / "models.json").read_text())["object"] == "cell"
        told = [line for line in out.splitlines() if "report:" not in line]
        assert max(map(len, told)) < 80

    @pytest.mark.parametrize(
        ("options", "said"),
        [
            (("--models", "as-is"), "two or more are compared; add the model to compare with"),
            (("--models", "as-is,as-is"), "there are 2 models; give each its own name"),
            (("--models", "as-is,nowhere/model"), "nowhere/model: there is no such file or folder"),
            (("--models", "as-is,labels"), "needs settings that cannot be given here"),
            (("--models", "as-is,multiotsu", "--names", "a,../b"), "'../b' cannot be the name"),
            (("--models", "as-is,multiotsu", "--names", "a,figures"), "cannot be the name of a"),
            (("--models", "as-is,multiotsu", "--object", "nucleus"), "no such set; give --object"),
        ],
    )
    def test_refusals(self, compared, lamella, tmp_path, options, said):
        code, _, err = lamella(
            "compare-models", compared[0].folder, *options, "-o", tmp_path / "out"
        )
        assert code == 2
        assert said in err.replace("\n", " ")
        assert not (tmp_path / "out").exists()


class TestModels:
    def test_all_else_stays_as_it_was(self, compared):
        study = compared[0]
        changed = with_segmenter(study, "cell", MultiOtsu(classes=2), name="m")
        assert changed.settings.objects["cell"].segment == MultiOtsu(classes=2)
        back = with_segmenter(changed, "cell", study.settings.objects["cell"].segment, name="m")
        assert back.settings == study.settings

    def test_what_does_not_fit_the_study_is_told(self, compared):
        with pytest.raises(FaultsError, match="nuclei"):
            with_segmenter(compared[0], "cell", Guided(nuclei="nucleus"), name="m")

    def test_variants_of_suggest_have_names(self, compared):
        found = segmenters_of(["as-is", "multiotsu dark"], compared[0], "cell")
        assert found == [None, MultiOtsu(foreground="dark")]
        assert names_of(["as-is", "../models/my model.pth", "multiotsu dark"], None) == [
            "as-is", "my_model", "multiotsu_dark"
        ]  # fmt: skip

    def test_all_faults_come_at_once(self, compared):
        with pytest.raises(FaultsError, match=r"(?s)a/b.*c/d"):
            segmenters_of(["a/b", "c/d"], compared[0], "cell")
