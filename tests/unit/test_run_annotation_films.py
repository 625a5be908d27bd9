"""The movies around annotated frames: what a network is shown that looks back in time."""

import numpy as np
import pytest
import tifffile

from lamella.run.annotations import examples_from
from lamella.run.recordings import Recordings, parted
from lamella.segment import Recurrent
from lamella.train.split import HoldOut
from worlds.annotated import SHAPE, cells

N = 6


def frames_of(seed, n=N):
    return np.random.default_rng(seed).integers(0, 1000, (n, *SHAPE)).astype(np.uint16)


def write(path, image):
    path.parent.mkdir(parents=True, exist_ok=True)
    tifffile.imwrite(path, image, photometric="minisblack")


def one_film(taught, movie):
    (film,) = taught.films[movie]
    return film


def test_a_movie_in_one_file_is_its_own_film(tmp_path):
    movie, labels = frames_of(1), np.zeros((N, *SHAPE), np.uint16)
    labels[3] = cells(1)
    write(tmp_path / "a.tif", movie)
    write(tmp_path / "a_mask.tif", labels)
    taught = examples_from(tmp_path)
    assert [e.frame for e in taught.examples] == [3]
    film = one_film(taught, "a")
    np.testing.assert_array_equal(film.frames.asarray(), movie)


@pytest.mark.parametrize("beside", [True, False])
def test_labels_of_single_frames_have_their_whole_movie_around(tmp_path, beside):
    movie = frames_of(2)
    images = tmp_path / ("labels" if beside else "images")
    write(images / "a.tif", movie)
    for t in (1, 4):
        write(tmp_path / f"labels/a_t{t:02d}_mask.tif", cells(1))
    taught = examples_from(tmp_path / "labels", images=None if beside else images)
    film = one_film(taught, "a")
    assert film.first == 0
    np.testing.assert_array_equal(film.frames.asarray(), movie)
    (made,) = Recordings(taught.films).taught(taught.examples)
    assert sorted(made.labels) == [1, 4]
    low, high = np.percentile(movie, [0.1, 99.1])
    assert made.levels == pytest.approx((low, high), abs=1)


@pytest.mark.parametrize("beside", [True, False])
@pytest.mark.parametrize("name", ["a_t{:03d}", "folder/{:04d}"])
def test_images_without_labels_belong_to_the_movie(tmp_path, name, beside):
    """Images 0 to 5 and 9; 2, 3 and 9 are annotated."""
    movie = frames_of(3, 10)
    labels = tmp_path if beside else tmp_path / "labels"
    for t in (*range(N), 9):
        write(tmp_path / f"{name.format(t)}.tif", movie[t])
    for t in (2, 3, 9):
        write(labels / f"{name.format(t)}_mask.tif", cells(1))
    taught = examples_from(labels, images=None if beside else tmp_path)
    (films,) = taught.films.values()
    assert [film.numbers for film in films] == [range(N), range(9, 10)]
    np.testing.assert_array_equal(films[0].frames.asarray(), movie[:N])
    long, single = Recordings(taught.films).taught(taught.examples)
    assert (sorted(long.labels), sorted(single.labels)) == ([2, 3], [0])
    assert long.levels == single.levels  # those of the whole movie


def test_an_image_of_another_size_is_of_another_movie(tmp_path):
    for t in range(2):
        write(tmp_path / f"a_t{t}.tif", frames_of(4)[t])
    write(tmp_path / "a_t2.tif", frames_of(4)[2, :20])
    write(tmp_path / "a_t1_mask.tif", cells(1))
    assert one_film(examples_from(tmp_path), "a").numbers == range(2)


def test_frames_of_other_movies_keep_their_names_where_one_movie_is_learnt_from(tmp_path):
    for name, numbers in (("a", (1,)), ("b", ())):
        write(tmp_path / f"{name}.tif", frames_of(5))
        for t in (1, 5):
            write(tmp_path / f"{name}_t{t:02d}_mask.tif", cells(*numbers))
    taught = examples_from(tmp_path)
    assert {e.movie for e in taught.examples} == {"a"}
    made = parted(taught, HoldOut(), window=1, segmenter=Recurrent(window=1))
    assert made.held_out == {"a__frame_5"}
    rows = sorted(made.taught.frames[["movie", "frame"]].itertuples(index=False, name=None))
    assert rows == [("a", 1), ("a__frame_5", 5), ("b", 1), ("b", 5)]
