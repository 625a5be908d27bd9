"""Fields of a plate of which some are bad: told one by one, and the others are measured."""

import json

import numpy as np
import pandas as pd
import pytest
import tifffile
from scipy.ndimage import gaussian_filter

from faults.studies import lamella, measured, status
from lamella.io import open_labels, read_table

SIDE = 160
pytestmark = pytest.mark.usefixtures("no_report")


def field(seed, *, n=14):
    """Nuclei and cells around them, (Y, X) uint16 each; bare ground without cells."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:SIDE, :SIDE]
    nuclei, cells = np.zeros((2, SIDE, SIDE))
    for k in range(n):
        cy, cx = 20 + 40 * (k // 4) + rng.uniform(-5, 5), 20 + 40 * (k % 4) + rng.uniform(-5, 5)
        oy, ox = rng.uniform(-2, 2, 2)
        nuclei = np.maximum(nuclei, np.hypot(y - cy, x - cx) < 6)
        cells = np.maximum(cells, np.hypot(y - cy - oy, x - cx - ox) < 12)
    return [
        rng.poisson(100 + 900 * gaussian_filter(c, 1)).astype(np.uint16) for c in (nuclei, cells)
    ]


def write(folder, name, nuclei, cells):
    folder.mkdir(exist_ok=True)
    for channel, image in (("d0", nuclei), ("d1", cells)):
        if image is not None:
            tifffile.imwrite(folder / f"{name}_{channel}.tif", image)


@pytest.fixture
def plate(tmp_path):
    """A study of one good field, to which a test adds."""
    write(tmp_path / "raw", "A1_1", *field(1))

    def made(**more):
        for name, (nuclei, cells) in more.items():
            write(tmp_path / "raw", name, nuclei, cells)
        said = lamella(
            "init", tmp_path / "raw", "-p", "{well}_{field}_{channel}.tif", "--stills",
            "--pixel-size-um", 0.65, "-o", tmp_path / "study", "--force",
        )  # fmt: skip
        assert said.code == 0, said.err
        return tmp_path / "study"

    return made


def edit(study, old, new):
    text = (study / "study.toml").read_text()
    assert old in text
    (study / "study.toml").write_text(text.replace(old, new))


def failures(study):
    rows = status(study)
    return rows[rows["state"] == "failed"].set_index("movie")["message"].to_dict()


def test_a_missing_channel_and_one_of_another_size(plate):
    nuclei, cells = field(2)
    study = plate(A2_1=(nuclei, None), A2_2=(nuclei, cells[:-8]), A2_3=(nuclei, cells))
    checked = lamella("check", study)
    assert checked.code == 1
    for told in (
        "channel d1 not found: there is no A2_1_d1.tif",
        "A2_2_{channel}.tif: its channels differ in (T, Y, X): d0 1×160×160 (A2_2_d0.tif), "
        "d1 1×152×160 (A2_2_d1.tif)",
    ):
        assert told in checked.err
    said = lamella("run", study)
    assert said.code == 1
    assert set(failures(study)) == {"A2_1", "A2_2"}
    assert "there is no A2_1_d1.tif" in failures(study)["A2_1"]
    assert measured(study) == {"A1_1", "A2_3"}
    samples = pd.read_csv(study / "results" / "tables" / "samples.csv").set_index("movie")
    assert samples["included"].to_dict() == {
        "A1_1": True, "A2_1": False, "A2_2": False, "A2_3": True,
    }  # fmt: skip
    assert samples["well"].tolist() == ["A01", "A02", "A02", "A02"]
    assert not (study / "results" / "movies" / "A2_1" / "labels").exists()


def test_shifted_channels_are_told_and_laid_over_each_other_where_asked(plate):
    nuclei, cells = field(3)
    moved = np.roll(cells, (7, -5), (0, 1))
    study = plate(A2_1=(nuclei, moved), A2_2=(nuclei, np.pad(cells, ((0, 9), (0, 3)))))
    told = "A2_1: channel d1 seems to lie +7 px in y and -5 px in x from channel d0"
    checked = lamella("check", study)
    assert told in checked.err
    assert "A1_1: channel" not in checked.err
    edit(study, '# align = "translate" ', 'align = "translate" ')
    said = lamella("check", study)
    assert said.code == 0, said.err
    assert "seems to lie" not in said.err
    assert lamella("run", study).code == 0
    for movie, shift in (("A1_1", [0, 0]), ("A2_1", [7, -5]), ("A2_2", [0, 0])):
        manifest = json.loads((study / "results/movies" / movie / "manifest.json").read_text())
        (laid,) = (
            stage["found"]["channels_laid_over"]
            for stage in manifest["stages"].values()
            if "channels_laid_over" in stage["found"]
        )
        assert laid["d1"]["shift_px"] == shift
        assert laid["d1"]["supported"]
    found = pd.read_csv(study / "results" / "tables" / "cells.csv")
    inside = found.loc[found["object"] == "cell"].groupby("movie")["intensity_mean__d1"].mean()
    # The same cells as in A2_2, those at the rim apart: pixels are moved, never mixed.
    assert inside["A2_1"] == pytest.approx(inside["A2_2"], rel=0.02)


def test_a_reference_that_is_not_there(plate):
    study = plate()
    edit(study, '# align = "translate" ', 'align = "translate"\nreference = "DNA" #')
    said = lamella("check", study)
    assert said.code == 1
    assert "reference = 'DNA' is none of its channels; they are d0, d1" in said.err


def test_positives_of_a_channel_that_is_not_there(plate):
    study = plate()
    with (study / "study.toml").open("a") as settings:
        settings.write(
            '\n[positives.edu]\nmeasure = "intensity_mean__EDU"\nobject = "nucleus"\n'
            'threshold = { method = "otsu" }\n'
        )
    said = lamella("check", study)
    assert said.code == 1
    assert (
        "[positives.edu] measure 'intensity_mean__EDU': it has no channel 'EDU'; "
        "its channels are d0, d1" in said.err
    )


def test_an_empty_well_counts_nothing_and_stays(plate):
    study = plate(B1_1=field(4, n=0), B1_2=field(5, n=0))
    said = lamella("run", study)
    assert said.code == 0, said.err
    assert "no nucleus was found in any of 1 frames" in said.err
    samples = pd.read_csv(study / "results" / "tables" / "samples.csv").set_index("movie")
    assert samples["included"].to_dict() == {"A1_1": True, "B1_1": True, "B1_2": True}
    assert measured(study) == {"A1_1"}


def test_saturated_pixels_are_told_by_channel(plate):
    nuclei, cells = field(6)
    study = plate(A2_1=(nuclei, np.where(cells > 600, 65535, cells).astype(np.uint16)))
    said = lamella("run", study)
    assert said.code == 0, said.err
    assert "saturated in 14 outlines of cells in channel d1" in said.err
    assert "in channel d0" not in said.err
    found = pd.read_csv(study / "results" / "tables" / "cells.csv").set_index("movie")
    cell = found[found["object"] == "cell"]
    assert (cell.loc["A2_1", "n_saturated_px__d1"] > 100).all()
    assert (cell.loc["A1_1", "n_saturated_px__d1"] == 0).all()


def test_too_much_background_is_told(plate):
    study = plate()
    edit(study, 'method = "percentile" ', 'method = "offset"\noffset = { d0 = 100, d1 = 3000 } # ')
    said = lamella("run", study)
    assert said.code == 0, said.err
    assert "% of the cell lies below 0 in 14 outlines of cells in channel d1" in said.err
    found = pd.read_csv(study / "results" / "tables" / "cells.csv")
    assert (found["n_negative_px__d1"] == found["area_px"]).all()
    assert (found["intensity_mean__d1"] < 0).all()


@pytest.mark.parametrize(
    ("kind", "fault"),
    [
        ("uint32", None),
        ("int32", None),
        ("float32", None),
        ("parts", "holds the value 70001.5, and labels are whole numbers"),
        ("size", r"they are \(1, 150, 160\) \(T, Y, X\), the movie is \(1, 160, 160\)"),
        ("frames", r"they are \(2, 160, 160\) \(T, Y, X\), the movie is \(1, 160, 160\)"),
    ],
)
def test_labels_of_ones_own(plate, kind, fault):
    """Numbers above 65535, as 32-bit labels have them, whatever they are stored as."""
    study = plate(A2_1=field(7))
    y, x = np.mgrid[:SIDE, :SIDE]
    labels = np.zeros((1, SIDE, SIDE), np.uint32)
    for k, (cy, cx) in enumerate([(20, 20), (60, 100), (130, 40)]):
        labels[0][np.hypot(y - cy, x - cx) < 9] = 70_000 + k
    for name in ("A1_1", "A2_1"):
        made = labels
        if name == "A2_1" and kind in ("uint32", "int32", "float32"):
            made = labels.astype(kind)
        elif name == "A2_1":
            made = {
                "parts": np.where(labels == 70_001, 70_001.5, labels).astype(np.float32),
                "size": labels[:, :150],
                "frames": np.repeat(labels, 2, axis=0),
            }[kind]
        tifffile.imwrite(study / f"{name}.tif", made, photometric="minisblack")
    assert set(np.unique(open_labels(study / "A1_1.tif").frame(0))) == {0, 70_000, 70_001, 70_002}
    text = (study / "study.toml").read_text()
    first, _, rest = text.partition("[objects.nucleus]")
    rest = rest[rest.index("[measure]") :]
    mine = '[objects.nucleus]\ncentre = false\ntrack = { method = "lap" }\n'
    mine += '[objects.nucleus.segment]\nmethod = "labels"\npattern = "{movie}.tif"\n'
    (study / "study.toml").write_text(first + mine + rest)
    said = lamella("run", study)
    assert said.code == (0 if fault is None else 1), said.err
    assert measured(study) == ({"A1_1", "A2_1"} if fault is None else {"A1_1"})
    found = pd.read_csv(study / "results" / "tables" / "cells.csv")
    assert set(found.groupby("movie")["area_px"].apply(sorted).map(tuple)) == {(249, 249, 249)}
    if fault is not None:
        assert pd.Series([failures(study)["A2_1"]]).str.contains(fault).all()


def test_a_field_that_fails_leaves_its_well(plate):
    """The well is counted by its other fields, and says how many these are."""
    study = plate(A1_2=field(8), A1_3=field(9), A2_1=field(10))
    (study.parent / "raw" / "A1_2_d1.tif").write_bytes(b"II*\0 cut short")
    text = (study / "study.toml").read_text()
    mine = '[positives.bright]\nmeasure = "intensity_mean__d1"\nobject = "nucleus"\n'
    mine += 'threshold = { method = "value", value = 0 }\n\n[statistics]'
    (study / "study.toml").write_text(text.replace("[statistics]", mine))
    said = lamella("run", study)
    assert said.code == 1
    assert "1 field failed; the others are done" in said.err
    assert "3 fields done" in said.out
    assert set(failures(study)) == {"A1_2"}
    wells = read_table(study / "results" / "tables" / "wells.csv").set_index("well")
    assert wells["n_fields"].to_dict() == {"A01": 2, "A02": 1}
    cells = read_table(study / "results" / "tables" / "cells.csv")
    n = cells[cells["object"] == "nucleus"].groupby("well").size()
    assert wells["n_total__bright"].to_dict() == n.to_dict()
    fields = read_table(study / "results" / "tables" / "fields.csv").set_index("movie")
    assert fields["included"].to_dict() == {
        "A1_1": True, "A1_2": False, "A1_3": True, "A2_1": True,
    }  # fmt: skip
    assert np.isnan(fields.loc["A1_2", "n_total__bright"])
    assert fields["field"].tolist() == ["1", "2", "3", "1"]
