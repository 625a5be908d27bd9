"""Tables of very many rows are the same, however many parts they are made in."""

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from lamella.core.errors import InputError
from lamella.core.labels import Labels
from lamella.core.long_table import LongTable
from lamella.io.long_tables import read_long, write_long
from lamella.io.tables import read_table
from lamella.measure import Edge, Measured, measure
from lamella.measure.edge import follow
from lamella.phantom import CellPhantom
from lamella.run.measured import read_measured, write_measured, write_movie


def in_parts(table, at_once):
    starts = range(0, max(len(table), 1), at_once)
    return LongTable(lambda: (table.iloc[a : a + at_once].reset_index(drop=True) for a in starts))


@pytest.fixture
def table():
    n = 10
    return pd.DataFrame(
        {
            "object": pd.Series(["cell"] * n, dtype="str"),
            "frame": np.arange(n),
            "place": np.linspace(0, 1, n, dtype=np.float32),
            "step": [np.nan, *range(1, n)],
        }
    )


@pytest.mark.parametrize("n_rows", [0, 3, 10])
def test_what_is_written_in_parts_is_read_as_a_whole(tmp_path, table, n_rows):
    wanted = table.head(n_rows)
    write_long(tmp_path / "t.parquet", in_parts(wanted, 4))
    pd.testing.assert_frame_equal(read_table(tmp_path / "t.parquet"), wanted)
    pd.testing.assert_frame_equal(read_long(tmp_path / "t.parquet").whole(), wanted)
    assert pq.read_metadata(tmp_path / "t.parquet").num_row_groups == max(1, -(-n_rows // 4))
    assert [p.name for p in tmp_path.iterdir()] == ["t.parquet"]


def test_a_part_that_cannot_be_made_leaves_nothing(tmp_path, table):
    def broken():
        yield table
        raise InputError("b.tif", "it is cut off", "copy it again")

    with pytest.raises(InputError, match="cut off"):
        write_long(tmp_path / "t.parquet", LongTable(broken))
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(InputError, match=r"none\.parquet"):
        read_long(tmp_path / "none.parquet").whole()


def test_measures_are_read_as_they_were_written(tmp_path, table):
    made = Measured(table, {"short": table.head(2)}, long={"much": in_parts(table, 4)})
    (tmp_path / "m").mkdir()
    files = write_measured(tmp_path, "m/cell", made)
    assert files == ("m/cell.parquet", "m/cell.much.parquet", "m/cell.short.parquet")
    found = read_measured(tmp_path, files, long=["much"])
    assert (list(found.finer), list(found.long)) == (["short"], ["much"])
    for name, whole in made.all_finer.items():
        pd.testing.assert_frame_equal(found.all_finer[name], whole)


def test_sets_of_objects_stand_one_below_the_other(tmp_path, table):
    other = table.head(3).assign(object="nucleus", frame=lambda t: t["frame"] + 5, light=2.0)
    nobody = table.head(0)
    sets = [in_parts(each, 4) for each in (table, nobody, other)]
    files = write_movie(tmp_path, "a", {"frames": [table]}, {"much": sets})
    assert files == ("frames.parquet", "much.parquet")
    found = read_table(tmp_path / "much.parquet")
    expected = pd.concat([table, other], ignore_index=True)
    expected.insert(0, "movie", pd.Series("a", index=expected.index, dtype="str"))
    pd.testing.assert_frame_equal(found, expected)
    write_movie(tmp_path, "a", {"frames": [table]}, {"much": [in_parts(nobody, 4)]})
    assert not len(read_table(tmp_path / "much.parquet"))


def test_edges_are_the_same_in_any_number_of_parts(monkeypatch):
    made = CellPhantom(n_frames=9, field_px=(64, 64), area_um2=90, pixel_size_um=0.5).make()
    labels = Labels("cell", made.truth.frames)

    def tables():
        return measure(made.movie, labels, [Edge()]).finer

    whole = tables()
    monkeypatch.setattr(follow, "ROWS_AT_ONCE", 250)  # two frames of positions, and more of windows
    cut = tables()
    assert len(whole["edge"]) == 9 * 100
    for name, each in whole.items():
        pd.testing.assert_frame_equal(cut[name], each)
