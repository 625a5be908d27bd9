"""What is written reads back the same; what others write reads as it was meant."""

import pickle
import threading

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st

from lamella.core.errors import InputError, SettingsError
from lamella.core.frames import ArrayFrames
from lamella.core.movie import Scale, regular_times
from lamella.io import open_labels, open_movie, write_labels, write_movie
from roundtrip.fake_micromanager import summary_of, write_mmstack

DTYPES = ["uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "float64"]


def pixels(shape, dtype, seed=0):
    values = np.random.default_rng(seed).integers(0, 120, shape)
    return values.astype(dtype)


def same_scale(a: Scale, b: Scale) -> bool:
    times = (a.time_min is None) == (b.time_min is None)
    if times and a.time_min is not None:
        times = np.array_equal(a.time_min, b.time_min)
    return times and a.pixel_size_um == b.pixel_size_um


def read(movie):
    return np.stack([frames.asarray() for frames in movie.channels.values()], axis=1)


sizes = st.floats(0.01, 10, allow_nan=False)
steps = st.lists(st.floats(1e-3, 100), min_size=5, max_size=5)


@st.composite
def scales(draw, n_frames):
    pixel = draw(st.none() | sizes)
    kind = draw(st.sampled_from(["none", "regular", "irregular"]))
    if kind == "none":
        return Scale(pixel, None)
    if kind == "regular":
        return Scale(pixel, regular_times(n_frames, draw(sizes)))
    times = np.concatenate([[0.0], np.cumsum(draw(steps))])[:n_frames]
    return Scale(pixel, times)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_movies_read_back_as_written(tmp_path_factory, data):
    shape = data.draw(st.tuples(*[st.integers(1, 4)] * 2, *[st.integers(1, 9)] * 2))
    dtype = data.draw(st.sampled_from(DTYPES))
    names = data.draw(
        st.lists(
            st.text("abcXYZ µ<&\"'1_-", min_size=1, max_size=8).filter(lambda s: s == s.strip()),
            min_size=shape[1],
            max_size=shape[1],
            unique=True,
        )
    )
    scale = data.draw(scales(shape[0]))
    stack = pixels(shape, dtype)
    path = tmp_path_factory.mktemp("m") / "movie.ome.tif"
    channels = {name: ArrayFrames(stack[:, c]) for c, name in enumerate(names)}
    write_movie(path, channels, scale=scale, compress=data.draw(st.booleans()))
    movie = open_movie(path)
    assert movie.channel_names == tuple(names)
    assert movie.dtype == stack.dtype
    assert same_scale(movie.scale, scale)
    np.testing.assert_array_equal(read(movie), stack)


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_labels_read_back_as_written(tmp_path_factory, data):
    shape = data.draw(st.tuples(*[st.integers(1, 5)] * 3))
    dtype = data.draw(st.sampled_from(["bool", "uint8", "uint16", "uint32", "int32", "int64"]))
    scale = data.draw(scales(shape[0]))
    stack = pixels(shape, dtype)
    path = tmp_path_factory.mktemp("l") / "cell.ome.tif"
    write_labels(path, ArrayFrames(stack), scale=scale, name="cell")
    labels = open_labels(path)
    assert labels.frames.dtype == (np.uint16 if stack.dtype.itemsize <= 2 else np.uint32)
    np.testing.assert_array_equal(labels.frames.asarray(), stack)
    assert same_scale(open_movie(path).scale, scale)
    with tifffile.TiffFile(path) as tif:
        assert tif.series[0].name == "cell"
        assert "DateTime" not in tif.pages.first.tags


def test_writing_twice_gives_the_same_bytes(tmp_path):
    frames = ArrayFrames(pixels((3, 5, 6), "uint16"))
    scale = Scale(0.3, np.array([0.0, 1.0, 2.5]))
    for name in "ab":
        write_labels(tmp_path / name / "cell.ome.tif", frames, scale=scale, name="cell")
        write_movie(tmp_path / name / "m.ome.tif", {"x": frames, "y": frames}, scale=scale)
    for file in ("cell.ome.tif", "m.ome.tif"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_labels_that_do_not_fit_are_refused_and_leave_no_file(tmp_path):
    path = tmp_path / "cell.ome.tif"
    stack = np.array([[[0, 1]], [[0, -2]]], np.int32)
    with pytest.raises(InputError, match=r"frame 1 holds the label -2.*renumber the labels"):
        write_labels(path, ArrayFrames(stack), scale=Scale())
    with pytest.raises(InputError, match="labels are whole numbers, got float32"):
        write_labels(path, ArrayFrames(stack.astype("f4")), scale=Scale())
    assert list(tmp_path.iterdir()) == []


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_tiffs_of_others(tmp_path_factory, data):
    """Byte order, BigTIFF, compression, predictor, tiles and strips change nothing."""
    n, y, x = data.draw(st.tuples(st.integers(1, 4), st.integers(2, 40), st.integers(2, 40)))
    dtype = data.draw(st.sampled_from(DTYPES))
    stack = pixels((n, y, x), dtype)
    compression = data.draw(st.sampled_from([None, "zlib", "lzw", "zstd", "packbits"]))
    layout = data.draw(st.sampled_from([{}, {"tile": (16, 16)}, {"rowsperstrip": 3}]))
    predictor = compression in ("zlib", "lzw", "zstd") and data.draw(st.booleans())
    path = tmp_path_factory.mktemp("t") / "movie.tif"
    tifffile.imwrite(
        path,
        stack,
        byteorder=data.draw(st.sampled_from("<>")),
        bigtiff=data.draw(st.booleans()),
        compression=compression,
        predictor=predictor,
        photometric="minisblack",
        metadata=data.draw(st.sampled_from([None, {"axes": "TYX"}, {"axes": "QYX"}, {}])),
        **layout,
    )
    movie = open_movie(path)
    assert movie.channel().shape == stack.shape
    assert movie.scale.pixel_size_um is None
    got = movie.channel().asarray()
    assert got.dtype == stack.dtype
    assert got.dtype.isnative
    np.testing.assert_array_equal(got, stack)


@pytest.mark.parametrize("axes", ["TYX", "CYX", "TCYX", "CTYX", "YX"])
def test_axes_of_the_file_and_of_the_override(tmp_path, axes):
    shape = {"T": 3, "C": 2, "Y": 5, "X": 6}
    stack = pixels([shape[a] for a in axes], "uint16")
    ome, plain = tmp_path / "a.ome.tif", tmp_path / "b.tif"
    tifffile.imwrite(ome, stack, metadata={"axes": axes}, photometric="minisblack")
    tifffile.imwrite(plain, stack, metadata=None, photometric="minisblack")
    full = stack
    for i, axis in enumerate("TC"):
        if axis not in axes:
            full = np.expand_dims(full, i)
    full = full.transpose(1, 0, 2, 3) if axes == "CTYX" else full
    np.testing.assert_array_equal(read(open_movie(ome)), full)
    if full.ndim == 4 and len(axes) <= 3:  # pages in a row have one leading dimension only
        np.testing.assert_array_equal(read(open_movie(plain, axes=axes)), full)


def test_imagej_hyperstack(tmp_path):
    stack = pixels((4, 2, 6, 7), "uint16")
    path = tmp_path / "ij.tif"
    meta = {"axes": "TCYX", "finterval": 90.0, "unit": "um", "fps": 7.0, "Labels": ["actin", "H2B"]}
    tifffile.imwrite(path, stack, imagej=True, metadata=meta, resolution=(4.0, 4.0))
    movie = open_movie(path)
    np.testing.assert_array_equal(read(movie), stack)
    assert movie.scale.pixel_size_um == 0.25
    np.testing.assert_array_equal(movie.scale.time_min, [0, 1.5, 3, 4.5])
    assert movie.channel_names == ("actin", "H2B")


@pytest.mark.parametrize(
    ("meta", "pixel", "interval"),
    [
        ({"unit": "micron", "finterval": 2.0, "tunit": "min"}, 0.5, 2.0),
        ({"unit": "\\u00B5m", "finterval": 1500.0, "tunit": "ms"}, 0.5, 0.025),
        ({"unit": "mm", "finterval": 60.0, "tunit": "sec"}, 500.0, 1.0),
        ({"unit": "pixel", "fps": 5.0}, None, None),
        ({"finterval": 0.0}, None, None),
    ],
)
def test_imagej_units(tmp_path, meta, pixel, interval):
    path = tmp_path / "ij.tif"
    stack = pixels((3, 4, 5), "uint8")
    tifffile.imwrite(path, stack, imagej=True, metadata={"axes": "TYX", **meta}, resolution=(2, 2))
    scale = open_movie(path).scale
    assert scale.pixel_size_um == (pytest.approx(pixel) if pixel else None)
    if interval is None:
        assert scale.time_min is None
    else:
        np.testing.assert_allclose(scale.time_min, np.arange(3) * interval)


def test_slice_labels_are_no_channel_names(tmp_path):
    path = tmp_path / "ij.tif"
    labels = ["c:1/2 - a.tif", "c:2/2 - a.tif"]
    tifffile.imwrite(
        path, pixels((2, 4, 5), "uint8"), imagej=True, metadata={"axes": "CYX", "Labels": labels}
    )
    assert open_movie(path).channel_names == ("ch0", "ch1")


@pytest.mark.parametrize("order", "<>")
def test_imagej_contiguous_with_one_page(tmp_path, order):
    """Above 4 GB ImageJ writes one page and all the pixels behind it."""
    stack = pixels((5, 6, 7), "uint16")
    path = tmp_path / "big.tif"
    description = "ImageJ=1.53t\nimages=5\nframes=5\nhyperstack=true\nfinterval=60.0\n"
    tifffile.imwrite(
        path, stack[0], byteorder=order, description=description, metadata=None, software=False
    )
    with path.open("ab") as file:
        file.write(stack[1:].astype(order + "u2").tobytes())
    movie = open_movie(path)
    assert len(tifffile.TiffFile(path).pages) == 1
    np.testing.assert_array_equal(movie.channel().asarray(), stack)
    np.testing.assert_array_equal(movie.scale.time_min, np.arange(5))


def test_resolution_tags_alone_are_not_trusted(tmp_path):
    path = tmp_path / "plain.tif"
    stack = pixels((2, 4, 5), "uint8")
    tifffile.imwrite(path, stack, resolution=(72, 72), resolutionunit="INCH", metadata=None)
    assert open_movie(path).scale.pixel_size_um is None


def test_micromanager_2_stack(tmp_path):
    stack = pixels((3, 2, 8, 9), "uint16")
    path = write_mmstack(
        tmp_path / "movie_MMStack_Pos0.ome.tif",
        stack,
        summary=summary_of(3, 2, Interval_ms=60000.0, ChNames=["BF", "GFP"]),
        elapsed_ms=[100.0, 60200.0, 120100.0],
        pixel_um=0.65,
    )
    with tifffile.TiffFile(path) as tif:
        assert tif.series[0].kind == "mmstack"
    movie = open_movie(path)
    np.testing.assert_array_equal(read(movie), stack)
    assert movie.channel_names == ("BF", "GFP")
    assert movie.scale.pixel_size_um == 0.65
    np.testing.assert_allclose(movie.scale.time_min, [0, 60.1 / 60, 2.0])


def test_micromanager_without_elapsed_times_and_stopped_early(tmp_path):
    stack = pixels((3, 1, 8, 9), "uint16")
    summary = summary_of(10, 1, Interval_ms=30000.0, PixelSizeUm=0.325)
    path = write_mmstack(tmp_path / "movie_MMStack_Pos0.ome.tif", stack, summary=summary)
    movie = open_movie(path)
    np.testing.assert_array_equal(read(movie), stack)
    assert movie.scale.pixel_size_um == 0.325
    np.testing.assert_array_equal(movie.scale.time_min, [0, 0.5, 1.0])


def test_each_micromanager_position_is_a_movie(tmp_path):
    summary = summary_of(2, 1, Positions=2, Interval_ms=0)
    stacks = [pixels((2, 1, 8, 9), "uint16", seed) for seed in range(2)]
    for position, stack in enumerate(stacks):
        write_mmstack(
            tmp_path / f"movie_MMStack_Pos{position}.ome.tif",
            stack,
            summary=summary,
            position=position,
        )
    for position, stack in enumerate(stacks):
        movie = open_movie(tmp_path / f"movie_MMStack_Pos{position}.ome.tif")
        np.testing.assert_array_equal(read(movie), stack)
        assert movie.scale.time_min is None


def test_frames_survive_pickling_and_threads(tmp_path):
    for compression in (None, "zlib"):
        stack = pixels((40, 33, 31), "uint16")
        path = tmp_path / f"{compression}.tif"
        tifffile.imwrite(path, stack, compression=compression, photometric="minisblack")
        frames = open_movie(path).channel()
        frames.frame(0)
        np.testing.assert_array_equal(pickle.loads(pickle.dumps(frames)).asarray(), stack)
        wrong = []

        def walk(frames=frames, stack=stack, wrong=wrong):
            wrong += [t for t in range(40) if not np.array_equal(frames.frame(t), stack[t])]

        threads = [threading.Thread(target=walk) for _ in range(4)]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        assert not wrong


def test_bilevel_pixels_are_uint8(tmp_path):
    stack = pixels((3, 9, 11), "uint8") > 60
    tifffile.imwrite(tmp_path / "b.tif", stack, photometric="minisblack")
    frames = open_movie(tmp_path / "b.tif").channel()
    assert frames.dtype == np.uint8
    np.testing.assert_array_equal(frames.asarray(), stack.astype(np.uint8))


# Settings against the file


def test_settings_win_and_differences_are_noted(tmp_path):
    path = tmp_path / "m.ome.tif"
    scale = Scale(0.325, regular_times(3, 2.0))
    write_movie(path, {"a": ArrayFrames(pixels((3, 4, 5), "uint8"))}, scale=scale)
    movie = open_movie(path, pixel_size_um=0.318, interval_min=1.5, channel_names=["actin"])
    assert movie.scale.pixel_size_um == 0.318
    np.testing.assert_array_equal(movie.scale.time_min, [0, 1.5, 3])
    assert movie.channel_names == ("actin",)
    assert "file says 0.325 µm/px, settings say 0.318: settings used" in movie.notes
    assert "file says 2 min between frames, settings say 1.5: settings used" in movie.notes
    assert open_movie(path, pixel_size_um=0.326, interval_min=2.01).notes == ()
    with pytest.raises(
        InputError, match=r"1 channel, and 2 names are given \(a, b\); give one name"
    ):
        open_movie(path, channel_names=["a", "b"])


def test_repeated_channel_names_are_made_unique(tmp_path):
    path = tmp_path / "m.ome.tif"
    tifffile.imwrite(
        path,
        pixels((3, 4, 5), "uint8"),
        metadata={"axes": "CYX", "Channel": {"Name": ["GFP", "GFP", "GFP"]}},
        photometric="minisblack",
    )
    assert open_movie(path).channel_names == ("GFP", "GFP_2", "GFP_3")


def test_pixels_that_are_not_square(tmp_path):
    path = tmp_path / "m.ome.tif"
    meta = {"axes": "TYX", "PhysicalSizeX": 0.5, "PhysicalSizeY": 0.6}
    tifffile.imwrite(path, pixels((2, 4, 5), "uint8"), metadata=meta)
    with pytest.raises(InputError, match=r"not square \(x 0.5 µm, y 0.6 µm\); resample it"):
        open_movie(path)
    assert open_movie(path, pixel_size_um=0.5).scale.pixel_size_um == 0.5


def test_times_of_planes_start_at_zero_and_win(tmp_path):
    path = tmp_path / "m.ome.tif"
    meta = {
        "axes": "TYX",
        "TimeIncrement": 60.0,
        "TimeIncrementUnit": "s",
        "Plane": {"DeltaT": [30.0, 120.0, 240.0], "DeltaTUnit": ["s"] * 3},
    }
    tifffile.imwrite(path, pixels((3, 4, 5), "uint8"), metadata=meta, photometric="minisblack")
    movie = open_movie(path)
    np.testing.assert_allclose(movie.scale.time_min, [0, 1.5, 3.5])
    assert any("file plans 1 min between frames" in note for note in movie.notes)
    assert open_movie(path, interval_min=1.0).scale.time_min[1] == 1.0


def test_more_series_are_noted(tmp_path):
    path = tmp_path / "two.tif"
    with tifffile.TiffWriter(path) as tif:
        tif.write(pixels((3, 8, 9), "uint8"), photometric="minisblack")
        tif.write(pixels((20, 21), "uint8"), photometric="minisblack")
    movie = open_movie(path)
    assert movie.n_frames == 3
    assert any("1 more image series ignored: YX (20, 21)" in note for note in movie.notes)


# Faults


def stack_file(tmp_path, **more):
    path = tmp_path / "m.tif"
    arguments = {"photometric": "minisblack", **more}
    tifffile.imwrite(path, pixels((4, 30, 31), "uint16"), **arguments)
    return path


def test_missing_empty_and_text_files(tmp_path):
    with pytest.raises(InputError, match="there is no such file"):
        open_movie(tmp_path / "none.tif")
    (tmp_path / "empty.tif").touch()
    with pytest.raises(InputError, match=r"empty\.tif: it is empty \(0 bytes\); copy it again"):
        open_movie(tmp_path / "empty.tif")
    (tmp_path / "text.tif").write_text("not an image")
    with pytest.raises(InputError, match="it is not a TIFF file, but looks like text; give the"):
        open_movie(tmp_path / "text.tif")
    (tmp_path / "junk.tif").write_bytes(b"II*\0" + bytes(range(4, 200)))
    with pytest.raises(InputError, match=r"junk\.tif"):
        open_movie(tmp_path / "junk.tif")
    (tmp_path / "movie.lsm").write_bytes(b"x")
    with pytest.raises(InputError, match=r"ending in \.lsm cannot be read; readable are \.tif"):
        open_movie(tmp_path / "movie.lsm")


@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("kind", ["shaped", "ome", "imagej", "plain"])
def test_files_cut_off_are_refused_at_opening(tmp_path, kind, compression):
    if kind == "imagej" and compression:
        pytest.skip("ImageJ hyperstacks are uncompressed")
    more = {"shaped": {}, "plain": {"metadata": None}, "ome": {"ome": True}}.get(kind)
    path = stack_file(tmp_path, **(more or {"imagej": True}), compression=compression)
    whole = path.read_bytes()
    for share in (0.3, 0.6, 0.95):
        path.write_bytes(whole[: int(len(whole) * share)])
        with pytest.raises(InputError, match=r"m\.tif: .*(cut off|cannot be read as TIFF)"):
            open_movie(path)


def test_a_damaged_frame_is_named(tmp_path):
    path = stack_file(tmp_path, compression="zlib", metadata=None)
    with tifffile.TiffFile(path) as tif:
        offset, count = tif.pages[2].dataoffsets[0], tif.pages[2].databytecounts[0]
    data = bytearray(path.read_bytes())
    data[offset : offset + count] = bytes(count)
    path.write_bytes(data)
    frames = open_movie(path).channel()
    frames.frame(1)
    with pytest.raises(InputError, match=r"m\.tif: frame 2 cannot be read .*cut the movie before"):
        frames.frame(2)


def test_a_file_that_shrinks_after_opening(tmp_path):
    path = stack_file(tmp_path)
    frames = open_movie(path).channel()
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(InputError, match=r"frame 3 cannot be read .*bytes are missing"):
        frames.frame(3)


def test_z_stacks_are_refused_with_the_way_out(tmp_path):
    path = tmp_path / "z.tif"
    stack = pixels((15, 6, 7), "uint8")
    tifffile.imwrite(path, stack, imagej=True, metadata={"axes": "ZYX"})
    message = r'a z-stack \(axes ZYX, 15 slices\).*set axes = "TYX" in \[scale\].*--axes TYX'
    with pytest.raises(InputError, match=message):
        open_movie(path)
    np.testing.assert_array_equal(open_movie(path, axes="TYX").channel().asarray(), stack)
    with pytest.raises(InputError, match=r"axes TCYX has 4 letters.*3 dimensions .*\(15, 6, 7\)"):
        open_movie(path, axes="TCYX")
    for axes in ("ZYX", "TXY", "TTYX"):
        with pytest.raises(SettingsError, match="is not made of T, C and a final YX"):
            open_movie(path, axes=axes)
    tifffile.imwrite(path, pixels((2, 3, 6, 7), "uint8"), imagej=True, metadata={"axes": "TZYX"})
    with pytest.raises(InputError, match=r"it has 3 slices in z, .* choose z = \"max\""):
        open_movie(path)


def test_colour_and_odd_types_are_refused(tmp_path):
    path = tmp_path / "m.tif"
    tifffile.imwrite(path, pixels((2, 8, 9, 3), "uint8"), photometric="rgb")
    with pytest.raises(InputError, match=r"it is a colour image .*split its channels"):
        open_movie(path)
    three = pixels((3, 8, 9), "uint8")
    tifffile.imwrite(path, three, photometric="rgb", planarconfig="separate")
    with pytest.raises(InputError, match=r"it is a colour image \(3 samples a pixel, axes SYX\)"):
        open_movie(path)
    np.testing.assert_array_equal(open_movie(path, axes="TYX").channel().asarray(), three)
    tifffile.imwrite(path, pixels((2, 8, 9), "complex64"), photometric="minisblack")
    with pytest.raises(InputError, match="pixels are of type complex64; save it with 8, 16"):
        open_movie(path)
    tifffile.imwrite(path, pixels((2, 8, 9), "int64"), photometric="minisblack")
    with pytest.raises(InputError, match="pixels are of type int64"):
        open_movie(path)
    assert open_labels(path).frames.dtype == np.uint32


def test_labels_must_be_whole_and_not_negative(tmp_path):
    path = tmp_path / "l.tif"
    whole = pixels((2, 8, 9), "uint16").astype("float32")
    tifffile.imwrite(path, whole, photometric="minisblack")
    labels = open_labels(path)
    assert labels.frames.dtype == np.uint32
    np.testing.assert_array_equal(labels.frames.asarray(), whole)
    for odd in (0.25, np.nan, np.inf):
        parts = whole.copy()
        parts[1, 2, 3] = odd
        tifffile.imwrite(path, parts, photometric="minisblack")
        with pytest.raises(InputError, match=f"frame 1 holds the value {odd:g}, and labels are wh"):
            open_labels(path).frames.asarray()
    tifffile.imwrite(path, np.full((2, 8, 9), 2.0**32, "float64"), photometric="minisblack")
    with pytest.raises(InputError, match="frame 0 holds the label 4294967296; renumber"):
        open_labels(path).frames.asarray()
    tifffile.imwrite(path, pixels((2, 8, 9), "int16") - 1, photometric="minisblack")
    labels = open_labels(path)
    assert labels.frames.dtype == np.uint16
    with pytest.raises(InputError, match="frame 0 holds the label -1; renumber"):
        labels.frames.asarray()
    meta = {"axes": "TCYX"}
    tifffile.imwrite(path, pixels((2, 2, 8, 9), "uint8"), imagej=True, metadata=meta)
    with pytest.raises(InputError, match="it has 2 channels, and labels have one"):
        open_labels(path)
