"""Planes that a CZI or a video does not hold: told, and never made up without a word."""

import imageio_ffmpeg
import numpy as np
import pytest
from lamella.io.czi_directory import Stored, stored_planes
from pylibCZIrw import czi

from lamella.core.errors import InputError
from lamella.core.take import Take
from lamella.io import open_movie

FRAMES = (6, 4, 5)  # of the scenes
GONE = (2, 2, 1)  # scene, frame, channel


@pytest.fixture(scope="module")
def stopped_early(tmp_path_factory):
    path = tmp_path_factory.mktemp("czi") / "stopped.czi"
    rng = np.random.default_rng(0)
    with czi.create_czi(str(path)) as file:
        for scene, n_frames in enumerate(FRAMES):
            for t in range(n_frames):
                for c in range(2):
                    if (scene, t, c) == GONE:
                        continue
                    plane = rng.integers(1, 200, (40, 50, 1)).astype(np.uint16)
                    where = {"T": t, "C": c, "Z": 0}
                    file.write(plane, plane=where, scene=scene, location=(100 * scene, 0))
    return path


def test_the_directory_tells_what_is_stored(stopped_early):
    expected = {
        Stored(scene, t, c, 0)
        for scene, n_frames in enumerate(FRAMES)
        for t in range(n_frames)
        for c in range(2)
        if (scene, t, c) != GONE
    }
    assert stored_planes(stopped_early) == expected


@pytest.mark.parametrize("scene", range(len(FRAMES)))
def test_a_scene_has_the_frames_that_are_stored(scene, stopped_early):
    movie = open_movie(stopped_early, take=Take(position=str(scene)))
    assert movie.n_frames == FRAMES[scene]
    assert all(movie.channel("ch0").frame(t).min() > 0 for t in range(movie.n_frames))
    shorter = f"of this position {FRAMES[scene]} frames are stored, of the longest 6"
    assert (shorter in movie.notes) == (FRAMES[scene] < 6)


def test_an_image_that_is_not_stored_is_told(stopped_early):
    told = open_movie(stopped_early, take=Take(position="2")).notes
    assert (
        "1 of its images are not stored and are read as 0, the first of them in frame 2 "
        "(channel 1, slice 0)"
    ) in told


@pytest.mark.parametrize("cut", [90, 0.5, 0.9])
def test_a_directory_that_is_cut_off_is_one_error(cut, stopped_early, tmp_path):
    content = stopped_early.read_bytes()
    path = tmp_path / "cut.czi"
    path.write_bytes(content[: cut if cut > 1 else int(cut * len(content))])
    with pytest.raises(InputError, match="directory is damaged or cut off"):
        stored_planes(path)
    with pytest.raises(InputError):
        open_movie(path, take=Take(position="0"))


def test_an_empty_czi_is_called_empty(tmp_path):
    (tmp_path / "empty.czi").touch()
    with pytest.raises(InputError, match=r"it is empty \(0 bytes\)"):
        open_movie(tmp_path / "empty.czi")


def test_a_video_that_is_cut_off_says_so(tmp_path):
    path = tmp_path / "whole.mkv"
    writer = imageio_ffmpeg.write_frames(
        str(path), (64, 64), pix_fmt_in="gray", pix_fmt_out="gray", codec="ffv1",
        quality=None, macro_block_size=1,
    )  # fmt: skip
    writer.send(None)
    rng = np.random.default_rng(1)
    for _ in range(40):
        writer.send(rng.integers(0, 255, (64, 64)).astype(np.uint8))
    writer.close()
    assert open_movie(path).notes == ()
    content = path.read_bytes()
    (tmp_path / "half.mkv").write_bytes(content[: len(content) // 2])
    movie = open_movie(tmp_path / "half.mkv")
    assert movie.n_frames < 25
    assert movie.notes == (
        f"some 40 frames were expected, and {movie.n_frames} are there: is it cut off?",
    )
