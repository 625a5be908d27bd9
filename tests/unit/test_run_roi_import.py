"""ROIs out of a run, corrected as a person does in Fiji, and back."""

import shutil
import warnings
import zipfile

import numpy as np
import pandas as pd
import pytest
import roifile
import tifffile

from lamella.core.errors import InputError, LamellaWarning, SettingsError
from lamella.core.frames import ArrayFrames
from lamella.core.movie import Scale, regular_times
from lamella.io import open_labels, read_table, tiff
from lamella.run.cache import Manifest
from lamella.run.corrections import corrected_file, edits_of, original_file
from lamella.run.execute import run_study
from lamella.run.roi_export import export_rois
from lamella.run.roi_import import import_rois
from lamella.run.study import open_study

N, SIDE = 4, 60
QUIET = "[measure]\nwalks = false\nlamellipodium = false\nprotrusion = false\nedge = false\n"
SET = (
    '[objects.{0}]\ncentre = false\n[objects.{0}.segment]\nmethod = "labels"\n'
    'pattern = "{0}_{{movie}}.tif"\n[objects.{0}.track]\nmethod = "lap"\n'
)


def cells(n_frames=N):
    """Four cells that stay; one has a hole, one touches the border, one is a single pixel."""
    labels = np.zeros((n_frames, SIDE, SIDE), np.uint16)
    labels[:, 5:20, 5:20], labels[:, 10:14, 10:14] = 1, 0
    labels[:, 30:45, 0:9] = 2
    labels[:, 30:48, 30:50] = 3
    labels[:, 5, 50] = 4
    return labels


def study(folder, *, sets=("cell",), movies=("a", "b"), n_frames=N):
    """Movies with existing labels, run once; the folder of the run."""
    scale = Scale(0.5, regular_times(n_frames, 2.0))
    rng = np.random.default_rng(7)
    rows = ["movie,path,condition,session"]
    for movie in movies:
        image = rng.integers(90, 110, (n_frames, SIDE, SIDE)) + 200 * (cells(n_frames) > 0)
        tiff.write_movie(
            folder / f"{movie}.tif", {"GFP": ArrayFrames(image.astype(np.uint16))}, scale=scale
        )
        for each in sets:
            tiff.write_labels(
                folder / f"{each}_{movie}.tif", ArrayFrames(cells(n_frames)), scale=scale
            )
        rows.append(f"{movie},{movie}.tif,wt,1")
    (folder / "samples.csv").write_text("\n".join(rows) + "\n")
    text = "outlines = false\n" + QUIET + "".join(SET.format(each) for each in sets)
    (folder / "study.toml").write_text(text)
    again(folder)
    return folder / "results"


def again(folder):
    """Run the study; what was done, by movie and stage."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LamellaWarning)
        outcome = run_study(open_study(folder), folder / "results")
    assert not outcome.failed, [each.message for each in outcome.failed]
    return {(r.movie, r.stage): r.state for r in outcome.results}


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    folder = tmp_path_factory.mktemp("corrected")
    study(folder)
    export_rois(folder / "results", folder / "rois")
    return folder


@pytest.fixture
def run(template, tmp_path):
    """A run of two movies and the ROIs of both beside it."""
    shutil.copytree(template, tmp_path / "s", copy_function=shutil.copy2)
    return tmp_path / "s" / "results"


def rois_of(file):
    return {roi.name: roi for roi in roifile.roiread(file)}


def save(file, rois):
    with zipfile.ZipFile(file, "w") as archive:
        for name, roi in rois.items():
            roi.name = name
            archive.writestr(f"{name}.roi", roi.tobytes())


def box(top, left, bottom, right, frame):
    return roifile.ImagejRoi(
        roitype=roifile.ROI_TYPE.RECT, top=top, left=left, bottom=bottom, right=right,
        position=frame + 1,
    )  # fmt: skip


def labels_in(run, movie="a", name="cell"):
    return open_labels(run / "movies" / movie / f"labels/{name}.ome.tif").frames.asarray()


def correct(run, change, movie="a"):
    """Change the ROIs of a movie as a dict, import, and give what became of this movie."""
    file = run.parent / "rois" / f"{movie}.zip"
    rois = rois_of(file)
    change(rois)
    save(file, rois)
    imported = import_rois(run.parent / "rois", run)
    assert imported.faults == []
    return next(each for each in imported.movies if each.movie == movie)


class TestUntouched:
    def test_nothing_is_written(self, run):
        before = {p: p.stat().st_mtime_ns for p in run.rglob("*") if p.name != ".lock"}
        imported = import_rois(run.parent / "rois", run)
        assert [each.anything for each in imported.movies] == [False, False]
        assert {p: p.stat().st_mtime_ns for p in run.rglob("*") if p.name != ".lock"} == before
        assert not list(run.rglob("corrections"))

    def test_the_next_run_does_nothing(self, run):
        import_rois(run.parent / "rois", run)
        assert set(again(run.parent).values()) == {"cached"}

    def test_several_sets_have_a_folder_each(self, tmp_path):
        run = study(tmp_path, sets=("cell", "nucleus"), movies=("a",), n_frames=1)
        export_rois(run, tmp_path / "rois")
        files = sorted(p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*.zip"))
        assert files == ["rois/cell/a.zip", "rois/nucleus/a.zip"]
        assert sorted(rois_of(tmp_path / "rois/nucleus/a.zip"))[0] == "nucleus1_t0000"
        imported = import_rois(tmp_path / "rois", run)
        assert [(each.name, each.anything) for each in imported.movies] == [
            ("cell", False), ("nucleus", False)
        ]  # fmt: skip
        (wrong,) = import_rois(tmp_path / "rois/nucleus", run, name="cell").faults
        assert "4 of its 4 ROIs are of nucleus, such as 'nucleus1_t0000'" in str(wrong)
        with pytest.raises(SettingsError, match="not in a folder of"):
            import_rois(tmp_path / "rois/nucleus", run)


class TestCorrected:
    def test_moved_deleted_added_and_renamed(self, run):
        def change(rois):
            for t in range(N):
                del rois[f"cell3_t{t:04d}"]
                rois[f"mine-{t}" if t == 0 else "by hand"] = box(50, 50, 55, 58, t)
            rois["cell9_t0001"] = rois.pop("cell4_t0001")
            rois["cell2_t0002"].top += 3
            rois["cell2_t0002"].bottom += 3

        with pytest.warns(LamellaWarning, match="2 names of ROIs are not of cell: new ones"):
            made = correct(run, change)
        # "by hand" of three frames has one key in the dict: frame 3 alone is kept of it.
        assert made.changed == (2, 4)
        assert made.added == (5, 6, 9)
        assert made.removed == (3,)
        want = labels_in(run)
        want[want == 3] = 0
        want[1][want[1] == 4] = 9
        want[2][want[2] == 2] = 0
        want[2, 33:48, 0:9] = 2
        want[0, 50:55, 50:58], want[3, 50:55, 50:58] = 5, 6
        before = labels_in(run)
        states = again(run.parent)
        assert states["a", "segment/cell"] == "cached"
        assert states["a", "track/cell"] == states["a", "measure/cell"] == "done"
        assert {state for (movie, _), state in states.items() if movie == "b"} == {"cached"}
        assert np.array_equal(labels_in(run), want)
        folder = run / "movies/a"
        kept = open_labels(original_file(folder, "cell")).frames.asarray()
        assert np.array_equal(kept, before)
        (edit,) = edits_of(folder, "cell")
        assert (edit["changed"], edit["added"], edit["removed"]) == ([2, 4], [5, 6, 9], [3])
        assert edit["from"].endswith("a.zip")
        assert len(edit["sha256"]) == 64
        table = read_table(run / "tables/frames.parquet")
        here = table[(table["movie"] == "a") & table["area_px"].notna()]
        areas = here.set_index(["cell", "frame"])["area_px"].to_dict()
        assert areas[9, 1] == 1
        assert areas[5, 0] == 40
        assert 3 not in set(here["cell"])
        assert 3 in set(table[table["movie"] == "b"]["cell"])

    def test_removing_the_file_goes_back(self, run):
        tables = {name: read_table(run / f"tables/{name}.parquet") for name in ("cells", "frames")}
        before = labels_in(run)
        correct(run, lambda rois: rois.pop("cell1_t0000"))
        again(run.parent)
        assert not np.array_equal(labels_in(run), before)
        corrected_file(run / "movies/a", "cell").unlink()
        with pytest.raises(InputError, match="were removed since the last run"):
            raise import_rois(run.parent / "rois", run).faults[0]
        again(run.parent)
        assert np.array_equal(labels_in(run), before)
        for name, table in tables.items():
            pd.testing.assert_frame_equal(read_table(run / f"tables/{name}.parquet"), table)

    def test_the_same_zip_again_changes_nothing_and_the_first_one_goes_back(self, run):
        first = (run.parent / "rois/a.zip").read_bytes()
        correct(run, lambda rois: rois.pop("cell1_t0000"))
        assert not correct(run, lambda rois: None).anything
        again(run.parent)
        assert not correct(run, lambda rois: None).anything
        (run.parent / "rois/a.zip").write_bytes(first)
        made = correct(run, lambda rois: None)
        assert made.back
        assert made.changed == (1,)
        assert not corrected_file(run / "movies/a", "cell").exists()
        assert len(edits_of(run / "movies/a", "cell")) == 2

    def test_a_number_that_was_removed_is_not_given_again(self, run):
        def change(rois):
            for t in range(N):
                del rois[f"cell2_t{t:04d}"]

        correct(run, change)
        again(run.parent)
        with pytest.warns(LamellaWarning, match="new ones"):
            made = correct(run, lambda rois: rois.update(new=box(50, 50, 55, 58, 0)))
        assert made.added == (5,)

    def test_cells_of_other_names_keep_their_numbers(self, run):
        with pytest.warns(LamellaWarning, match="'mine' becomes 5"):
            correct(run, lambda rois: rois.update(mine=box(50, 50, 55, 58, 0)))
        assert not correct(run, lambda rois: None).anything
        made = correct(run, lambda rois: rois.update(mine=box(50, 51, 55, 59, 0)))
        assert (made.changed, made.added, made.removed) == ((5,), (), ())

    def test_lineage_of_those_that_remain_is_kept(self, run):
        folder = run / "movies/a"
        manifest = Manifest(folder)
        links = read_table(folder / "tracks/cell.parquet")
        # Cell 4 as the daughter of 1 from frame 2 on.
        labels = labels_in(run)
        labels[:2][labels[:2] == 4] = 0
        tiff.write_labels(folder / "labels/cell.ome.tif", ArrayFrames(labels), scale=Scale(0.5))
        links[~((links["cell"] == 4) & (links["frame"] < 2))].to_parquet(
            folder / "tracks/cell.parquet"
        )
        found = manifest["track/cell"].found
        found["parents"], found["first_last"]["4"] = {"4": [1]}, [2, N - 1]
        manifest.record({"track/cell": manifest["track/cell"]})
        export_rois(run, run.parent / "rois", force=True)
        correct(run, lambda rois: rois.pop("cell2_t0000"))
        again(run.parent)
        lives = read_table(run / "tables/cells.parquet").set_index(["movie", "cell"])
        assert lives.loc[("a", 4), "parent"] == 1
        correct(run, lambda rois: [rois.pop(f"cell1_t{t:04d}") for t in range(N)])
        again(run.parent)
        lives = read_table(run / "tables/cells.parquet").set_index(["movie", "cell"])
        assert lives.loc[("a", 4), "parent"] == 0


class TestRefused:
    def test_one_bad_zip_leaves_the_others(self, run):
        rois = run.parent / "rois"
        (rois / "b.zip").write_bytes(b"PK\3\4 not a zip")
        file = rois / "a.zip"
        changed = rois_of(file)
        changed.pop("cell1_t0000")
        save(file, changed)
        imported = import_rois(rois, run)
        assert [each.movie for each in imported.movies] == ["a"]
        assert "no whole zip" in str(imported.faults[0])
        assert not (run / "movies/b/corrections").exists()

    @pytest.mark.parametrize(
        ("roi", "words"),
        [
            (box(70, 10, 80, 20, 0), "1 of its 17 ROIs lie outside of the image of 60 × 60 px"),
            (box(-20, 10, -5, 20, 0), "1 of its 17 ROIs lie outside of the image"),
            (box(10, 10, 20, 20, 7), "'odd' is in frame 7 of a movie of 4 frames"),
        ],
    )
    def test_rois_of_another_image(self, run, roi, words):
        file = run.parent / "rois/a.zip"
        save(file, rois_of(file) | {"odd": roi})
        imported = import_rois(run.parent / "rois", run)
        assert words in str(imported.faults[0])
        assert not (run / "movies/a/corrections").exists()

    @pytest.mark.parametrize(
        ("roi", "words"),
        [
            (box(50, 50, 70, 70, 0), "1 ROIs reach beyond the image of 60 × 60 px"),
            (box(31, 31, 40, 40, 0), "1 ROIs overlap a later one"),
        ],
    )
    def test_what_is_taken_and_told(self, run, roi, words):
        file = run.parent / "rois/a.zip"
        save(file, {"cell8_t0000": roi} | rois_of(file))
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            import_rois(run.parent / "rois", run)
        assert any(words in str(each.message) for each in caught), [str(w.message) for w in caught]

    def test_files_of_no_movie(self, run):
        rois = run.parent / "rois"
        shutil.copy(rois / "a.zip", rois / "other.zip")
        with pytest.warns(LamellaWarning, match=r"1 files .* such as other.zip"):
            import_rois(rois, run)
        (rois / "a.zip").unlink()
        (rois / "b.zip").unlink()
        with pytest.raises(InputError, match="none of its 1 ROI files is named as a movie"):
            import_rois(rois, run)
        with pytest.raises(InputError, match="no run's folder"):
            import_rois(rois, rois)
        with pytest.raises(SettingsError, match="no such set"):
            import_rois(rois, run, name="nucleus")

    def test_corrections_of_another_size_fail_alone(self, run):
        folder = run / "movies/a"
        tiff.write_labels(
            corrected_file(folder, "cell"), ArrayFrames(cells()[:, :50]), scale=Scale(0.5)
        )
        outcome = run_study(open_study(run.parent), run)
        assert [r.movie for r in outcome.failed] == ["a"]
        assert "use labels of the same movie" in outcome.failed[0].message


def test_labels_alone_become_a_zip(tmp_path, lamella):
    tifffile.imwrite(tmp_path / "field1_mask.tif", cells(1)[0].astype(np.uint32) * 70_000)
    code, out, err = lamella(
        "export", tmp_path / "field1_mask.tif", "--rois", "-o", tmp_path / "rois"
    )
    assert code == 0, err
    assert sorted(rois_of(tmp_path / "rois/field1_mask.zip"))[-1] == "cell70000_t0000"
    assert "4 cells" in out


def test_doors(run, lamella):
    code, out, err = lamella("import", "--rois", run.parent / "rois", "--into", run)
    assert code == 0, err
    assert "a: cell as they are: nothing is changed" in out
    code, _, err = lamella("import", "--rois", run.parent / "rois")
    assert code == 2
    code, _, err = lamella("export", run, "-o", run.parent / "x")
    assert code == 2
    assert "either --to FORMAT or --rois" in err
