"""Measures under ImageJ's names: the numbers and the layout of ImageJ's own Results.csv."""

import csv
import io
import warnings

import numpy as np
import pandas as pd
import pytest

from lamella.core.errors import InputError, LamellaWarning, OutputError, SettingsError
from lamella.core.frames import ArrayFrames
from lamella.core.imagej_names import IMAGEJ_NAMES, imagej_columns
from lamella.core.movie import Scale, regular_times
from lamella.core.table import Col
from lamella.io import read_table, tiff
from lamella.io.imagej_results import write_imagej_results
from lamella.run.execute import run_study
from lamella.run.imagej_results import export_imagej_results
from lamella.run.study import open_study
from oracles.imagej.results import FILE, UM

ONLY_REGION = (
    "outlines = false\n[measure]\nwalks = false\nlamellipodium = false\nprotrusion = false\n"
    "edge = false\nmigration = false\n"
)
LABELLED = (
    '[objects.{0}]\ncentre = false\n[objects.{0}.segment]\nmethod = "labels"\n'
    'pattern = "{0}_{{movie}}.tif"\n[objects.{0}.track]\nmethod = "overlap"\n'
)
# ImageJ's names that no table of ours has a column for.
NOT_OURS = {"Label", "%Area", "FeretX", "FeretY"}


@pytest.fixture(scope="module")
def oracle():
    made = np.load(FILE)
    return made["labels"], made["image"], pd.read_csv(io.StringIO(str(made["results"])))


def study(folder, labels, channels, *, conditions=("wt",), sets=("cell",), settings=ONLY_REGION):
    """A run of movies with given labels, one a condition; its folder."""
    scale = Scale(UM, regular_times(len(labels), 1.0))
    rows = ["movie,path,condition,session"]
    for i, condition in enumerate(conditions):
        frames = {name: ArrayFrames(image) for name, image in channels.items()}
        tiff.write_movie(folder / f"m{i}.tif", frames, scale=scale)
        for name in sets:
            tiff.write_labels(folder / f"{name}_m{i}.tif", ArrayFrames(labels), scale=scale)
        rows.append(f"m{i},m{i}.tif,{condition},1")
    (folder / "samples.csv").write_text("\n".join(rows) + "\n")
    text = settings + "".join(LABELLED.format(name) for name in sets)
    (folder / "study.toml").write_text(text)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LamellaWarning)
        outcome = run_study(open_study(folder), folder / "results")
    assert not outcome.failed, [each.message for each in outcome.failed]
    return folder / "results"


@pytest.fixture(scope="module")
def run(oracle, tmp_path_factory):
    labels, image, _ = oracle
    return study(tmp_path_factory.mktemp("imagej"), labels, {"GFP": image})


def by_place(table):
    """Rows in an order that does not depend on the numbers of cells."""
    return table.sort_values(["Slice", "Y", "X"], ignore_index=True)


def test_every_number_is_imagejs(run, oracle, tmp_path):
    """Tracking numbers cells anew; the rows are those of the same places.

    Of two small objects ImageJ cuts one corner more where its outline begins: their perimeter
    differs by that corner, and their circularity with it. A single pixel has no direction with us.
    """
    theirs = by_place(oracle[2])
    (file,) = export_imagej_results(run, tmp_path / "out", decimals=9)
    ours = by_place(pd.read_csv(file.path))
    assert file.path.name == "m0.csv"
    assert len(ours) == len(theirs) == file.n_rows > 15
    shared = [name for name in theirs.columns if name in ours.columns]
    assert set(theirs.columns) - set(shared) == NOT_OURS - {"Label"}
    for name in shared[2:]:
        a, b = (each[name].to_numpy(float) for each in (ours, theirs))
        known = np.isfinite(a)
        assert known.sum() >= len(a) - 2, name  # of a single pixel not everything is defined
        if name in ("Perim.", "Circ."):
            known = np.isclose(a, b, rtol=1e-3)
            assert known.sum() >= len(a) - 2
        if name == "Perim.":
            np.testing.assert_allclose(a[~known] - b[~known], (2 - np.sqrt(2)) * UM, atol=1e-6)
        np.testing.assert_allclose(a[known], b[known], rtol=1e-3, atol=1e-6, err_msg=name)


def test_the_layout_is_imagejs(run, oracle, tmp_path):
    text = str(np.load(FILE)["results"])
    theirs, ours = text.splitlines()[0].split(","), None
    (file,) = export_imagej_results(run, tmp_path / "out")
    rows = list(csv.reader(file.path.read_text().splitlines()))
    ours = rows[0]
    assert ours[:2] == [" ", "Label"]
    assert [name for name in theirs if name in ours] == ours
    assert [row[0] for row in rows[1:]] == [str(n) for n in range(1, len(rows))]
    assert rows[1][1].startswith("m0.tif:cell")
    assert rows[1][1].endswith("_t0000:1")
    column = {name: [row[i] for row in rows[1:]] for i, name in enumerate(ours)}
    assert all(len(v.partition(".")[2]) == 3 for v in column["Mean"])
    assert all("." not in v for v in column["Max"] + column["Slice"])


def test_names_conversions_and_what_is_missing(tmp_path):
    frames = pd.DataFrame(
        {Col.AREA_PX: [4.0, 1.0], Col.Y_PX: [0.5, 7.0], Col.X_PX: [1.5, 0.0],
         Col.AXIS_RATIO: [0.5, np.nan], Col.INTENSITY_MEAN.of("EdU"): [10.0, np.nan]}
    )  # fmt: skip
    made = imagej_columns(frames, channel="EdU", pixel_size_um=0.5)
    assert made["Area"].tolist() == [1.0, 0.25]
    assert made[["X", "Y"]].to_numpy().tolist() == [[1.0, 0.5], [0.25, 3.75]]
    assert made["AR"].tolist()[0] == 2.0
    assert made["IntDen"].tolist()[0] == 10.0
    assert made[["AR", "Mean", "IntDen"]].iloc[1].isna().all()
    plain = imagej_columns(frames, channel=None, pixel_size_um=None)
    assert set(plain.columns) == {"Area", "X", "Y", "AR"}
    assert plain["Area"].tolist() == [4.0, 1.0]
    write_imagej_results(tmp_path / "r.csv", made[["Area", "AR", "Mean"]], decimals=2)
    assert (tmp_path / "r.csv").read_text() == (" ,Area,AR,Mean\n1,1.00,2,10\n2,0.25,NaN,NaN\n")
    write_imagej_results(tmp_path / "none.csv", made.iloc[:0])
    assert (tmp_path / "none.csv").read_text().count("\n") == 1
    assert len(IMAGEJ_NAMES) == 30


def test_a_file_per_channel_condition_and_set(oracle, tmp_path):
    labels, image, _ = oracle
    run = study(
        tmp_path, labels[:1], {"DNA": image[:1], "EdU": image[:1] * 2},
        conditions=("wt", "10 µM / 24 h", "wt"), sets=("cell", "nucleus"),
    )  # fmt: skip
    export_imagej_results(run, tmp_path / "a", by="condition")
    found = sorted(p.relative_to(tmp_path / "a").as_posix() for p in (tmp_path / "a").rglob("*"))
    names = ["10 µM _ 24 h__DNA.csv", "10 µM _ 24 h__EdU.csv", "wt__DNA.csv", "wt__EdU.csv"]
    assert found == ["cell", *(f"cell/{n}" for n in names), "nucleus",
                     *(f"nucleus/{n}" for n in names)]  # fmt: skip
    both = pd.read_csv(tmp_path / "a/cell/wt__DNA.csv")
    assert both["Label"].str.partition(":")[0].unique().tolist() == ["m0.tif", "m2.tif"]
    assert "Slice" not in both.columns  # single images
    twice = pd.read_csv(tmp_path / "a/cell/wt__EdU.csv")
    np.testing.assert_allclose(twice["RawIntDen"], 2 * both["RawIntDen"])
    done = export_imagej_results(run, tmp_path / "b", movie="m1", name="nucleus")
    assert [each.path.name for each in done] == ["m1__DNA.csv", "m1__EdU.csv"]
    with pytest.raises(SettingsError, match="no such set"):
        export_imagej_results(run, tmp_path / "c", name="cytoplasm")
    with pytest.raises(InputError, match="no movie 'm9'"):
        export_imagej_results(run, tmp_path / "c", movie="m9")
    with pytest.raises(OutputError):
        export_imagej_results(run, tmp_path / "b")
    with pytest.raises(SettingsError, match="0 to 9"):
        export_imagej_results(run, tmp_path / "c", decimals=12)
    with pytest.raises(InputError, match="no run"):
        export_imagej_results(tmp_path / "b", tmp_path / "c")
    assert not (tmp_path / "c").exists()


def test_conditions_that_differ_in_what_files_cannot_have(oracle, tmp_path):
    """None takes the place of another."""
    labels, image, _ = oracle
    run = study(tmp_path, labels[:1], {"GFP": image[:1]}, conditions=("a/b", "a:b", "A?B"))
    made = export_imagej_results(run, tmp_path / "out", by="condition")
    assert [file.path.name for file in made] == ["a_b.csv", "a_b (2).csv", "A_B (3).csv"]
    assert all(len(pd.read_csv(file.path)) == file.n_rows > 0 for file in made)


def test_an_image_without_objects_has_a_header(tmp_path, lamella):
    labels = np.zeros((1, 30, 30), np.uint8)
    run = study(tmp_path, labels, {"DNA": labels.astype(np.uint16) + 7})
    code, out, err = lamella("export", run, "--to", "imagej-results", "-o", tmp_path / "out")
    assert code == 0, err
    assert "m0.csv: 0 rows" in out
    assert (tmp_path / "out/m0.csv").read_text().startswith(" ,Label,Area,Mean,StdDev,")


def test_intensities_that_were_not_measured_are_told(oracle, tmp_path):
    labels, image, _ = oracle
    off = ONLY_REGION.replace("[measure]\n", "[measure]\nregion = false\n")
    run = study(tmp_path, labels[:1], {"GFP": image[:1]}, settings=off)
    with pytest.warns(LamellaWarning, match="no intensities of cell were measured"):
        export_imagej_results(run, tmp_path / "out")
    columns = pd.read_csv(tmp_path / "out/m0.csv").columns.tolist()
    assert columns == [" ", "Label", "Area", "X", "Y", "BX", "BY", "Width", "Height"]
    table = read_table(run / "tables/frames.parquet")
    assert len(pd.read_csv(tmp_path / "out/m0.csv")) == table[Col.AREA_PX].notna().sum()
