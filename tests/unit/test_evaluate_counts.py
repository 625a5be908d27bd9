"""Objects before and after: what was planted is what is counted, every object once."""

import numpy as np
import pandas as pd
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from typer.testing import CliRunner

from lamella.cli import app
from lamella.core.errors import InputError
from lamella.core.frames import ArrayFrames
from lamella.evaluate import count_objects, with_total
from lamella.run.compare import compare_folders


def counted(a, b):
    (row,) = count_objects(
        ArrayFrames(np.array(a)[None]), ArrayFrames(np.array(b)[None]), name="x"
    ).to_dict("records")
    return {key: n for key, n in row.items() if n and key not in ("name", "frame")}


def field():
    """Objects of A: 1 stays, 2 is cut in two, 3 and 4 become one, 5 goes; B has 9 anew."""
    a, b = np.zeros((2, 30, 60), np.uint32)
    a[2:12, 2:12], b[3:12, 2:12] = 1, 70_001
    a[2:12, 20:32], b[2:12, 20:26], b[2:12, 26:32] = 2, 2, 3
    a[2:12, 40:46], a[2:12, 46:52], b[2:12, 40:52] = 3, 4, 4
    a[20:28, 2:10] = 5
    b[20:28, 40:50] = 9
    return a, b


def test_every_planted_kind_is_counted_once():
    a, b = field()
    assert counted(a, b) == {
        "n_a": 5, "n_b": 5, "matched": 1, "new": 1, "lost": 1, "split": 1, "split_into": 2,
        "merged": 2, "merged_into": 1,
    }  # fmt: skip


def test_backwards_splits_are_mergers_and_new_ones_are_lost():
    a, b = field()
    assert counted(b, a) == {
        "n_a": 5, "n_b": 5, "matched": 1, "new": 1, "lost": 1, "split": 1, "split_into": 2,
        "merged": 2, "merged_into": 1,
    }  # fmt: skip
    a[a == 5] = 0
    assert counted(b, a)["lost"] == 1
    assert "new" not in counted(b, a)


def test_nothing_and_one_sided_images():
    none, one = np.zeros((4, 4), int), np.eye(4, dtype=int)
    assert counted(none, none) == {}
    assert counted(none, one) == {"n_b": 1, "new": 1}
    assert counted(one, none) == {"n_a": 1, "lost": 1}
    with pytest.raises(InputError, match="differ"):
        counted(none, np.zeros((4, 5), int))


def test_below_half_overlap_is_one_lost_and_one_new():
    a, b = np.zeros((2, 10, 30), int)
    a[:, :10], b[:, 4:14] = 1, 1  # IoU 6 / 14
    assert counted(a, b) == {"n_a": 1, "n_b": 1, "lost": 1, "new": 1}
    b[:, :], b[:, 3:13] = 0, 1  # IoU 7 / 13
    assert counted(a, b) == {"n_a": 1, "n_b": 1, "matched": 1}


@settings(max_examples=200, deadline=None)
@given(pair=arrays(np.uint8, (2, 5, 6), elements=st.integers(0, 6)))
def test_the_counts_add_up(pair):
    found = dict.fromkeys(
        ("n_a", "n_b", "matched", "new", "lost", "split", "split_into", "merged", "merged_into"), 0
    ) | counted(*pair)
    a, b = (len(set(np.unique(each)) - {0}) for each in pair)
    assert (found["n_a"], found["n_b"]) == (a, b)
    assert a == found["matched"] + found["lost"] + found["split"] + found["merged"]
    assert b == found["matched"] + found["new"] + found["split_into"] + found["merged_into"]


def test_a_folder_has_a_row_a_image_and_one_for_all(tmp_path):
    for name, labels in zip("AB", field(), strict=True):
        (tmp_path / name).mkdir()
        tifffile.imwrite(tmp_path / name / "one_mask.tif", labels)
        tifffile.imwrite(tmp_path / name / "two_mask.tif", labels * (labels != 1))
    from lamella.cli import movie  # noqa: F401  it adds its commands to the app

    done = CliRunner().invoke(
        app, ["compare", str(tmp_path / "A"), str(tmp_path / "B"), "-o", str(tmp_path / "out")]
    )
    assert done.exit_code == 0, done.output
    table = pd.read_csv(tmp_path / "out" / "comparison_counts.csv")
    assert table["name"].tolist() == ["one_mask.tif", "two_mask.tif", "all"]
    assert table["n_a"].tolist() == [5, 4, 9]
    assert table["matched"].tolist() == [1, 0, 1]
    assert table["frame"].tolist()[:2] == [0, 0]
    assert table["frame"].isna().tolist() == [False, False, True]
    assert "5 → 5" in done.output
    assert "9 → 10" in done.output


def test_damaged_masks_leave_the_counts_of_the_others(tmp_path):
    for name, labels in zip("AB", field(), strict=True):
        (tmp_path / name).mkdir()
        tifffile.imwrite(tmp_path / name / "one.tif", labels)
        (tmp_path / name / "two.tif").write_bytes(b"II*\0nothing")
    made = compare_folders(tmp_path / "A", tmp_path / "B", tmp_path / "out")
    assert len(made.faults) == 1
    assert made.counts["name"].tolist() == ["one.tif", "all"]
    assert with_total(made.counts.iloc[:0]).empty
