"""Whole files or none; folders of frames; channel patterns; fingerprints."""

import errno
import os
import pickle

import numpy as np
import pytest
import tifffile
from PIL import Image

from lamella.core.errors import InputError, OutputError
from lamella.core.frames import ArrayFrames
from lamella.core.movie import Scale
from lamella.io import (
    fingerprint,
    open_labels,
    open_movie,
    remove_partial_files,
    whole_file,
    write_movie,
)
from lamella.io.image_folder import natural_key


def grey(t, shape=(6, 7), dtype=np.uint8):
    return np.full(shape, t, dtype)


# Whole files


def write_and_raise(path, error):
    with whole_file(path) as part:
        part.write_text("half")
        raise error


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_appears_only_when_it_is_whole(tmp_path):
    path = tmp_path / "deep" / "a.txt"
    with whole_file(path) as part:
        part.write_text("new")
        assert part.parent == path.parent
        assert part.name.startswith(".a.txt.")
        assert part.suffix == ".part"
        assert not path.exists()
    assert path.read_text() == "new"
    with pytest.raises(KeyError):
        write_and_raise(path, KeyError())
    assert path.read_text() == "new"
    assert names_in(path.parent) == ["a.txt"]


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (errno.ENOSPC, "the disk is full; free some space and run again; finished work is kept"),
        (errno.EROFS, "the disk is read-only; choose another output folder"),
        (errno.EACCES, "writing there is not allowed; ask for write access"),
    ],
)
def test_the_disk_says_no(tmp_path, code, message):
    with pytest.raises(OutputError, match=message):
        write_and_raise(tmp_path / "a", OSError(code, os.strerror(code)))
    assert names_in(tmp_path) == []


def test_errors_about_other_files_pass(tmp_path):
    with pytest.raises(FileNotFoundError), whole_file(tmp_path / "a"):
        (tmp_path / "elsewhere" / "input").read_text()


def test_a_file_where_a_folder_should_be(tmp_path):
    (tmp_path / "a").touch()
    with pytest.raises(OutputError, match=r"cannot be written|not a folder"):
        write_and_raise(tmp_path / "a" / "b", KeyError())


def test_left_over_parts_are_removed(tmp_path):
    (tmp_path / "sub").mkdir()
    left = tmp_path / "sub" / ".x.tif.0123.part"
    for path in (left, tmp_path / "keep.tif", tmp_path / "chapter.part"):
        path.touch()
    assert remove_partial_files(tmp_path) == [left]
    assert names_in(tmp_path) == ["chapter.part", "keep.tif", "sub"]


# Folders of frames


def test_natural_order():
    names = ["t10.tif", "t2.tif", "T1.tif", "t02.tif", "a.tif", "10.tif", "9.tif"]
    assert sorted(names, key=natural_key) == [
        "9.tif", "10.tif", "a.tif", "T1.tif", "t02.tif", "t2.tif", "t10.tif",
    ]  # fmt: skip


@pytest.mark.parametrize("suffix", [".png", ".tif", ".PNG"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_folder_in_natural_order(tmp_path, suffix, dtype):
    for t in (1, 2, 10):
        path = tmp_path / f"f{t}{suffix}"
        image = grey(t * (1 if dtype == np.uint8 else 500), dtype=dtype)
        tifffile.imwrite(path, image) if suffix == ".tif" else Image.fromarray(image).save(path)
    (tmp_path / ".hidden.png").write_bytes(b"x")
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / "preview.jpg").write_bytes(b"x")
    movie = open_movie(tmp_path, interval_min=2.0, channel_names=["phase"])
    factor = 1 if dtype == np.uint8 else 500
    assert movie.channel().asarray()[:, 0, 0].tolist() == [factor, 2 * factor, 10 * factor]
    assert movie.dtype == dtype
    assert movie.scale.time_min.tolist() == [0, 2, 4]
    assert movie.notes == ("1 JPEG image in the folder ignored",)
    assert pickle.loads(pickle.dumps(movie.channel())).frame(2)[0, 0] == 10 * factor


def test_palette_png_is_its_indices(tmp_path):
    picture = Image.fromarray(np.arange(12, dtype=np.uint8).reshape(3, 4), mode=None)
    picture = picture.convert("P")
    picture.putdata(list(range(12)))
    picture.save(tmp_path / "ids.png")
    labels = open_labels(tmp_path / "ids.png", name="nucleus")
    assert labels.name == "nucleus"
    assert labels.frame(0).ravel().tolist() == list(range(12))


def test_a_folder_of_folders_tells_which_hold_images(tmp_path):
    for name in ("02_GT", "02", "01", ".hidden"):
        (tmp_path / name).mkdir()
    with pytest.raises(InputError, match=r"PNG, JPEG frames$"):
        open_movie(tmp_path)
    for name in ("02", "01", ".hidden"):
        Image.fromarray(grey(0)).save(tmp_path / name / "0.png")
    with pytest.raises(InputError, match=r"PNG, JPEG frames, such as 01 or 02 in it$"):
        open_movie(tmp_path)


def test_faults_of_folders(tmp_path):
    with pytest.raises(
        InputError, match=r"holds no image \(0 other files\); give a folder of TIFF"
    ):
        open_movie(tmp_path)
    for t in range(3):
        Image.fromarray(grey(t)).save(tmp_path / f"{t}.png")
    Image.fromarray(grey(0, (6, 8))).save(tmp_path / "2.png")
    with pytest.raises(
        InputError, match=r"2\.png: it is 6×8 uint8, 0\.png is 6×7 uint8; keep only"
    ):
        open_movie(tmp_path)
    Image.fromarray(grey(0, (6, 7), np.uint16)).save(tmp_path / "2.png")
    with pytest.raises(InputError, match=r"2\.png: it is 6×7 uint16"):
        open_movie(tmp_path)
    Image.fromarray(np.zeros((6, 7, 3), np.uint8)).save(tmp_path / "2.png")
    with pytest.raises(InputError, match=r"2\.png: it is a colour image \(mode RGB\); save it as"):
        open_movie(tmp_path)
    (tmp_path / "2.png").write_bytes(b"")
    with pytest.raises(InputError, match=r"2\.png: it is empty \(0 bytes\)"):
        open_movie(tmp_path)
    (tmp_path / "2.png").write_bytes(b"text")
    with pytest.raises(InputError, match=r"2\.png: it cannot be read"):
        open_movie(tmp_path)


def test_a_folder_of_movies_is_told_from_frames(tmp_path):
    for name in "ab":
        tifffile.imwrite(
            tmp_path / f"{name}.tif",
            np.zeros((4, 6, 7), np.uint16),
            metadata=None,
            photometric="minisblack",
        )
    with pytest.raises(InputError, match=r"it has 4 frames: its folder \(2 files\) holds movies"):
        open_movie(tmp_path)


@pytest.mark.parametrize(
    "names",
    [
        ("DNA_t0", "DNA_t1", "actin_t0", "actin_t1"),
        ("img_000_c1", "img_000_c2", "img_001_c1", "img_001_c2"),
        ("r01c01f01-ch1sk1", "r01c01f01-ch2sk1", "r01c01f01-ch1sk2", "r01c01f01-ch2sk2"),
        ("s1_w1DAPI_t1", "s1_w2GFP_t1", "s1_w1DAPI_t2", "s1_w2GFP_t2"),
    ],
)
def test_frames_of_several_channels_in_one_folder(tmp_path, names):
    for name in names:
        tifffile.imwrite(tmp_path / f"{name}.tif", np.zeros((4, 5), np.uint8))
    with pytest.raises(InputError, match=r"holds the frames of 2 channels, such as .* and .*; gi"):
        open_movie(tmp_path)


@pytest.mark.parametrize(
    "names",
    [
        ("t9", "t10", "t11"),
        ("img", "img1", "img2"),
        ("2024-01-01 12-00", "2024-01-01 12-30", "2024-01-01 13-00", "2024-01-01 13-30"),
        ("abc", "abd"),
        ("r01c01f01-ch1sk1", "r01c01f01-ch1sk2"),
        ("c1_1", "c2_1"),
    ],
)
def test_frames_of_one_channel_whatever_their_names(tmp_path, names):
    for name in names:
        tifffile.imwrite(tmp_path / f"{name}.tif", np.zeros((4, 5), np.uint8))
    assert open_movie(tmp_path).n_frames == len(names)


def test_two_kinds_in_equal_number(tmp_path):
    Image.fromarray(grey(1)).save(tmp_path / "a.png")
    tifffile.imwrite(tmp_path / "a.tif", grey(1))
    with pytest.raises(InputError, match=r"as many TIFF as PNG images \(1\)"):
        open_movie(tmp_path)


def test_a_damaged_picture(tmp_path):
    rng = np.random.default_rng(0)
    for t in range(2):
        Image.fromarray(rng.integers(0, 255, (60, 70)).astype(np.uint8)).save(tmp_path / f"{t}.png")
    data = (tmp_path / "1.png").read_bytes()
    (tmp_path / "1.png").write_bytes(data[:500])
    frames = open_movie(tmp_path).channel()
    frames.frame(0)
    with pytest.raises(InputError, match=r"1\.png: it cannot be read"):
        frames.frame(1)


# One file or folder per channel


def channel_files(tmp_path, names, **shapes):
    for i, name in enumerate(names):
        stack = np.full((3, *shapes.get(name, (6, 7))), i, np.uint8)
        tifffile.imwrite(tmp_path / f"{name}_m.tif", stack, photometric="minisblack")
    return str(tmp_path / "{channel}_m.tif")


def test_channels_from_a_pattern(tmp_path):
    pattern = channel_files(tmp_path, ["ch2", "ch10", "ch1"])
    movie = open_movie(pattern, interval_min=1.0)
    assert movie.channel_names == ("ch1", "ch2", "ch10")
    assert [movie.frame(0, name)[0, 0] for name in movie.channel_names] == [2, 0, 1]
    assert open_movie(pattern, channel_names=["ch10", "ch2"]).channel_names == ("ch10", "ch2")
    told = "channel GFP not found: there is no GFP_m.tif; its channels are ch1, ch2, ch10"
    with pytest.raises(InputError, match=told):
        open_movie(pattern, channel_names=["ch2", "GFP"])
    assert list(fingerprint(pattern)) == ["ch1_m.tif", "ch2_m.tif", "ch10_m.tif"]


def test_channels_from_folders(tmp_path):
    for name in ("red", "green"):
        (tmp_path / name / "well").mkdir(parents=True)
        for t in range(2):
            Image.fromarray(grey(t)).save(tmp_path / name / "well" / f"{t}.png")
    (tmp_path / "empty").mkdir()
    movie = open_movie(str(tmp_path / "{channel}" / "well"))
    assert movie.channel_names == ("green", "red")
    assert movie.n_frames == 2
    files = fingerprint(str(tmp_path / "{channel}" / "well"))
    assert list(files) == [f"{c}/well/{t}.png" for c in ("green", "red") for t in range(2)]


def test_faults_of_patterns(tmp_path):
    with pytest.raises(InputError, match="no file or folder matches it"):
        open_movie(str(tmp_path / "{channel}.tif"))
    pattern = channel_files(tmp_path, ["a", "b"], b=(5, 5))
    with pytest.raises(InputError, match=r"channels differ in \(T, Y, X\)"):
        open_movie(pattern)
    two = {"x": ArrayFrames(np.zeros((3, 6, 7), np.uint8))}
    two["y"] = two["x"]
    write_movie(tmp_path / "b_m.tif", two, scale=Scale())
    with pytest.raises(InputError, match=r"it has 2 channels \(x, y\), and \{channel\} means one"):
        open_movie(pattern)
    with pytest.raises(InputError, match="labels have one channel"):
        open_labels(pattern)


def test_scale_of_a_pattern_and_conflicts(tmp_path):
    frames = ArrayFrames(np.zeros((3, 6, 7), np.uint8))
    for name, scale in {"a": Scale(), "b": Scale(0.5), "c": Scale(0.6)}.items():
        write_movie(tmp_path / f"{name}.tif", {"x": frames}, scale=scale)
    movie = open_movie(str(tmp_path / "{channel}.tif"))
    assert movie.scale.pixel_size_um == 0.5
    assert movie.notes == ("c: file says 0.6 µm/px, the first channel's 0.5: the first is used",)


# Fingerprints


def test_fingerprint_changes_with_the_file(tmp_path):
    path = tmp_path / "m.tif"
    tifffile.imwrite(path, grey(1))
    before = fingerprint(path)
    assert before == {"m.tif": [path.stat().st_size, path.stat().st_mtime_ns]}
    os.utime(path, ns=(1, 1))
    assert fingerprint(path) != before
    assert list(fingerprint(tmp_path)) == ["m.tif"]
    with pytest.raises(InputError, match="there is no such file or folder; check the path"):
        fingerprint(tmp_path / "none.tif")


def test_fingerprint_holds_all_files_of_a_micromanager_position(tmp_path):
    names = ["m_MMStack_Pos1.ome.tif", "m_MMStack_Pos1_1.ome.tif"]
    for name in [*names, "m_MMStack_Pos10.ome.tif", "m_MMStack_Pos2.ome.tif"]:
        (tmp_path / name).touch()
    assert sorted(fingerprint(tmp_path / names[0])) == names
    assert sorted(fingerprint(tmp_path / names[1])) == names
