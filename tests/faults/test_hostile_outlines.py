"""Outline files from strangers: no bomb goes off, nothing is fetched, nothing is written."""

import io
import os
import struct
import sys
import time
import tracemalloc
import zipfile
from contextlib import contextmanager, suppress

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from roifile import ImagejRoi

from lamella.core.errors import InputError, NotInstalledError
from lamella.core.labels import Labels
from lamella.core.table import Col
from lamella.io.imagej_roi import read_imagej_roi, write_imagej_roi
from lamella.io.track_ids import tracked_from_ids
from lamella.io.trackmate import read_trackmate

MEGABYTE = 2**20
ONE = np.ones((1, 2, 2), np.uint8)
SQUARE = np.array([[2, 2], [6, 2], [6, 6], [2, 6]], np.float32)


@contextmanager
def harmless(folder, *, most_mb=30):
    """Within seconds and a few megabytes, and no file more or less around."""
    before = sorted(folder.parent.rglob("*"))
    tracemalloc.start()
    began = time.monotonic()
    try:
        yield
        peak = tracemalloc.get_traced_memory()[1] / MEGABYTE
    finally:
        tracemalloc.stop()
    assert time.monotonic() - began < 20
    assert peak < most_mb
    assert sorted(folder.parent.rglob("*")) == before


def tenfold(i):
    inner = f"&l{i - 1};" * 10 if i else "ha"
    return f'<!ENTITY l{i} "{inner}">'


LAUGHS = "".join(map(tenfold, range(12)))


@pytest.mark.parametrize(
    "document",
    [
        f"<!DOCTYPE TrackMate [{LAUGHS}]><TrackMate><Log>&l11;</Log></TrackMate>",
        '<!DOCTYPE TrackMate [<!ENTITY x SYSTEM "file:///etc/passwd">]><TrackMate>&x;</TrackMate>',
        '<!DOCTYPE TrackMate SYSTEM "http://localhost:9/evil.dtd"><TrackMate/>',
        '<!DOCTYPE TrackMate [<!ENTITY % p SYSTEM "http://localhost:9/p"> %p;]><TrackMate/>',
    ],
    ids=["billion-laughs", "external-entity", "external-dtd", "parameter-entity"],
)
def test_entities_and_dtds_are_refused(tmp_path, document):
    path = tmp_path / "evil.xml"
    path.write_text(f'<?xml version="1.0"?>{document}')
    with harmless(tmp_path), pytest.raises(InputError, match="declares a document type"):
        read_trackmate(path)


def test_deep_nesting_is_no_trouble(tmp_path):
    path = tmp_path / "deep.xml"
    path.write_text("<TrackMate>" + "<a>" * 200_000 + "</a>" * 200_000 + "</TrackMate>")
    with harmless(tmp_path, most_mb=200):
        assert len(read_trackmate(path).tracks.links) == 0


def test_memory_follows_the_spots_not_the_text(tmp_path):
    """Twenty times the attributes do not take more memory: no tree of the file is kept."""
    peaks = []
    for n_features in (0, 60):
        more = " ".join(f'FEATURE_{i}="{i}.123456789"' for i in range(n_features))
        path = tmp_path / f"spots{n_features}.xml"
        with path.open("w") as out:
            out.write('<TrackMate><Model spatialunits="pixel"><AllSpots>')
            for t in range(200):
                out.write(f'<SpotsInFrame frame="{t}">')
                for i in range(25):
                    out.write(f'<Spot ID="{25 * t + i}" POSITION_X="{i}" POSITION_Y="{t}" {more}/>')
                out.write("</SpotsInFrame>")
            out.write("</AllSpots></Model></TrackMate>")
        tracemalloc.start()
        read_trackmate(path)
        peaks.append(tracemalloc.get_traced_memory()[1] / MEGABYTE)
        tracemalloc.stop()
    assert path.stat().st_size > 6 * MEGABYTE
    assert peaks[1] < peaks[0] + 2


def roi(name="cell"):
    return ImagejRoi.frompoints(SQUARE, name=name).tobytes()


def archive(tmp_path, members, *, compression=zipfile.ZIP_DEFLATED):
    path = tmp_path / "in" / "RoiSet.zip"
    path.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(path, "w", compression) as out:
        for name, data in members:
            out.writestr(name, data)
    return path


def patched(path, name, **fields):
    """Overwrite flags or the size of a member in both places of a zip that state them."""
    data = bytearray(path.read_bytes())
    wanted = name.encode()
    for magic, flags_at, size_at, name_at in (
        (b"PK\x03\x04", 6, 22, 30),
        (b"PK\x01\x02", 8, 24, 46),
    ):
        at = data.find(magic)
        while at >= 0:
            if data[at + name_at : at + name_at + len(wanted)] == wanted:
                if "flags" in fields:
                    struct.pack_into("<H", data, at + flags_at, fields["flags"])
                if "size" in fields:
                    struct.pack_into("<I", data, at + size_at, fields["size"])
            at = data.find(magic, at + 4)
    path.write_bytes(data)
    return path


def test_many_rois_of_a_whole_frame_are_one_frame_in_memory(tmp_path):
    whole = ImagejRoi.frompoints([[0, 0], [3000, 0], [3000, 3000], [0, 3000]], name="a").tobytes()
    path = archive(tmp_path, [(f"{i}.roi", whole) for i in range(40)])
    with harmless(tmp_path, most_mb=200):  # each of them is 9 MB large
        back = read_imagej_roi(path)
    assert back.tracks.links[Col.CELL].tolist() == [40]
    assert "39 ROIs overlap a later one, which has the pixels of both" in back.notes


def test_names_that_lead_out_write_nothing_and_are_told(tmp_path):
    names = [
        "../../evil.roi",
        "/etc/evil2.roi",
        "C:\\evil3.roi",
        "..\\..\\evil4.roi",
        "sub/good.roi",
    ]
    path = archive(tmp_path, [(name, roi("")) for name in names])
    with harmless(tmp_path):
        got = read_imagej_roi(path, frame_shape=(9, 9))
    assert len(got.tracks.first_last) == 1  # the last one covers all others
    assert any("4 members have names that lead out of the archive" in n for n in got.notes)
    assert not os.path.exists("/etc/evil2.roi")  # noqa: PTH110


def test_a_member_that_claims_ten_gigabytes_is_refused_unread(tmp_path):
    path = archive(tmp_path, [("bomb.roi", roi())])
    info = zipfile.ZipInfo("big.roi")
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as out:
        out.writestr(info, b"Iout")
        out.filelist[-1].file_size = 10 * 2**30  # written as zip64 into the directory
        out.filelist[-1].compress_size = 10 * 2**20
    with harmless(tmp_path), pytest.raises(InputError, match="claims 10737418240 bytes"):
        read_imagej_roi(path)


def test_a_member_that_unpacks_to_more_than_it_claims_is_stopped(tmp_path):
    path = archive(tmp_path, [("bomb.roi", b"Iout" + bytes(300 * MEGABYTE))])
    assert path.stat().st_size < MEGABYTE
    with harmless(tmp_path), pytest.raises(InputError, match="claims 314572804 bytes"):
        read_imagej_roi(path)
    patched(path, "bomb.roi", size=1000)
    with harmless(tmp_path), pytest.raises(InputError, match=r"RoiSet\.zip"):
        read_imagej_roi(path)


def test_many_members_are_bounded_in_all(tmp_path, monkeypatch):
    monkeypatch.setattr("lamella.io.imagej_roi.archive.MOST_BYTES", 3 * MEGABYTE)
    big = roi() + bytes(MEGABYTE)
    path = archive(tmp_path, [(f"{i}.roi", big) for i in range(5)])
    with harmless(tmp_path), pytest.raises(InputError, match="larger than 1 GB in all"):
        read_imagej_roi(path)
    monkeypatch.setattr("lamella.io.imagej_roi.archive.MOST_MEMBERS", 4)
    with harmless(tmp_path), pytest.raises(InputError, match="it has 5 members"):
        read_imagej_roi(path)


def test_an_encrypted_member_is_told(tmp_path):
    path = patched(archive(tmp_path, [("secret.roi", roi())]), "secret.roi", flags=1)
    with pytest.raises(InputError, match=r"'secret\.roi' is encrypted; unpack and zip it again"):
        read_imagej_roi(path)


def test_what_is_no_roi_is_passed_over_and_told(tmp_path):
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as nested:
        nested.writestr("deep.roi", roi())
    members = [("a.roi", roi()), ("nested.zip", inner.getvalue()), ("notes.txt", b"hello")]
    path = archive(tmp_path, [*members, ("__MACOSX/._a.roi", b"\0\5\26\7"), ("folder/", b"")])
    with harmless(tmp_path):
        got = read_imagej_roi(path)
    assert len(got.tracks.first_last) == 1
    assert (
        "3 members are no ROIs and are passed over (1 × .txt, 1 × .zip, "
        "1 × not an ImageJ ROI inside)"
    ) in got.notes


def test_a_zip_without_a_roi_is_an_empty_movie(tmp_path):
    got = read_imagej_roi(archive(tmp_path, []), frame_shape=(4, 4))
    assert len(got.tracks.links) == 0
    assert not got.painted().frame(0).any()


@pytest.mark.parametrize("keep", [0.3, 0.7, 0.97])
def test_a_zip_that_is_cut_short(tmp_path, keep):
    path = archive(tmp_path, [(f"{i}.roi", roi()) for i in range(20)])
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * keep)])
    with pytest.raises(InputError, match="no whole zip"):
        read_imagej_roi(path)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "neither an ImageJ ROI nor a zip"),
        (b"hello", "neither an ImageJ ROI nor a zip"),
        (b"Iout" + bytes(20), "ROI 'x' is damaged"),
        (roi()[:70], "ROI 'x' is damaged"),
        (roi() + bytes(5 * MEGABYTE), "larger than any ROI"),
    ],
)
def test_damaged_roi_files(tmp_path, data, message):
    path = tmp_path / "x.roi"
    path.write_bytes(data)
    with pytest.raises(InputError, match=message):
        read_imagej_roi(path)
    with pytest.raises(InputError, match="there is no such file"):
        read_imagej_roi(tmp_path / "none.roi")


@settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.integers(0, 2**32 - 1))
def test_a_damaged_roi_gives_a_clear_error_or_reads(tmp_path, seed):
    rng = np.random.default_rng(seed)
    data = bytearray(roi())
    for _ in range(rng.integers(1, 4)):
        data[rng.integers(4, len(data))] = rng.integers(0, 256)
    path = tmp_path / "x.roi"
    path.write_bytes(data[: rng.integers(64, len(data) + 1)])
    with suppress(InputError):  # any other error fails
        read_imagej_roi(path, frame_shape=(50, 50))


@pytest.mark.parametrize("module", ["roifile", "defusedxml"])
def test_what_is_not_installed_is_named_with_its_extra(tmp_path, monkeypatch, module):
    for name in [name for name in sys.modules if name.split(".")[0] == module]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, module, None)
    read = read_imagej_roi if module == "roifile" else read_trackmate
    with pytest.raises(NotInstalledError, match=rf"needs {module}; pip install \"lamella\[formats"):
        read(tmp_path / "any")
    if module == "roifile":
        with pytest.raises(NotInstalledError, match="writing ImageJ ROIs needs roifile"):
            write_imagej_roi(tmp_path / "any.zip", tracked_from_ids(Labels.from_array(ONE)))
        assert list(tmp_path.iterdir()) == []
