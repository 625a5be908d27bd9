"""Whether a file holds what was written into it."""

import os

import pytest

from lamella.io.intact import content_of, holds_content


@pytest.fixture
def file(tmp_path):
    made = tmp_path / "a.bin"
    made.write_bytes(b"what was measured")
    return made


def test_a_flipped_bit_a_cut_and_a_loss_are_seen(file):
    told = content_of(file)
    assert told.startswith("17 bytes ")
    assert holds_content(file, told)
    file.write_bytes(b"what was measureD")
    assert not holds_content(file, told)
    file.write_bytes(b"what was")
    assert not holds_content(file, told)
    file.unlink()
    assert not holds_content(file, told)
    assert not holds_content(file.parent, "told by nobody")


def test_older_files_are_told_by_their_size(file):
    told, later = content_of(file), file.stat().st_mtime_ns + 1
    file.write_bytes(b"what was measureD")
    os.utime(file, ns=(0, later - 1))
    assert holds_content(file, told, trusted_before_ns=later)
    assert not holds_content(file, told, trusted_before_ns=later - 1)
    file.write_bytes(b"less")
    os.utime(file, ns=(0, 0))
    assert not holds_content(file, told, trusted_before_ns=later)


def test_a_folder_is_the_names_and_bytes_of_its_files(tmp_path):
    for name, text in {"z.zarr/a": "one", "z.zarr/b/c": "two"}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    told = content_of(tmp_path / "z.zarr")
    assert holds_content(tmp_path / "z.zarr", told)
    (tmp_path / "z.zarr/a").write_text("two")
    (tmp_path / "z.zarr/b/c").write_text("one")
    assert not holds_content(tmp_path / "z.zarr", told)
