"""Other settings tried on a frame and on a movie: the run stays as it is, and effects are true."""

import re
import shutil

import numpy as np
import pytest

from lamella.core.errors import FaultsError, OutputError
from lamella.core.table import Col
from lamella.measure import painted
from lamella.phantom import StudyPhantom
from lamella.run import execute
from lamella.run.browse import OpenedRun
from lamella.run.demo import make_demo
from lamella.run.execute import run_study
from lamella.run.settings_draft import SettingsDraft
from lamella.run.settings_fields import fields_of, tables_for
from lamella.run.study import open_study
from lamella.run.trial_frame import FrameTrials, Superseded
from lamella.run.trial_movie import AFTER, BEFORE, try_on_movie

SEGMENT, LAM = ("objects", "cell", "segment"), ("measure", "lamellipodium")
SIGHTINGS = ("measure", "sightings")


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    study = tmp_path_factory.mktemp("trial") / "study"
    make_demo(study, phantom=StudyPhantom(cells_per_session=1, n_frames=12))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(execute, "write_report", lambda out: out / "report.html")
        assert not run_study(open_study(study), study / "results", only=["WT__high__1"]).failed
    return study


@pytest.fixture
def study(finished, tmp_path):
    return shutil.copytree(finished, tmp_path / "study")


@pytest.fixture
def opened(study):
    return OpenedRun(study / "results").movie("WT__high__1")


@pytest.fixture
def draft(study):
    return SettingsDraft(study)


def told(trial):
    return {change.what: (change.before, change.after) for change in trial.changes}


def test_present_settings_change_nothing(opened, draft):
    trial = FrameTrials(opened, "cell").try_on(draft.settings, 4, cell=1)
    assert np.array_equal(trial.labels, painted(opened.current("cell")).frames.frame(4))
    rows = opened.rows("frames", object_name="cell", cell=1).set_index(Col.FRAME)
    for what, column in {
        "Area (µm²)": Col.AREA_UM2, "Bright ÷ dim ratio": Col.LAM_CYTO_RATIO,
        "Edge band ratio": Col.BAND_RATIO,
    }.items():  # fmt: skip
        assert told(trial)[what] == pytest.approx((rows.loc[4, column],) * 2)


def test_a_frame_tells_what_the_run_would_give(opened, draft, study):
    """The trial of one frame against a run with the same settings."""
    draft.set_value(SEGMENT, "classes", 2, default=3)
    draft.set_value(LAM, "percentile", 70.0, default=50)
    trial = FrameTrials(opened, "cell").try_on(draft.settings, 4, cell=1)
    whole = try_on_movie(opened, "cell", draft.settings)
    assert np.array_equal(trial.labels > 0, whole.labels.frame(4) > 0)
    assert not np.array_equal(trial.labels > 0, opened.current("cell").painted().frame(4) > 0)
    draft.write()
    run_study(open_study(study), study / "results", only=["WT__high__1"])
    again = OpenedRun(study / "results").movie("WT__high__1")
    rows = again.rows("frames", object_name="cell", cell=1).set_index(Col.FRAME)
    assert told(trial)["Area (µm²)"][1] == pytest.approx(rows.loc[4, Col.AREA_UM2])
    found = told(trial)["Bright ÷ dim ratio"]
    assert found[1] == pytest.approx(rows.loc[4, Col.LAM_CYTO_RATIO])
    assert found[1] > found[0]
    changes = {change.what: change.after for change in whole.changes}
    cells = again.rows("cells", object_name="cell")
    assert changes["Mean speed (µm/min)"] == pytest.approx(cells[Col.MEAN_SPEED].iloc[0])


def test_a_study_changed_since_its_run_is_tried_as_it_reads_now(draft, study):
    """The masks of the run are of other settings than study.toml has: they are no trial of it."""
    draft.set_value(SEGMENT, "classes", 2, default=3)
    draft.write()
    opened = OpenedRun(study / "results").movie("WT__high__1")
    draft.set_value(LAM, "percentile", 70.0, default=50)
    trial = FrameTrials(opened, "cell").try_on(draft.settings, 4, cell=1)
    whole = try_on_movie(opened, "cell", draft.settings)
    assert np.array_equal(trial.labels > 0, whole.labels.frame(4) > 0)
    assert not np.array_equal(trial.labels > 0, opened.current("cell").painted().frame(4) > 0)


def test_edits_that_are_not_saved_are_what_a_trial_is_held_against(opened, draft):
    edited = painted(opened.current("cell")).frames.frame(4).copy()
    edited[: edited.shape[0] // 2] = 0
    draft.set_value(SIGHTINGS, "min_iou", 1.0, default=0.3)
    trial = FrameTrials(opened, "cell").try_on(draft.settings, 4, present=edited)
    assert np.array_equal(trial.labels, edited)
    um = opened.movie.scale.um
    assert told(trial)["Area (µm²)"] == pytest.approx(((edited > 0).sum() * um**2,) * 2)
    assert any("last saved" in note for note in trial.notes)


def test_trust_and_window_are_told_for_the_movie(opened, draft):
    draft.set_value(SIGHTINGS, "min_iou", 1.0, default=0.3)
    trial = FrameTrials(opened, "cell").try_on(draft.settings, 4, cell=1)
    before, after = told(trial)["Valid steps, whole movie"]
    assert before == opened.rows("cells", object_name="cell")[Col.N_VALID_PAIRS].iloc[0]
    assert after < before


def test_motion_surveys_the_movie_once(opened, draft, monkeypatch):
    from lamella.segment import Motion

    seen = []
    prepare = Motion.prepare
    monkeypatch.setattr(Motion, "prepare", lambda s, f: seen.append(1) or prepare(s, f))
    draft.set_method(SEGMENT, "motion")
    trials = FrameTrials(opened, "cell")
    for t in (2, 5, 6):
        trials.try_on(draft.settings, t)
    assert len(seen) == 1


def test_cells_that_are_corrected_amid_a_trial_are_walked_anew(opened, draft, monkeypatch):
    """What the trial knew by then is of cells that are others now."""
    from lamella.run import trial_frame

    walks, walk = [], trial_frame.walk
    trials = FrameTrials(opened, "cell")

    def watched(*args, **more):
        walks.append(1)
        if len(walks) == 2:  # the last of the first trial
            trials.cells_changed()
        return walk(*args, **more)

    monkeypatch.setattr(trial_frame, "walk", watched)
    draft.set_value(SIGHTINGS, "min_iou", 1.0, default=0.3)
    first = trials.try_on(draft.settings, 4)
    assert len(walks) == 2
    assert str(told(trials.try_on(draft.settings, 4))) == str(told(first))  # NaN among them
    assert len(walks) == 4
    trials.try_on(draft.settings, 5)
    assert len(walks) == 4


def test_a_disk_that_is_full_is_told_of(opened, draft, monkeypatch):
    def full(file, to):
        raise OSError(28, "No space left on device", str(to))

    monkeypatch.setattr("lamella.run.trial_movie.shutil.copy2", full)
    with pytest.raises(OutputError, match=r"the disk is full"):
        try_on_movie(opened, "cell", draft.settings)


def test_a_trial_is_given_up(opened, draft):
    draft.set_method(SEGMENT, "motion")
    asked = []
    with pytest.raises(Superseded):
        FrameTrials(opened, "cell").try_on(
            draft.settings, 2, stopped=lambda: asked.append(1) or len(asked) > 3
        )


def test_a_movie_is_tried_beside_the_run(opened, draft, study):
    before = {p: p.stat().st_mtime_ns for p in (study / "results").rglob("*")}
    draft.set_value(SEGMENT, "min_contrast", 1000.0, default=3.0)  # nothing stands out so far
    trial = try_on_movie(opened, "cell", draft.settings)
    assert trial.frames[AFTER].sum() == 0 < trial.frames[BEFORE].sum()
    assert trial.mean_iou == 0
    assert {p: p.stat().st_mtime_ns for p in (study / "results").rglob("*")} == before
    same = try_on_movie(opened, "cell", SettingsDraft(study).settings)
    assert same.mean_iou == 1
    assert all(c.before == pytest.approx(c.after, nan_ok=True) for c in same.changes)
    place = same._folder.name
    same.close()
    import pathlib

    assert not pathlib.Path(place).exists()


def test_writing_keeps_comments_and_refuses_what_changed_meanwhile(study, draft):
    file = study / "study.toml"
    before = file.read_text()
    draft.set_value(LAM, "percentile", 40.0, default=50)
    draft.set_value(LAM, "side", "dim", default="bright")
    assert "-percentile = 50" in draft.diff
    assert "+percentile = 40" in draft.diff
    assert file.read_text() == before
    other = SettingsDraft(study)
    draft.write()
    assert SettingsDraft(study).settings.measure.lamellipodium.side == "dim"
    assert [line for line in before.splitlines() if "#" in line] == [
        line for line in file.read_text().splitlines() if "#" in line
    ]
    other.set_value(LAM, "percentile", 60.0, default=50)
    written = file.read_text()
    with pytest.raises(OutputError, match="changed by someone else"):
        other.write()
    assert file.read_text() == written
    assert not draft.changed


def test_what_is_not_accepted_is_told_and_not_written(study, draft):
    before = (study / "study.toml").read_text()
    draft.set_value(LAM, "percentile", 140.0, default=50)
    draft.set_value(SEGMENT, "classes", 9, default=3)
    where = [fault.where for fault in draft.faults()]
    assert where == [
        "study.toml: [objects.cell.segment] classes",
        "study.toml: [measure.lamellipodium] percentile",
    ]
    with pytest.raises(FaultsError):
        draft.write()
    assert (study / "study.toml").read_text() == before


def test_methods_come_and_go(study, draft):
    draft.set_method(SEGMENT, "motion")
    assert draft.table(SEGMENT) == {"method": "motion"}
    draft.set_method(SEGMENT, "multiotsu")
    assert not draft.changed
    draft.switch_off(LAM)
    assert draft.settings.measure.lamellipodium is False
    draft.switch_on(LAM)
    assert not draft.changed
    draft.set_value(LAM, "closing_px", 0, default=0)
    assert not draft.changed


def test_every_setting_has_a_field():
    places = [table.name for table in tables_for("cell")]
    assert places[:3] == ["objects.cell.segment", "objects.cell.declump", "objects.cell.track"]
    for table in tables_for("cell"):
        for model in table.methods.values():
            fields = {field.name: field for field in fields_of(model)}
            assert set(fields) == set(model.model_fields) - {"method"}
            for field in fields.values():  # for people who read no code
                assert re.search(r"\w{3}", field.meaning), (table.name, field.name)
                assert not re.search(r"`|\bsee [A-Z]|^(int|float|str|bool)\b", field.meaning)
    lam = {f.name: f for f in fields_of(tables_for("cell")[4].methods[""])}
    assert (lam["percentile"].kind, lam["percentile"].low, lam["percentile"].high) == (
        "number", 0, 100,
    )  # fmt: skip
    assert lam["side"].choices == ("bright", "dim")
    assert "median split as published" in lam["percentile"].meaning


def test_tables_that_the_file_has_not(study):
    file = study / "study.toml"
    file.write_text('title = "Short"\n')
    draft = SettingsDraft(study)
    draft.set_value(LAM, "percentile", 50.0, default=50)
    assert not draft.changed  # the default of what is not there is nothing
    draft.set_value(LAM, "percentile", 55.0, default=50)
    draft.set_value(LAM, "percentile", 50.0, default=50)
    assert not draft.changed
    draft.set_method(SEGMENT, "motion")
    draft.set_value(SEGMENT, "max_lag", 4, default=8)
    draft.write()
    assert file.read_text() == (
        'title = "Short"\n\n[objects.cell.segment]\nmethod = "motion"\nmax_lag = 4\n'
    )
