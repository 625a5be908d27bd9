"""OME-Zarr whose chunks hold several frames and slices: decoded once, and little is held."""

import pickle

import numpy as np
import pytest
import zarr

from lamella.core.take import Take
from lamella.io import open_movie
from lamella.io.ome_zarr import blocks as module

FRAMES = np.random.default_rng(6).integers(0, 999, (5, 2, 7, 16, 12)).astype(np.uint16)


def written(path, chunks, axes="tczyx", **options):
    """Frames that are (T, C, Z, Y, X), stored in another order of axes."""
    group = zarr.open_group(str(path), mode="w", zarr_format=3)
    stored = FRAMES.transpose(*("tczyx".index(axis) for axis in axes))
    array = group.create_array("0", shape=stored.shape, chunks=chunks, dtype="u2", **options)
    array[:] = stored
    kinds = {"t": "time", "c": "channel"}
    told = [{"name": axis, "type": kinds.get(axis, "space")} for axis in axes]
    scale = [{"type": "scale", "scale": [1.0] * len(axes)}]
    multiscale = {"axes": told, "datasets": [{"path": "0", "coordinateTransformations": scale}]}
    group.attrs["ome"] = {"version": "0.5", "multiscales": [multiscale | {"name": "x"}]}
    return path


@pytest.fixture
def read(monkeypatch):
    """Blocks that are decoded, as they are."""
    places, plain = [], module.Blocks._read

    def noted(self, place):
        places.append(place)
        block = plain(self, place)
        noted.largest = max(noted.largest, sum(b.nbytes for b in self._held.values()))
        return block

    noted.largest = 0
    noted.places = places
    monkeypatch.setattr(module.Blocks, "_read", noted)
    return noted


@pytest.mark.parametrize("chunks", [(2, 1, 3, 8, 12), (5, 2, 7, 16, 12), (1, 1, 1, 16, 12)])
def test_every_block_is_decoded_once_for_a_projection(chunks, read, tmp_path):
    movie = open_movie(written(tmp_path / "a.zarr", chunks), take=Take(z="max"))
    for c, frames in enumerate(movie.channels.values()):
        np.testing.assert_array_equal(frames.asarray(), FRAMES[:, c].max(1))
    assert len(read.places) == len(set(read.places))
    n_t, n_z = -(-5 // chunks[0]), -(-7 // chunks[2])
    assert len(read.places) == n_t * 2 * n_z


def test_what_is_held_is_bounded(read, tmp_path, monkeypatch):
    plane = 16 * 12 * 2
    monkeypatch.setattr(module, "HELD_BYTES", 7 * plane)
    movie = open_movie(written(tmp_path / "a.zarr", (2, 1, 3, 8, 12)), take=Take(z="max"))
    np.testing.assert_array_equal(movie.channel().asarray(), FRAMES[:, 0].max(1))
    assert 0 < read.largest <= 7 * plane
    assert len(read.places) == 5 * 3  # there is room for one of the three blocks of a frame
    monkeypatch.setattr(module, "HELD_BYTES", plane)  # a chunk is more: planes alone
    movie = open_movie(tmp_path / "a.zarr", take=Take(z=4))
    np.testing.assert_array_equal(movie.channel().asarray(), FRAMES[:, 0, 4])


def test_most_blocks_stay_where_not_all_have_room(read, tmp_path, monkeypatch):
    plane = 16 * 12 * 2
    monkeypatch.setattr(module, "HELD_BYTES", 6 * 5 * plane)  # of seven slices in five frames
    movie = open_movie(written(tmp_path / "a.zarr", (5, 1, 1, 16, 12)), take=Take(z="max"))
    np.testing.assert_array_equal(movie.channel().asarray(), FRAMES[:, 0].max(1))
    assert read.largest <= 6 * 5 * plane
    assert len(read.places) <= 7 + 2 * 4


def test_axes_in_another_order_and_another_process(tmp_path):
    path = written(tmp_path / "a.zarr", (2, 2, 12, 3, 16), axes="tcxzy")
    movie = open_movie(path, take=Take(z="mean"))
    there = pickle.loads(pickle.dumps(movie))
    for each in (movie, there):
        frames = list(each.channels.values())[1]
        for t in (4, 0, 2):
            np.testing.assert_allclose(frames.frame(t), FRAMES[t, 1].mean(0), rtol=1e-6)
