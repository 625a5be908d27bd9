"""Files that are not what their names say, and stores that lack what says what they are."""

import numpy as np
import pytest

from lamella.core.errors import InputError
from lamella.core.movie import Movie
from lamella.io import open_movie
from lamella.io.ome_zarr import is_ome_zarr, write_ome_zarr
from lamella.run.init import find_movies

TIFF = b"II*\0\x08\0\0\0"


@pytest.mark.parametrize(
    ("name", "start", "said"),
    [
        ("a.czi", TIFF, "it is not a CZI file, but looks like a TIFF; give the image itself"),
        ("a.tif", b"\x89PNG\r\n\x1a\n", "it is not a TIFF file, but looks like a PNG; give"),
        ("a.tif", b"frame,x\n0,1\n", "it is not a TIFF file, but looks like text; give"),
        ("a.tif", b"\0\1\2", "it is not a TIFF file, it begins with the bytes 00 01 02; give"),
        ("a.lif", b"", "it is empty (0 bytes); copy it again from its source"),
        ("a.czi", b"", "it is empty (0 bytes); copy it again from its source"),
        ("a.lif", b"p\0\0\0\1", "first 5 bytes are not those of a whole LIF file; copy it again"),
        ("a.lif", b"<!DOCTYPE html>", "it is not a LIF file, but looks like a web page; give"),
    ],
)
def test_a_file_of_another_kind(tmp_path, name, start, said):
    (tmp_path / name).write_bytes(start)
    with pytest.raises(InputError) as caught:
        open_movie(tmp_path / name)
    assert said in str(caught.value)


@pytest.mark.parametrize("filled", [True, False])
def test_an_ome_zarr_without_its_metadata(tmp_path, filled):
    store = tmp_path / "raw" / "WT" / "a.ome.zarr"
    if filled:
        pixels = np.zeros((3, 8, 8), np.uint8)
        movie = Movie.from_array(pixels, pixel_size_um=0.5, interval_min=1.0)
        write_ome_zarr(store, movie.channels, scale=movie.scale)
        (store / "zarr.json").unlink()
    else:
        store.mkdir(parents=True)
    with pytest.raises(InputError, match=r"its metadata are missing .*; copy it again, whole"):
        open_movie(store)
    assert not is_ome_zarr(store)
    found = find_movies(tmp_path / "raw", "{condition}/{cell}")
    assert found.samples["path"].tolist() == ["WT/a.ome.zarr"]  # and the check tells what it lacks
