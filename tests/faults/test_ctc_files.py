"""Folders of the Challenge as they should not be: every one has an answer that tells its fault."""

import numpy as np
import pytest
import tifffile

from lamella.core.errors import FaultsError, InputError, LamellaError, OutputError
from lamella.core.labels import Labels
from lamella.io.atomic import remove_partial_files
from lamella.io.ctc import is_ctc, read_ctc, read_ctc_segmentation, write_ctc
from lamella.io.track_ids import tracked_from_ids


@pytest.fixture
def folder(tmp_path):
    """Cells 1 and 2 in four frames, 3 born of 1 in frame 2."""
    labels = np.zeros((4, 6, 9), np.uint16)
    labels[:2, 0], labels[:, 2], labels[2:, 4] = 1, 2, 3
    write_ctc(tmp_path / "01_RES", tracked_from_ids(Labels.from_array(labels), {3: (1,)}))
    return tmp_path / "01_RES"


def says(folder, lines):
    (folder / "res_track.txt").write_bytes(lines if isinstance(lines, bytes) else lines.encode())


def paint(folder, t, image):
    tifffile.imwrite(folder / f"mask{t:03d}.tif", image)


def told(folder, **options):
    with pytest.raises(LamellaError) as error:
        read_ctc(folder, **options)
    text = str(error.value)
    assert all(line.startswith(str(folder)) for line in text.splitlines())
    return text


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        ("1 0 1 0\n2 0 3 0\n3 2 3\n", "line 3: it is not four whole numbers ('3 2 3')"),
        ("1 0 1 0\n2 0 3 0\n3 2 3 one\n", "line 3: it is not four whole numbers ('3 2 3 one')"),
        ("1 0 1 0\n2 0 3 0\n3 2 3 -1\n", "line 3: it is not four whole numbers"),
        ("1 0 1 0\n2 0 3 0\n3 2 3 1.0\n", "line 3: it is not four whole numbers"),
        ("1 0 1 0\n2 0 3 0\n3 2 ٣ 1\n", "line 3: it is not four whole numbers"),
        (f"1 0 1 0\n2 0 3 0\n{'9' * 9000} 2 3 1\n", "line 3: it is not four whole numbers"),
        (b"1 0 1 0\n2 0 3 0\n\xff\x00 2 3 1\n", "line 3: it is not four whole numbers"),
        ("1 0 1 0\n2 0 3 0\n3 2 3 1\n0 0 1 0\n", "line 4: label 0 is the background"),
        ("1 0 1 0\n2 0 3 0\n3 2 3 1\n2 0 3 0\n", "line 4: label 2 is on line 2 too"),
        ("1 0 1 0\n2 3 0 0\n3 2 3 1\n", "line 2: label 2 ends (0) before it begins (3)"),
        ("1 0 1 0\n2 0 9 0\n3 2 3 1\n", "line 2: label 2 ends in frame 9, the masks in 3"),
        ("1 0 1 0\n2 0 3 0\n3 2 3 8\n", "line 3: 8, the parent of 3, is not in the file"),
        ("1 0 1 0\n2 0 3 2\n3 2 3 1\n", "line 2: 2, the parent of 2, ends in frame 3, not before"),
        ("1 0 1 0\n2 0 3 0\n3 2 3 2\n", "line 3: 2, the parent of 3, ends in frame 3, not before"),
        ("1 0 1 3\n2 0 3 0\n3 2 3 1\n", "line 1: 3, the parent of 1, ends in frame 3, not before"),
        ("1 0 1 0\n2 0 3 0\n", "label 3, in the masks from frame 2 to 3, has no line"),
        ("1 0 1 0\n2 0 3 0\n3 2 3 1\n7 0 1 0\n", "line 4: no mask has the label 7"),
        ("1 0 1 0\n2 0 2 0\n3 2 3 1\n", "label 2 goes from 0 to 2, in the masks from 0 to 3"),
        ("", "label 1, in the masks from frame 0 to 1, has no line"),
    ],
)
def test_lines_that_are_wrong_or_that_the_masks_contradict(folder, lines, fault):
    says(folder, lines)
    assert fault in told(folder)


def test_every_fault_is_told_at_once_and_very_many_are_counted(folder):
    says(folder, "1 0\n2 3 0 0\n3 2 3 9\n")
    text = told(folder)
    assert len(text.splitlines()) == 3
    says(folder, "no\n" * 1_000_000)
    assert len(told(folder).splitlines()) == 21
    assert "980 more faults" in told(folder)


def test_lines_as_other_programs_write_them(folder):
    says(folder, b"\xef\xbb\xbf 1\t0 1  0\r\n\r\n2 0 3 0\r\n3 2 3 1")
    assert dict(read_ctc(folder).tracks.parents) == {3: (1,)}


def test_a_text_that_is_far_too_long_is_not_read(folder):
    with (folder / "res_track.txt").open("wb") as file:
        file.truncate(2**22 + 1)
    assert "too large for a list of tracks" in told(folder)


def test_missing_frames(folder):
    (folder / "mask001.tif").unlink()
    assert "up to frame 3, without frame 1; every frame from 0" in told(folder)
    paint(folder, 999_999_999, np.zeros((6, 9), np.uint16))
    assert "without frame 1, 4, 5, 6, 7 and 999999991 more" in told(folder)


def test_a_movie_counted_from_1(folder):
    (folder / "mask000.tif").unlink()
    assert "without frame 0" in told(folder)


def test_two_files_of_one_frame(folder):
    (folder / "mask0002.tif").write_bytes((folder / "mask002.tif").read_bytes())
    assert "mask002.tif: mask0002.tif is of frame 2 too" in told(folder)


def test_numbers_of_several_widths_are_all_right_where_each_frame_has_one(folder):
    (folder / "mask002.tif").rename(folder / "mask0002.tif")
    (folder / "mask003.tif").rename(folder / "MASK3.TIFF")
    assert read_ctc(folder).n_frames == 4


def test_masks_of_other_sizes_pages_and_kinds_are_all_named(folder):
    paint(folder, 0, np.zeros((6, 10), np.uint16))
    paint(folder, 1, np.zeros((5, 6, 9), np.uint16))
    text = told(folder)
    assert "mask000.tif: it is 6×10, others are 6×9" in text
    assert "mask001.tif: it has 5 pages" in text
    paint(folder, 0, np.zeros((6, 9), np.float32))
    assert "mask000.tif: its values are of type float32" in told(folder)


def test_masks_of_8_16_and_32_bit_together(folder):
    one = tifffile.imread(folder / "mask000.tif")
    paint(folder, 0, one.astype(np.uint8))
    paint(folder, 1, one.astype(np.int32))
    tracked = read_ctc(folder)
    assert tracked.labels.frames.dtype == np.uint32
    assert all(frame.dtype == np.uint32 for frame in tracked.labels.frames)


def test_numbers_that_jump_or_are_huge(folder):
    for t in (2, 3):
        image = tifffile.imread(folder / f"mask{t:03d}.tif").astype(np.uint32)
        paint(folder, t, np.where(image == 3, 4_000_000_000, image).astype(np.uint32))
    says(folder, "1 0 1 0\n2 0 3 0\n4000000000 2 3 1\n")
    assert dict(read_ctc(folder).tracks.parents) == {4_000_000_000: (1,)}


def test_masks_that_are_cut_off_empty_or_no_images(folder):
    for t, keep in ((0, 0), (1, 60)):
        path = folder / f"mask{t:03d}.tif"
        path.write_bytes(path.read_bytes()[:keep])
    (folder / "mask002.tif").write_text("import os")
    text = told(folder)
    assert "mask000.tif: it is empty" in text
    assert "mask001.tif: " in text
    assert "mask002.tif: it is not a TIFF file" in text


def test_a_few_bytes_that_claim_to_be_a_huge_mask_take_no_memory(folder):
    import tracemalloc

    with tifffile.TiffFile(folder / "mask002.tif", mode="r+b") as tif:
        tags = tif.pages[0].tags
        for name in ("ImageWidth", "ImageLength", "RowsPerStrip"):
            tags[name].overwrite(60_000)
    tracemalloc.start()
    text = told(folder)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "mask002.tif: it declares a frame of 6.71 GiB and holds" in text
    assert peak < 2**26


def test_a_3d_movie(folder):
    (folder / "mask001.tif").rename(folder / "mask001_004.tif")
    assert "slice of a 3-D movie" in told(folder)


def test_a_label_that_misses_amid_its_life_is_a_gap(folder):
    paint(folder, 1, np.where(np.arange(6)[:, None] == 0, 1, np.zeros((6, 9))).astype(np.uint16))
    tracked = read_ctc(folder)
    assert list(tracked.tracks.first_last[2]) == [0, 3]
    assert tracked.notes[0].endswith("kept as gaps: 1")


def test_a_movie_without_any_cell(tmp_path):
    write_ctc(tmp_path / "r", tracked_from_ids(Labels.from_array(np.zeros((3, 4, 5), np.uint8))))
    tracked = read_ctc(tmp_path / "r")
    assert tracked.n_frames == 3
    assert len(tracked.tracks.links) == 0


def test_folders_that_are_none_of_the_challenge(tmp_path, folder):
    assert "holds neither res_track.txt" in told(tmp_path)
    assert "no such folder" in told(tmp_path / "nowhere")
    assert "it is a file" in told(folder / "mask000.tif")
    assert not is_ctc(tmp_path)
    assert is_ctc(folder)
    with pytest.raises(InputError, match="no man_seg000"):
        read_ctc_segmentation(folder)
    for mask in folder.glob("mask*.tif"):
        mask.unlink()
    assert "it holds no mask000.tif" in told(folder)


def test_a_result_whose_text_was_lost_is_not_taken_for_labels(folder):
    (folder / "res_track.txt").unlink()
    assert "res_track.txt is not: who is who is not told" in told(folder)
    assert set(read_ctc(folder, persistent_ids=True).tracks.first_last) == {1, 2, 3}


def test_a_disk_that_fills_up_leaves_the_earlier_result(folder, monkeypatch):
    before = {each.name: each.read_bytes() for each in folder.iterdir()}

    def full(path, *_, **__):
        if path.name == "mask001.tif":
            raise OSError(28, "No space left on device", str(path))
        path.write_bytes(b"")

    monkeypatch.setattr(tifffile, "imwrite", full)
    with pytest.raises(OutputError, match="the disk is full"):
        write_ctc(folder, tracked_from_ids(Labels.from_array(np.ones((2, 3, 3), np.uint8))))
    assert {each.name: each.read_bytes() for each in folder.iterdir()} == before


def test_what_a_killed_run_left_is_swept_away(folder):
    left = folder / ".0123.part"
    left.mkdir()
    (left / "mask000.tif").write_bytes(b"half")
    assert read_ctc(folder).n_frames == 4
    assert remove_partial_files(folder) == [left]
    assert not left.exists()


def test_faults_are_errors_of_ours(folder):
    says(folder, "1 0\n2 3 0 0\n")
    with pytest.raises(FaultsError) as error:
        read_ctc(folder)
    assert all(isinstance(fault, InputError) for fault in error.value.faults)
