"""Light that was planted in phantoms is found again, in steps and in runs."""

import warnings

import numpy as np
import pandas as pd
import pytest
import tifffile
from planted_illumination import DARK, SHAPE, fields, light, rms_error

from lamella.core.errors import FaultsError, InputError, LamellaWarning
from lamella.core.frames import ArrayFrames
from lamella.io import open_movie
from lamella.preprocess import Illumination
from lamella.run import execute
from lamella.run.study import open_study

SEED = 77  # others than those that the defaults were chosen on


def found(images, **settings):
    step = Illumination(**{"dark": DARK, **settings})
    return step.estimate(step.prepare(ArrayFrames(images)))


@pytest.mark.parametrize(
    ("kind", "cover", "ground", "most"),
    [("both", 0.08, 150, 0.01), ("tilt", 0.08, 150, 0.01), ("vignette", 0.85, 30, 0.04)],
)
def test_planted_light_is_found(kind, cover, ground, most):
    flat = light(kind, SEED)
    made = found(fields(24, cover=cover, ground=ground, flat=flat, seed=SEED))
    assert rms_error(np.ones(SHAPE), flat) > 0.1
    assert rms_error(made.image, flat) < most
    assert made.image.min() > 0
    assert made.image.mean() == pytest.approx(1, abs=1e-5)
    assert made.doubts == []


def test_even_light_stays_even():
    made = found(fields(12, cover=0.08, ground=150, flat=np.ones(SHAPE), seed=SEED))
    assert made.told["unevenness_rms"] < 0.004


def test_corrected_frames_are_even_above_their_dark_level():
    flat = light("both", SEED)
    frames = ArrayFrames((DARK + 500 * flat)[None].astype(np.float32))
    even = Illumination().corrected(frames, flat.astype(np.float32), dark=DARK)
    np.testing.assert_allclose(even.frame(0), DARK + 500, rtol=1e-5)
    assert even.dtype == even.frame(0).dtype == np.float32


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.uint16, np.uint32, np.int64, np.float64])
@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (7, 5), (3, 200)])
def test_any_type_and_size_gives_an_answer(dtype, shape):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        images = np.ones((6, *shape), dtype)
        step = Illumination()
        made = step.estimate(step.prepare(ArrayFrames(images)))
    np.testing.assert_allclose(made.image, 1, rtol=1e-6)


def test_images_without_light_are_refused_and_few_doubtful_ones_told():
    with pytest.raises(InputError, match="not brighter than the dark level"):
        found(np.full((8, 30, 30), 90, np.uint16))
    rng = np.random.default_rng(1)
    noisy = (DARK + rng.lognormal(0, 2, (6, 30, 30)) * 50).astype(np.float32)
    assert "add fields" in found(noisy, degree=6).doubts[0]
    images = fields(8, cover=0.08, ground=150, flat=light("tilt", SEED), seed=SEED)
    images[3] = 95  # an empty well with the lamp off
    made = found(images)
    assert made.told["n_images_too_dark"] == 1
    assert rms_error(made.image, light("tilt", SEED)) < 0.02


class TestRun:
    @pytest.fixture
    def study(self, tmp_path):
        """Seven fields in two sessions under two lamps, with their masks."""
        rows = []
        y, x = np.indices(SHAPE)
        for session, kind in (("monday", "vignette"), ("tue/1", "tilt")):
            flat = light(kind, SEED)
            images = fields(6, cover=0.1, ground=150, flat=flat, seed=SEED)
            for i, image in enumerate(images):
                name = f"{session[:3]}{i}"
                mask = np.zeros(SHAPE, np.uint16)
                for cell, at in enumerate([(40, 40), (130, 170), (220, 300)]):
                    disc = np.hypot(y - at[0], x - at[1]) < 12
                    mask[disc] = cell + 1
                    image[disc] = np.round(DARK + 1000 * flat[disc])
                tifffile.imwrite(tmp_path / f"{name}.tif", image)
                tifffile.imwrite(tmp_path / f"{name}_mask.tif", mask)
                rows.append({"path": f"{name}.tif", "movie": name, "condition": "a",
                             "session": session})  # fmt: skip
        pd.DataFrame(rows).to_csv(tmp_path / "samples.csv", index=False)
        self.write(tmp_path, "[illumination]\ndark = 100\n")
        return tmp_path

    @staticmethod
    def write(folder, more):
        (folder / "study.toml").write_text(
            'outlines = false\n[scale]\npixel_size_um = 0.5\ninterval_min = "unknown"\n'
            '[objects.cell.segment]\nmethod = "labels"\npattern = "{stem}_mask.tif"\n'
            '[objects.cell.track]\nmethod = "lap"\n'
            '[measure]\nmigration = false\nwalks = false\nprotrusion = false\nedge = false\n'
            '[measure.background]\nmethod = "offset"\noffset = 100\n' + more
        )  # fmt: skip

    def run(self, study):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", LamellaWarning)
            outcome = execute.run_study(open_study(study), study / "out")
        return outcome, pd.read_csv(study / "out" / "tables" / "cells.csv")

    def test_measures_are_even_and_made_again_when_fields_change(self, study):
        outcome, cells = self.run(study)
        assert not outcome.failed
        column = next(c for c in cells.columns if "lam_mean" in c)
        even = cells.groupby("session")[column].agg(lambda v: v.std() / v.mean())
        self.write(study, "")
        _, raw = self.run(study)
        uneven = raw.groupby("session")[column].agg(lambda v: v.std() / v.mean())
        assert (even < 0.01).all()
        assert (uneven > 0.05).all()
        folders = sorted(p.name for p in (study / "out" / "illumination").iterdir())
        assert folders[0] == "monday"
        assert folders[1].startswith("tue_1-")
        for folder in folders:
            here = study / "out" / "illumination" / folder
            assert open_movie(here / "ch0.tif").frame_shape == SHAPE
            assert (here / "ch0.png").stat().st_size > 5000
        self.write(study, "[illumination]\ndark = 100\n")
        outcome, again = self.run(study)
        assert again[column].equals(cells[column])
        outcome, _ = self.run(study)
        assert {r.state for r in outcome.results} == {"cached"}
        image = tifffile.imread(study / "mon0.tif")
        tifffile.imwrite(study / "mon0.tif", image + 1)
        outcome, _ = self.run(study)
        redone = {r.movie for r in outcome.results if r.state == "done" and "measure" in r.stage}
        assert redone == {f"mon{i}" for i in range(6)}  # the lamp's other fields, not Tuesday's

    def test_too_few_fields_are_one_clear_error(self, study):
        self.write(study, "[illumination]\nleast_fields = 7\n")
        with pytest.raises(FaultsError, match=r"monday: it has 6 fields.*7 are the least"):
            self.run(study)
        self.write(study, '[illumination]\nleast_fields = 7\nper = "study"\n')
        assert not self.run(study)[0].failed

    def test_measured_flat_fields(self, study):
        (study / "flat").mkdir()
        self.write(study, '[illumination]\nfiles = "flat/{channel}.tif"\n')
        outcome, _ = self.run(study)
        assert "no file of this name" in outcome.failed[0].message
        shown = (DARK + 2000 * light("vignette", SEED)).astype(np.float32)
        tifffile.imwrite(study / "flat" / "ch0.tif", shown)
        outcome, cells = self.run(study)
        assert not outcome.failed
        column = next(c for c in cells.columns if "lam_mean" in c)
        monday = cells.loc[cells["session"] == "monday", column]
        assert monday.std() / monday.mean() < 0.01
        tifffile.imwrite(study / "flat" / "ch0.tif", np.zeros((5, 5), np.float32))
        outcome, _ = self.run(study)
        assert "(5, 5) (Y, X)" in outcome.failed[0].message


def test_the_command(lamella, tmp_path):
    flat = light("tilt", SEED)
    for i, image in enumerate(fields(6, cover=0.1, ground=150, flat=flat, seed=SEED)):
        tifffile.imwrite(tmp_path / f"f{i}.tif", image)
    files = sorted(tmp_path.glob("f*.tif"))
    code, told, err = lamella("illumination", *files, "-o", tmp_path / "o", "--dark", 100)
    assert code == 0, err
    assert "wrote 1 flat field" in told
    assert rms_error(open_movie(tmp_path / "o" / "ch0.tif").frame(0), flat) < 0.02
    code, _, err = lamella("illumination", *files[:3], "-o", tmp_path / "x")
    assert (code, "5 are the least" in err, (tmp_path / "x").exists()) == (2, True, False)
    code, _, err = lamella("illumination", *files, "-o", tmp_path / "x", "--set", "degre=3")
    assert (code, "degre" in err) == (2, True)


def test_dark_files_do_nothing_without_files():
    with pytest.raises(ValueError, match="dark_files goes with files: for an estimate set dark"):
        Illumination(dark_files="dark.tif")
    assert Illumination(files="flat.tif", dark_files="dark.tif").dark_files == "dark.tif"
