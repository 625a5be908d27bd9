"""Tables, JSON and pictures."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.pandas import column, data_frames
from PIL import Image

from lamella.core.errors import InputError
from lamella.core.table import Col
from lamella.io import read_json, read_table, write_json, write_png, write_table
from lamella.io.any_table import read_any_table

NAMES = st.text("abcXYZ 019,;\"'µ\n_-", min_size=1, max_size=6).filter(
    lambda s: s.strip() not in ("", "NA") and s == s.strip()
)
TABLES = data_frames(
    [
        column(Col.MOVIE, elements=NAMES, dtype="str"),
        column(Col.FRAME, dtype="int64"),
        column(Col.Y_PX, dtype="float64"),
        column(Col.VALID, dtype="bool"),
    ]
).filter(len)


@settings(max_examples=40, deadline=None)
@given(table=TABLES, suffix=st.sampled_from([".csv", ".parquet"]))
def test_tables_read_back_as_written(tmp_path_factory, table, suffix):
    folder = tmp_path_factory.mktemp("t")
    write_table(folder / f"a{suffix}", table)
    write_table(folder / f"b{suffix}", table)
    assert (folder / f"a{suffix}").read_bytes() == (folder / f"b{suffix}").read_bytes()
    pd.testing.assert_frame_equal(
        read_table(folder / f"a{suffix}"), table, check_dtype=False, check_column_type=False
    )


def test_csv_is_plain(tmp_path):
    path = tmp_path / "t.csv"
    table = pd.DataFrame({"session": ["01", "02"], "x": [0.1, math.nan]}, index=[5, 6])
    write_table(path, table)
    assert path.read_bytes() == b"session,x\n01,0.1\n02,\n"
    again = read_table(path)
    assert again["session"].tolist() == ["01", "02"]
    assert math.isnan(again["x"][1])


def test_places_on_a_plate_stay_as_they_are_written(tmp_path):
    """Field 01 is not field 1, in whichever way a table is read."""
    path = tmp_path / "t.csv"
    places = {"well": ["01", "02"], "field": ["001", "002"], "replicate": ["1", "2"]}
    table = pd.DataFrame({**places, "position": ["03", None], "area_px": [1, 2]})
    write_table(path, table)
    for read in (read_table, read_any_table):
        again = read(path)
        for name, told in places.items():
            assert again[name].tolist() == told
        assert again["position"][0] == "03"
        assert again["position"].isna().tolist() == [False, True]
        assert again["area_px"].tolist() == [1, 2]
    path.write_text(path.read_text().replace(",", "\t"))
    assert read_any_table(path)["field"].tolist() == places["field"]


def test_csv_of_spreadsheets(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes("\ufeffcondition,x\r\nNone,1\r\n\r\nµ,NA\r\n".encode())
    table = read_table(path)
    assert table["condition"].tolist() == ["None", "µ"]
    assert table["x"].isna().tolist() == [False, True]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"it is empty \(0 bytes\)"),
        (b"a,b\n1,2\n1,2,3\n", "line 3 has 3 fields, the header 2; give every row"),
        (b"a,b\n1\n", "line 2 has 1 fields, the header 2"),
        (b"a;b\n1;2\n", "separated by semicolons; save it separated by commas"),
        ("a,b\nµ,1\n".encode("latin1"), "it is not UTF-8 text .*; save it as CSV UTF-8"),
    ],
)
def test_faults_of_csv(tmp_path, content, message):
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_table(path)


def test_faults_of_files(tmp_path):
    with pytest.raises(InputError, match="there is no such file"):
        read_table(tmp_path / "t.csv")
    with pytest.raises(InputError, match=r"tables do not end in \.xlsx; use \.csv or \.parquet"):
        write_table(tmp_path / "t.xlsx", pd.DataFrame({"a": [1]}))
    (tmp_path / "t.parquet").write_bytes(b"not parquet")
    with pytest.raises(InputError, match="it is not a Parquet table"):
        read_table(tmp_path / "t.parquet")


def test_json(tmp_path):
    path = tmp_path / "a.json"
    value = {"b": np.float64(1.5), "a": [np.int64(2), float("nan")], "c": np.arange(2), "µ": path}
    write_json(path, value)
    assert read_json(path) == {"a": [2, None], "b": 1.5, "c": [0, 1], "µ": path.as_posix()}
    assert path.read_text(encoding="utf-8").startswith('{\n "a": [\n')
    path.write_text("{")
    with pytest.raises(InputError, match="it is not JSON"):
        read_json(path)
    with pytest.raises(InputError, match="there is no such file"):
        read_json(tmp_path / "none.json")


@pytest.mark.parametrize("shape", [(4, 5), (4, 5, 3)])
def test_png(tmp_path, shape):
    image = np.random.default_rng(0).integers(0, 255, shape).astype(np.uint8)
    write_png(tmp_path / "a.png", image)
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "a.png")), image)
    with pytest.raises(ValueError, match="uint8"):
        write_png(tmp_path / "b.png", image.astype(float))
