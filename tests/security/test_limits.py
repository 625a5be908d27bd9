"""Files that declare what they do not hold: one clear error, within a gigabyte and seconds."""

import io
import json
import struct
import zipfile
import zlib

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import tifffile

pytest.importorskip("resource")

from fuzz.case import Case
from fuzz.keeper import Keeper
from fuzz.readers import READERS

FEW_SECONDS = 8.0
"""Of the processor; what hangs takes for ever."""


@pytest.fixture(scope="module")
def keeper():
    with Keeper(limit_s=60) as keeper:  # of a busy machine
        yield keeper


def tiff(**tags):
    """A page of 8 × 8 pixels of 8 bit, with other values in some of its tags."""
    buffer = io.BytesIO()
    compression = tags.pop("compression", None)
    tile = tags.pop("tile", None)
    data = tags.pop("data", np.zeros((8, 8), np.uint8))
    tifffile.imwrite(
        buffer, data, photometric="minisblack", compression=compression, tile=tile,
        metadata=None, description=tags.pop("description", None),
    )  # fmt: skip
    out = bytearray(buffer.getvalue())
    buffer.seek(0)
    with tifffile.TiffFile(buffer) as tif:
        for name, value in tags.items():
            tag = tif.pages.first.tags[name]
            struct.pack_into("<I" if tag.dtype == 4 else "<H", out, tag.valueoffset, value)
    return bytes(out)


def png(width, height, content=b""):
    def chunk(kind, data):
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(content))
        + chunk(b"IEND", b"")
    )  # fmt: skip


def parquet_of_equal_rows(n):
    buffer = io.BytesIO()
    values = pa.DictionaryArray.from_arrays(pa.array(np.zeros(10**6, np.int32)), ["a" * 100])
    with pq.ParquetWriter(buffer, pa.schema({"movie": values.type}), compression="zstd") as out:
        for _ in range(n // 10**6):
            out.write_table(pa.table({"movie": values}))
    return buffer.getvalue()


def workbook():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("xl/worksheets/sheet1.xml", bytes(20 * 2**20))
    return buffer.getvalue()


LAUGHS = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10 if i else "ha"}">' for i in range(12))
OME_LAUGHS = f"<?xml version='1.0'?><!DOCTYPE OME [{LAUGHS}]><OME><Image>&l11;</Image></OME>"
A_TABLE = "movie,cell,area_um2\n"

BOMBS = {
    "tiff of a million by a million": (
        "tiff", "a.tif", lambda: tiff(ImageWidth=10**6, ImageLength=10**6, compression="zlib")),
    "tiff of a million by a million, not packed": (
        "tiff", "a.tif", lambda: tiff(ImageWidth=10**6, ImageLength=10**6)),
    "tiff with a strip that unpacks to a gigabyte": (
        "tiff", "a.tif",
        lambda: tiff(data=np.zeros((2**14, 2**14), np.uint8), compression="zlib",
                     ImageWidth=2**15, ImageLength=2**15, RowsPerStrip=2**15)),
    "tiff with a tile of a gigabyte": (
        "tiff", "a.tif",
        lambda: tiff(data=np.zeros((16, 16), np.uint8), compression="zlib", tile=(16, 16),
                     TileWidth=2**15, TileLength=2**15)),
    "imagej stack of a billion frames": (
        "tiff_imagej", "a.tif",
        lambda: tiff(description="ImageJ=1.53t\nimages=1000000000\nframes=1000000000\n")),
    "ome-tiff of a billion frames": (
        "tiff_ome", "a.ome.tif",
        lambda: tiff(description='<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/'
                     'Schemas/OME/2016-06"><Image ID="Image:0"><Pixels ID="Pixels:0" SizeX="8" '
                     'SizeY="8" SizeC="1" SizeZ="1" SizeT="1000000000" Type="uint8" '
                     'DimensionOrder="XYCZT"><TiffData/></Pixels></Image></OME>')),
    "ome-xml of a billion laughs": (
        "tiff_ome", "a.ome.tif", lambda: tiff(description=OME_LAUGHS)),
    "picture of a terapixel": ("picture", "a.png", lambda: png(10**6, 10**6)),
    "picture of half a gigabyte": (
        "picture", "a.png", lambda: png(23_000, 23_000, bytes(23_001 * 1000))),
    "parquet of equal rows": ("parquet", "a.parquet", lambda: parquet_of_equal_rows(40 * 10**6)),
    "a workbook": ("any_table", "a.xlsx", workbook),
    "a line without end": ("any_table", "a.csv", lambda: b"a," * 10 * 2**20),
    "columns without end": (
        "track_table", "tracks.csv",
        lambda: b"cell,frame,y_px,x_px" + b"".join(b",c%d" % n for n in range(90_000)) + b"\n"),
    "a field without end": ("parquet", "a.csv", lambda: b'a,b\n"' + b"x" * 20 * 2**20),
    "samples with a line without end": (
        "samples", "samples.csv", lambda: b"path,condition\n" + b"x" * 20 * 2**20),
    "json too deep": ("model_card", "model", lambda: b"[" * 10**6),
    "lists of toml too deep": ("study_toml", "study.toml", lambda: b"a = " + b"[" * 10**6),
    "tables of toml too deep": (
        "study_toml", "study.toml", lambda: b"[" + b"a." * 10**5 + b"a]\nb = 1\n"),
    "a number of a million digits": ("study_toml", "study.toml", lambda: b"a = " + b"9" * 10**6),
    "quimp too deep": ("quimp_new", "a.QCONF", lambda: b'{"obj":' * 10**6),
    "xml nested without end": (
        "trackmate", "a.xml", lambda: b"<TrackMate>" + b"<a>" * 10**5 * 3),
    "a name of a million characters": (
        "samples", "samples.csv",
        lambda: b"movie,path,condition\n" + b"m" * 10**6 + b",a.tif,WT\n"),
    "a column of a million characters": (
        "parquet", "a.csv", lambda: b"a," + b"m" * 10**6 + b"\n1,2,3\n"),
}  # fmt: skip


READ = {"imagej stack of a billion frames", "ome-xml of a billion laughs"}
"""Of these what is there is read, and what is only told is not believed."""


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused(keeper, name):
    reader, entry, made = BOMBS[name]
    files = {f"{entry}/card.json": made()} if entry == "model" else {entry: made()}
    reader = READERS[reader]
    keeper.warm(reader, Case(entry, {}))  # what is imported on first use counts for nobody
    result = keeper.attempt(reader, Case(entry, files))
    assert result.outcome == ("read" if name in READ else "refused"), result
    assert result.seconds < FEW_SECONDS


@pytest.mark.parametrize("name", ["name", "column"])
def test_no_error_is_as_long_as_what_it_speaks_of(tmp_path, name):
    from lamella.core.errors import LamellaError
    from lamella.run.samples import read_samples

    path = tmp_path / "samples.csv"
    long = "m" * 100_000
    head, row = (f"path,{long}", "a,b") if name == "column" else ("movie,path", f"{long},a.tif")
    path.write_text(f"{head}\n{row}\n", encoding="utf-8")
    try:
        told = str(read_samples(path)[0].fault)
    except LamellaError as error:
        told = str(error)
    assert 20 < len(told) < 10_000


def test_what_a_terminal_would_obey_is_not_sent_to_it():
    from lamella.core.errors import InputError

    told = str(InputError("a\x1b]0;title\x07.tif", "b\x9b2Jc\r", "d\ne\tf"))
    assert told == "a\ufffd]0;title\ufffd.tif: b\ufffd2Jc\ufffd; d\ne\tf"


@pytest.mark.parametrize("text", ["=cmd|' /C calc'!A0", "@SUM(1)", "+cmd|x!A1", '-WEBSERVICE("x")'])
def test_a_condition_that_a_spreadsheet_would_run_is_refused(tmp_path, text):
    from lamella.run.samples import read_samples

    path = tmp_path / "samples.csv"
    pd.DataFrame({"path": ["a.tif"], "condition": [text]}).to_csv(path, index=False)
    assert "begins as a formula" in str(read_samples(path)[0].fault)


@pytest.mark.parametrize("text", ["+LatA", "-serum (10 %)", "−/−", "WT = wild type", "a|b"])
def test_a_condition_of_biology_is_none(tmp_path, text):
    from lamella.run.samples import read_samples

    path = tmp_path / "samples.csv"
    pd.DataFrame({"path": ["a.tif"], "condition": [text]}).to_csv(path, index=False)
    assert read_samples(path)[0].fault is None


def test_text_in_a_workbook_is_never_a_formula(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    from lamella.io.excel import Sheet, write_workbook

    texts = ["=1+1", "@SUM(1)", "+1", "-1", "#REF!", "\t=1"]
    write_workbook(tmp_path / "a.xlsx", [Sheet("s", pd.DataFrame({"=x": texts}))])
    cells = openpyxl.load_workbook(tmp_path / "a.xlsx")["s"]["A"]
    assert [cell.data_type for cell in cells] == ["s"] * 7


def test_a_large_frame_that_is_meant_is_read(tmp_path):
    """The limits are those of what is packed: a plain file may be as large as it is."""
    frame = np.zeros((1, 9000, 9000), np.uint32)
    tifffile.imwrite(tmp_path / "a.tif", frame, photometric="minisblack")
    from lamella.io import open_movie

    assert open_movie(tmp_path / "a.tif").channel().frame_shape == (9000, 9000)


def test_frames_too_large_to_be_unpacked_again_are_written_plain(tmp_path):
    from lamella.core.frames import ArrayFrames
    from lamella.core.movie import Scale
    from lamella.io import open_labels
    from lamella.io.tiff import write_labels

    labels = np.zeros((1, 9000, 9000), np.uint32)
    labels[0, 5, 6] = 7
    write_labels(tmp_path / "a.ome.tif", ArrayFrames(labels), scale=Scale())
    assert open_labels(tmp_path / "a.ome.tif").frames.frame(0)[5, 6] == 7


def test_json_that_is_too_deep_in_a_record_is_told(tmp_path):
    from lamella.core.errors import InputError
    from lamella.run.corrections import EDITS, edits_of
    from lamella.run.review.record import DECISIONS, decisions_of

    deep = "[" * 100_000 + "]" * 100_000
    for file, read in (
        (EDITS, lambda: edits_of(tmp_path, "cell")),
        (DECISIONS, lambda: decisions_of(tmp_path)),
    ):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text(json.dumps({"edit": 1})[:-1] + f', "x": {deep}}}\n')
        with pytest.raises(InputError):
            read()
