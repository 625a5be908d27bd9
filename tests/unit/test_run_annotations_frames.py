"""Frames of one movie in files of their own are one movie, so that no split parts them."""

import numpy as np
import pytest
import tifffile

from lamella.core.errors import InputError
from lamella.run.annotations import examples_from
from worlds.annotated import SHAPE, cells, image_of

LABELS = cells(1, 2)


def save(folder, name, labels=LABELS):
    folder.mkdir(parents=True, exist_ok=True)
    tifffile.imwrite(folder / f"{name}.tif", image_of(labels))
    tifffile.imwrite(folder / f"{name}_mask.tif", labels, photometric="minisblack")


def shifted(k):
    """Cells elsewhere than in any other of these."""
    return np.roll(LABELS, 8 * k, axis=0)


def movies_of(taught):
    return [(each.movie, each.frame) for each in taught.examples]


def test_a_folder_of_numbers_is_a_movie(tmp_path):
    for movie in ("a", "b"):
        for k in range(3):
            save(tmp_path / movie, f"{k:04d}", shifted(k))  # however far the cells move
    taught = examples_from(tmp_path)
    assert movies_of(taught) == [(movie, k) for movie in "ab" for k in range(3)]
    assert [note for note in taught.notes if "3 images (a/0000.tif … a/0002.tif)" in note]


def test_so_are_images_elsewhere(tmp_path):
    for k in range(2):
        save(tmp_path / "c/cell3", f"{k}", shifted(k))
        (tmp_path / "labels/cell3").mkdir(parents=True, exist_ok=True)
        (tmp_path / f"c/cell3/{k}_mask.tif").rename(tmp_path / f"labels/cell3/{k}_mask.tif")
    taught = examples_from(tmp_path / "labels", images=tmp_path / "c")
    assert movies_of(taught) == [("cell3", 0), ("cell3", 1)]


def test_numbered_images_whose_cells_stay_are_a_movie_and_others_are_not(tmp_path):
    for k in (1, 2, 3):
        save(tmp_path, f"still_{k}", shifted(k))
        save(tmp_path, f"movie_{k}")
    taught = examples_from(tmp_path)
    assert movies_of(taught) == [
        ("still_1", 0), ("still_2", 0), ("still_3", 0),
        ("movie", 1), ("movie", 2), ("movie", 3),
    ]  # fmt: skip
    (note,) = taught.notes
    assert "3 images (movie_1.tif … movie_3.tif) are taken for frames of one movie" in note


def test_the_same_number_twice_loses_no_frame(tmp_path):
    save(tmp_path / "a", "1")
    save(tmp_path / "a", "01")
    assert movies_of(examples_from(tmp_path)) == [("a", 0), ("a", 1)]


def test_frames_of_one_movie_have_one_size(tmp_path):
    save(tmp_path, "cell3_t1")
    save(tmp_path, "cell3_t2", np.pad(LABELS, 3))
    with pytest.raises(InputError, match="frame 2: it has 46 × 58 px, another frame of this movie"):
        examples_from(tmp_path)


def test_images_kept_in_two_files_of_one_name_are_two(tmp_path):
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        content = {"masks": LABELS, "img": np.full(SHAPE, 7, np.uint8)}
        np.save(tmp_path / folder / "cell_seg.npy", content)
    assert movies_of(examples_from(tmp_path)) == [("one__cell", 0), ("two__cell", 0)]
