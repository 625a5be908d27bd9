"""Folders of many frames: files that are alike but for their pixels are not parsed again."""

import numpy as np
import pytest
import tifffile

from lamella.core.errors import InputError
from lamella.io import image_folder, open_movie

FRAMES = np.random.default_rng(3).integers(0, 500, (12, 8, 6)).astype(np.uint16)


def written(folder, frames=FRAMES, **options):
    folder.mkdir(exist_ok=True)
    for t, frame in enumerate(frames):
        tifffile.imwrite(folder / f"t{t}.tif", frame, photometric="minisblack", **options)
    return folder


@pytest.fixture
def parsed(monkeypatch):
    """Names of the files that are opened as TIFF, as they are."""
    names, plain = [], image_folder.open_tiff

    def opened(path, wanted):
        names.append(path.name)
        return plain(path, wanted)

    monkeypatch.setattr(image_folder, "open_tiff", opened)
    return names


@pytest.mark.parametrize(
    "options", [{}, {"rowsperstrip": 3}, {"tile": (16, 16)}, {"byteorder": ">"}]
)
def test_one_file_is_parsed_for_all(tmp_path, parsed, options):
    movie = open_movie(written(tmp_path / "m", **options))
    assert parsed == ["t0.tif"]
    np.testing.assert_array_equal(movie.channel().asarray(), FRAMES)


def test_files_that_are_packed_are_parsed_each(tmp_path, parsed):
    frames = np.stack([frame >> t for t, frame in enumerate(FRAMES[:8])])  # of many lengths
    movie = open_movie(written(tmp_path / "m", frames, compression="zlib"))
    assert len(parsed) == len(frames)
    np.testing.assert_array_equal(movie.channel().asarray(), frames)


@pytest.mark.parametrize(
    ("other", "told"),
    [
        (FRAMES[0].astype(np.int16), "it is 8×6 int16, t0.tif is 8×6 uint16"),
        (np.ascontiguousarray(FRAMES[0].T), "it is 6×8 uint16, t0.tif is 8×6 uint16"),
        (np.stack([FRAMES[0], FRAMES[1]]), "t5.tif"),
    ],
)
def test_a_file_of_another_kind_is_refused_among_them(tmp_path, other, told):
    folder = written(tmp_path / "m")
    tifffile.imwrite(folder / "t5.tif", other, photometric="minisblack")
    with pytest.raises(InputError, match=told):
        open_movie(folder)


def test_a_file_that_is_cut_off_is_refused_among_them(tmp_path):
    folder = written(tmp_path / "m")
    whole = (folder / "t5.tif").read_bytes()
    (folder / "t5.tif").write_bytes(whole[:-10])
    with pytest.raises(InputError, match=r"t5\.tif: it is (cut off|damaged)"):
        open_movie(folder)


def test_a_file_that_became_another_is_told_when_it_is_read(tmp_path):
    frames = open_movie(written(tmp_path / "m")).channel()
    tifffile.imwrite(tmp_path / "m" / "t5.tif", FRAMES[5].T, photometric="minisblack")
    with pytest.raises(InputError, match="it is no frame of 8×6 uint16"):
        frames.frame(5)
