"""Cellpose's _seg.npy: real ones are read, nothing in any of them is run."""

import os
import pathlib
import pickle
import pickletools

import numpy as np
import pytest

from lamella.core.errors import InputError
from lamella.io import plain_pickle
from lamella.io.seg_npy import read_seg_npy
from worlds.annotated import cells, image_of

LABELS = cells(1, 2, 3)


def saved(folder, content, name="a_seg.npy"):
    np.save(folder / name, content)
    return folder / name


def by_hand(folder, program):
    """A file whose pickle is these bytes."""
    head = b"\x93NUMPY\x01\x00" + (118).to_bytes(2, "little")
    text = b"{'descr': '|O', 'fortran_order': False, 'shape': (), }"
    path = folder / "a_seg.npy"
    path.write_bytes(head + text.ljust(117) + b"\n" + program)
    return path


class Runs:
    """Runs code where a pickle of it is loaded."""

    def __init__(self, function, *args):
        self.call = function, args

    def __reduce__(self):
        return self.call


def test_what_cellpose_itself_writes(tmp_path):
    from cellpose import io

    flow = [np.zeros((*LABELS.shape, 3), np.uint8), np.zeros((2, *LABELS.shape), np.float32),
            np.zeros(LABELS.shape, np.float32), np.zeros(9)]  # fmt: skip
    image = image_of(LABELS)
    io.masks_flows_to_seg(image, LABELS, flow, str(tmp_path / "a.tif"), channels=[0, 0])
    got = read_seg_npy(tmp_path / "a_seg.npy")
    assert got.masks.dtype == np.uint16
    assert np.array_equal(got.masks[0], LABELS)
    assert got.image_name == str(tmp_path / "a.tif")
    assert (got.image, got.n_drawn) == (None, 0)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", [">u2", "<i4", "u1", "int64", "?"])
def test_what_its_window_writes(tmp_path, dtype, order):
    labels = cells(1) if dtype == "?" else LABELS
    content = {
        "masks": np.array(labels, dtype, order=order), "outlines": labels, "colors": np.ones(3),
        "filename": pathlib.PurePosixPath("/data/a.tif"), "img": image_of(labels)[None],
        "ismanual": np.array([True, False, True]), "diameter": np.float64(7.5), "restore": None,
        "manual_changes": [["22:10", "added mask", [1, 2]]], "normalize_params": {"norm": [1.0, 9]},
        "flows": [[], np.array([None, [1]], object), [[]]], "chan_choose": [np.int64(1), 0],
        "model_path": np.str_("käse"), 3: 2**70,
    }  # fmt: skip
    got = read_seg_npy(saved(tmp_path, content))
    assert np.array_equal(got.masks[0], labels)
    assert (got.image_name, got.n_drawn) == ("/data/a.tif", 2)
    assert np.array_equal(got.image, image_of(labels))


def test_an_older_protocol_counting_from_minus_one_and_a_stack(tmp_path):
    content = np.array({"masks": np.stack([LABELS.astype(int) - 1] * 2)}, object)
    path = by_hand(tmp_path, pickle.dumps(content, protocol=3))
    assert np.array_equal(read_seg_npy(path).masks, np.stack([LABELS] * 2))
    many = np.arange(70_000).reshape(250, 280)
    assert read_seg_npy(saved(tmp_path, {"masks": many})).masks.dtype == np.uint32


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize(
    "function", [os.system, eval, np.load, np.lib.format.open_memmap, pickle.loads]
)
def test_what_would_run_is_refused_and_does_not_run(tmp_path, function, protocol):
    mark = tmp_path / "it ran"
    argument = {os.system: f"touch '{mark}'", eval: f"open({str(mark)!r}, 'w')"}
    content = {"masks": LABELS, "flows": Runs(function, argument.get(function, str(mark)))}
    path = by_hand(tmp_path, pickle.dumps(np.array(content, object), protocol=protocol))
    with pytest.raises(InputError, match=r"a_seg\.npy: it .*nothing in it was run"):
        read_seg_npy(path)
    assert not mark.exists()


@pytest.mark.parametrize(
    ("program", "message"),
    [
        # names that are known, used otherwise
        (b"cnumpy\nndarray\n.", "a name stands where data should"),
        (b"\x80\x02cnumpy\ndtype\nX\x02\x00\x00\x00u2\x85R.", "a type stands where data should"),
        (b"\x80\x02]cnumpy\ndtype\n\x85R.", "calls what is no name"),
        (b"\x80\x02cnumpy.core.multiarray\n_reconstruct\n)R.", "is damaged"),
        (b"\x80\x02cnumpy.core.multiarray\nscalar\nK\x01K\x02\x86R.", "no type"),
        # operations that plain data does not need
        (b"(i__builtin__\neval\n.", "operation INST"),
        (b"\x80\x02cnumpy\nndarray\n)\x81.", "operation NEWOBJ"),
        (b"P1\n.", "operation PERSID"),
        (b"\x82\x01.", "operation EXT1"),
        # damaged
        (b"", "cut short"),
        (b"\x80\x04}", "cut short"),
        (b"h\x05.", "is damaged"),
        (b"}K\x01K\x02\x86K\x03s.", "neither text nor a number"),
        (b"\x8e" + (2**50).to_bytes(8, "little") + b"x", "cut short"),
        (b"\x8d\xff\xff\xff\xff\xff\xff\xff\xff", "is damaged|cut short"),
        (b"]2a.", "operation DUP"),
        (b"]q\x00h\x00a.", "nested"),
    ],
)
def test_programs_by_hand(tmp_path, program, message):
    with pytest.raises(InputError, match=message):
        read_seg_npy(by_hand(tmp_path, program))


def test_bombs_cost_neither_time_nor_memory(tmp_path, monkeypatch):
    shared, key = [0], (0,)
    for _ in range(50):
        shared, key = [shared] * 10, (key, key)
    assert read_seg_npy(saved(tmp_path, {"masks": LABELS, "x": shared})).masks.any()
    with pytest.raises(InputError, match="neither text nor a number"):
        read_seg_npy(by_hand(tmp_path, b"}" + pickle.dumps(key, 2)[2:-1] + b"Ns."))
    deep = []
    for _ in range(200):
        deep = [deep]
    with pytest.raises(InputError, match="nested more than 64 deep"):
        read_seg_npy(saved(tmp_path, {"masks": LABELS, "x": deep}))
    monkeypatch.setattr(plain_pickle, "MOST_OPERATIONS", 20)
    with pytest.raises(InputError, match="more than 20 operations"):
        read_seg_npy(saved(tmp_path, {"masks": LABELS}))


def test_files_of_another_kind(tmp_path):
    with pytest.raises(InputError, match="there is no such file"):
        read_seg_npy(tmp_path / "a_seg.npy")
    for content, message in (
        (LABELS, "it holds an array .40, 52. of uint16"),
        ([LABELS], "it holds an array|does not hold"),
        ({"outlines": LABELS}, "it holds no masks"),
        ({"masks": LABELS / 2}, "its masks are an array"),
        ({"masks": LABELS[0]}, "its masks are an array"),
        ({"masks": LABELS.astype(int) - 5}, "hold the number -5"),
        ({"masks": "none"}, "it holds no masks"),
    ):
        with pytest.raises(InputError, match=message):
            read_seg_npy(saved(tmp_path, content))
    path = saved(tmp_path, {"masks": LABELS})
    whole = path.read_bytes()
    for n in (0, 5, 60, 200, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:n])
        with pytest.raises(InputError, match="save it again in Cellpose"):
            read_seg_npy(path)
    path.write_text("no array")
    with pytest.raises(InputError, match="no file of numpy's"):
        read_seg_npy(path)


def test_every_byte_of_a_file_may_be_wrong(tmp_path):
    """Whatever a byte becomes, the answer is masks or one plain error."""
    path = saved(tmp_path, {"masks": cells(1)[10:14, 4:8], "filename": "a.tif", "n": [1.5, None]})
    whole = path.read_bytes()
    start = whole.index(b"\n") + 1
    rng = np.random.default_rng(5)
    n_refused = 0
    for place in range(start, len(whole)):
        damaged = bytearray(whole)
        damaged[place] = rng.integers(256)
        path.write_bytes(damaged)
        try:
            read_seg_npy(path)
        except InputError:
            n_refused += 1
    assert n_refused > 50


def test_what_is_followed_are_operations_of_pickles():
    known = {each.name for each in pickletools.opcodes}
    followed = {*plain_pickle._VALUES, *plain_pickle._CONSTANTS, *plain_pickle._TUPLES}
    assert followed | set(plain_pickle._FOLLOWED) <= known


@pytest.mark.parametrize("header", [b"(" * 200, b"-" * 9000 + b"1", b"{'descr': '|O'"])
def test_a_header_that_wears_out_a_parser_is_refused(tmp_path, header):
    path = tmp_path / "a_seg.npy"
    path.write_bytes(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header)
    with pytest.raises(InputError, match="it is no file of numpy's"):
        read_seg_npy(path)
