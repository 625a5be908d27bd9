"""OME-Zarr: written and read by us and by others, and refused where it is hostile."""

import json
import pickle
import zlib

import numpy as np
import pytest
import zarr
from ome_zarr_models import v04, v05

from faults.studies import contents
from lamella.core.errors import InputError, OutputError, SettingsError
from lamella.core.frames import ArrayFrames
from lamella.core.movie import Scale, regular_times
from lamella.core.take import Take
from lamella.io import fingerprint, open_labels, open_movie, positions_of
from lamella.io.ome_zarr import VERSIONS, add_labels, write_labels_zarr, write_ome_zarr
from lamella.run.browse.recognised import kind_of, open_any
from lamella.run.init import find_movies

RNG = np.random.default_rng(3)
DNA, ACTIN = (RNG.integers(0, 2**16, (4, 37, 600), dtype=np.uint16) for _ in range(2))
CELLS = RNG.integers(0, 70_000, (4, 37, 600), dtype=np.uint32)
SCALE = Scale(0.1625, regular_times(4, 2.5))


def movie_at(path, version="0.5", **how):
    channels = {"DNA": ArrayFrames(DNA), "actin": ArrayFrames(ACTIN)}
    write_ome_zarr(path, channels, **{"scale": SCALE, "version": version, **how})
    return path


def plain(path, array, axes, *, units=None, scale=None, chunks=None, zarr_format=3, **more):
    """An image by zarr alone."""
    kinds = {"t": "time", "c": "channel"}
    listed = [{"name": a, "type": kinds.get(a, "space")} for a in axes]
    for axis in listed:
        if unit := (units or {}).get(axis["name"]):
            axis["unit"] = unit
    values = [float((scale or {}).get(a, 1)) for a in axes]
    transform = [{"type": "scale", "scale": values}]
    image = {"axes": listed, "datasets": [{"path": "0", "coordinateTransformations": transform}]}
    group = zarr.open_group(str(path), mode="w", zarr_format=zarr_format)
    stored = group.create_array(
        "0", shape=array.shape, chunks=chunks or array.shape, dtype=array.dtype, **more
    )
    stored[...] = array
    if zarr_format == 3:
        group.attrs["ome"] = {"version": "0.5", "multiscales": [image]}
    else:
        group.attrs["multiscales"] = [{**image, "version": "0.4"}]
    return path


@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_written_is_lawful_and_comes_back(version, tmp_path):
    path = movie_at(tmp_path / "m.ome.zarr", version, labels={"cell": ArrayFrames(CELLS)})
    add_labels(path, "nucleus", ArrayFrames(CELLS[:, ::-1]), scale=SCALE)
    movie = open_movie(path)
    assert movie.channel_names == ("DNA", "actin")
    assert movie.scale.pixel_size_um == 0.1625
    np.testing.assert_array_equal(movie.scale.time_min, [0, 2.5, 5, 7.5])
    np.testing.assert_array_equal(
        pickle.loads(pickle.dumps(movie)).channel("actin").asarray(), ACTIN
    )
    for name, expected in (("cell", CELLS), ("nucleus", CELLS[:, ::-1])):
        np.testing.assert_array_equal(
            open_labels(path / "labels" / name).frames.asarray(), expected
        )
    with pytest.raises(InputError, match=r"2 sets of labels \(cell, nucleus\); give one of them"):
        open_labels(path)

    model = v04 if version == "0.4" else v05
    group = zarr.open_group(str(path), mode="r")

    def ome(one):
        return dict(one.attrs) if version == "0.4" else one.attrs["ome"]

    model.image.ImageAttrs.model_validate(ome(group))
    model.labels.LabelsAttrs.model_validate(ome(group["labels"]))
    model.image_label.ImageLabelAttrs.model_validate(ome(group["labels/cell"]))
    # Every level is there, and is the mean of 2 × 2 pixels; labels are never mixed.
    assert group["1"].shape == (4, 2, 19, 300)
    assert group["2"].shape == (4, 2, 10, 150)
    mean = DNA[1, :36].reshape(18, 2, 300, 2).mean((1, 3))
    np.testing.assert_array_equal(group["1"][1, 0, :18], np.rint(mean))
    np.testing.assert_array_equal(group["labels/cell/1"][2], CELLS[2, ::2, ::2])
    assert group["0"].chunks == (1, 1, 37, 600)


@pytest.mark.parametrize("version", VERSIONS)
def test_bioio_reads_what_we_write(version, tmp_path):
    from bioio_ome_zarr import Reader

    reader = Reader(str(movie_at(tmp_path / "m.ome.zarr", version)))
    assert reader.channel_names == ["DNA", "actin"]
    assert reader.physical_pixel_sizes.X == 0.1625
    np.testing.assert_array_equal(reader.get_image_data("TCYX")[:, 0], DNA)


@pytest.mark.parametrize("version", VERSIONS)
def test_the_same_movie_gives_the_same_bytes_and_replaces_the_old_one(version, tmp_path):
    first = contents(movie_at(tmp_path / "m.ome.zarr", version))
    assert contents(movie_at(tmp_path / "m.ome.zarr", version)) == first
    (tmp_path / "other").mkdir()
    (tmp_path / "other/thesis.txt").write_text("years of work")
    with pytest.raises(OutputError, match=r"a folder that is no OME-Zarr is in the way"):
        movie_at(tmp_path / "other")

    class Ends(ArrayFrames):
        def frame(self, t):
            if t == 2:
                raise InputError("raw", "it is cut off", "copy it again")
            return super().frame(t)

    with pytest.raises(InputError, match="it is cut off"):
        write_ome_zarr(tmp_path / "m.ome.zarr", {"DNA": Ends(DNA)}, scale=SCALE, version=version)
    assert contents(tmp_path / "m.ome.zarr") == first
    assert sorted(each.name for each in tmp_path.iterdir()) == ["m.ome.zarr", "other"]


def test_scale_that_is_not_known_and_times_that_are_not_regular(tmp_path):
    path = movie_at(tmp_path / "m.zarr", scale=Scale())
    assert open_movie(path).scale == Scale()
    assert open_movie(path).notes == ()
    times = np.array([0, 1.0, 2.5, 7.0])
    path = movie_at(tmp_path / "m.zarr", scale=Scale(2.0, times))
    np.testing.assert_array_equal(open_movie(path).scale.time_min, times)
    assert open_movie(path).scale.pixel_size_um == 2.0


@pytest.mark.parametrize("axes", ["tczyx", "yx", "tyx", "czyx", "tcxy", "zyx", "tzxy"])
@pytest.mark.parametrize("zarr_format", [2, 3])
def test_axes_in_any_lawful_order(axes, zarr_format, tmp_path):
    sizes = {"t": 5, "c": 2, "z": 3, "y": 8, "x": 11}
    array = RNG.integers(0, 255, [sizes[a] for a in axes], dtype=np.uint8)
    path = plain(
        tmp_path / "m.zarr", array, axes, units={"y": "millimeter", "x": "millimeter", "t": "hour"},
        scale={"y": 0.002, "x": 0.002, "t": 0.5}, zarr_format=zarr_format,
        chunks=tuple(max(1, sizes[a] // 2) for a in axes),
    )  # fmt: skip
    movie = open_movie(path, take=Take(z="max"))
    assert movie.scale.pixel_size_um == 2.0
    if "t" in axes:
        np.testing.assert_array_equal(movie.scale.time_min, np.arange(5) * 30.0)
    whole = array
    for axis in "tczyx":
        if axis not in axes:
            whole = np.expand_dims(whole, 0)
            axes = axis + axes
    whole = whole.transpose([axes.index(a) for a in "tczyx"])
    found = np.stack([frames.asarray() for frames in movie.channels.values()], 1)
    np.testing.assert_array_equal(found, whole.max(2))


def test_a_scale_without_a_unit_says_nothing(tmp_path):
    array = np.ones((3, 8, 9), np.uint16)
    movie = open_movie(plain(tmp_path / "m.zarr", array, "tyx", scale={"y": 0.3, "x": 0.3, "t": 2}))
    assert movie.scale == Scale()
    assert [note.partition(":")[0] for note in movie.notes] == [
        "it gives 0.3 for a pixel and no unit", "it gives 2 between frames and no unit of time",
    ]  # fmt: skip
    assert open_movie(tmp_path / "m.zarr", pixel_size_um=0.3).scale.pixel_size_um == 0.3


def test_series_of_bioformats2raw_and_fields_of_plates_are_positions(tmp_path):
    store = tmp_path / "file.zarr"
    (store / "OME").mkdir(parents=True)
    (store / ".zgroup").write_text('{"zarr_format": 2}')
    (store / ".zattrs").write_text('{"bioformats2raw.layout": 3}')
    for n in range(3):
        plain(store / str(n), np.full((2, 4, 5), n + 1, np.uint8), "tyx", zarr_format=2)
    assert positions_of(store) == ("0", "1", "2")
    names = "".join(f'<Image ID="Image:{n}" Name="{name}"/>' for n, name in enumerate("abc"))
    (store / "OME/METADATA.ome.xml").write_text(
        f'<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06">{names}</OME>'
    )
    assert positions_of(store) == ("a", "b", "c")
    with pytest.raises(InputError, match=r"3 positions \(a, b, c\); name one in samples.csv"):
        open_movie(store)
    assert open_movie(store, take=Take("b")).frame(0).max() == 2
    assert open_movie(store, take=Take("2")).frame(0).max() == 3
    with pytest.raises(InputError, match=r"none is called 'd'"):
        open_movie(store, take=Take("d"))

    plate = tmp_path / "plate.zarr"
    group = zarr.open_group(str(plate), mode="w", zarr_format=3)
    wells = [{"path": "A/1"}, {"path": "B/12"}]
    group.attrs["ome"] = {"version": "0.5", "plate": {"wells": wells}}
    for n, well in enumerate(wells):
        fields = [{"path": str(f)} for f in range(n + 1)]
        inner = group.create_group(well["path"])
        inner.attrs["ome"] = {"version": "0.5", "well": {"images": fields}}
        for f in range(n + 1):
            plain(plate / well["path"] / str(f), np.full((4, 5), 10 * n + f, np.uint8), "yx")
    assert positions_of(plate) == ("A01", "B12/0", "B12/1")
    assert open_movie(plate, take=Take("B12/1")).frame(0).max() == 11
    found = find_movies(tmp_path, "{cell}.zarr").samples
    assert list(found["position"]) == ["a", "b", "c", "A01", "B12/0", "B12/1"]
    assert list(found["well"]) == ["", "", "", "A01", "B12", "B12"]
    assert list(found["field"]) == ["", "", "", "", "0", "1"]
    with pytest.raises(SettingsError, match="it is one file to Lamella"):
        find_movies(plate, "{cell}.zarr")


def test_a_changed_chunk_is_noticed_and_other_positions_are_not_looked_at(tmp_path):
    path = movie_at(tmp_path / "m.zarr")
    before = fingerprint(path)
    assert set(before) == {"zarr.json", "0/zarr.json", "0/"}
    assert fingerprint(path) == before
    (path / "1/c/0/0/0/0").write_bytes(b"a level that is never read")
    assert fingerprint(path) == before
    chunk = path / "0/c/3/1/0/0"
    chunk.write_bytes(chunk.read_bytes()[::-1])
    assert fingerprint(path) != before
    chunk.unlink()
    assert fingerprint(path)["0/"][0] < before["0/"][0]


# Faults


def edited(path, change):
    found = json.loads(path.read_text())
    change(found)
    path.write_text(json.dumps(found))


def test_frames_that_are_not_stored_are_told(tmp_path):
    path = movie_at(tmp_path / "m.zarr")
    assert open_movie(path).notes == ()
    for chunk in (path / "0/c/3").rglob("*/*/0"):
        chunk.unlink()
    movie = open_movie(path)
    assert (
        "of 1 of 4 frames the first chunk is not stored (the first of them is frame 3)"
        in (movie.notes[0])
    )
    assert not movie.frame(3).any()


@pytest.mark.parametrize("version", VERSIONS)
def test_damaged_chunks_name_the_frame(version, tmp_path):
    path = movie_at(tmp_path / "m.zarr", version)
    chunk = path / ("0/1/0/0/0" if version == "0.4" else "0/c/1/0/0/0")
    whole = chunk.read_bytes()
    for damaged in (whole[:-40], whole[:100] + bytes([whole[100] ^ 1]) + whole[101:], b""):
        chunk.write_bytes(damaged)
        with pytest.raises(InputError, match=r"frame 1 cannot be read"):
            open_movie(path).frame(1)
    np.testing.assert_array_equal(open_movie(path).frame(2), DNA[2])


def test_blosc_that_is_cut_off_is_not_read_as_zeros(tmp_path):
    from numcodecs import Blosc

    array = np.arange(8 * 9, dtype=np.uint16).reshape(1, 8, 9)
    path = plain(tmp_path / "m.zarr", array, "tyx", zarr_format=2, compressors=Blosc())
    np.testing.assert_array_equal(open_movie(path).frame(0), array[0])
    chunk = next(path.glob("0/*0*"))
    chunk.write_bytes(chunk.read_bytes()[:-5])
    with pytest.raises(InputError, match=r"is cut off or damaged; copy it again"):
        open_movie(path).frame(0)


def test_bombs_are_refused_before_they_go_off(tmp_path):
    from numcodecs import Zlib, Zstd

    array = np.ones((1, 512, 512), np.uint16)
    for name, codec in (("zlib", Zlib()), ("zstd", Zstd())):
        path = plain(tmp_path / name, array, "tyx", zarr_format=2, compressors=codec)
        chunk = next(p for p in (path / "0").rglob("[!.]*") if p.is_file())
        huge = bytes(200 << 20)
        chunk.write_bytes(zlib.compress(huge) if name == "zlib" else codec.encode(huge))
        with pytest.raises(InputError, match=r"it declares \d+ bytes, where a chunk has 524288"):
            open_movie(path).frame(0)

    path = movie_at(tmp_path / "hollow.zarr")
    edited(path / "0/zarr.json", lambda found: found.update(shape=[4, 2, 10**6, 10**6]))
    with pytest.raises(InputError, match=r"a frame of it has 1\.86e\+03 GiB"):
        open_movie(path)
    edited(path / "0/zarr.json", lambda found: found.update(shape=[4, 2, 30_000, 30_000]))
    with pytest.raises(InputError, match=r"declares \d+ MiB and holds \d+ bytes|lies in \d+ files"):
        open_movie(path)
    edited(path / "0/zarr.json", lambda found: found.update(shape=[10**9, 2, 37, 600]))
    with pytest.raises(InputError, match=r"it declares 2e\+09 planes"):
        open_movie(path)


def test_links_codecs_and_paths_that_lead_elsewhere_are_refused(tmp_path):
    path = movie_at(tmp_path / "m.zarr")
    chunk = path / "0/c/0/0/0/0"
    chunk.unlink()
    chunk.symlink_to("/dev/zero")
    with pytest.raises(InputError, match="it is no plain file"):
        open_movie(path).frame(0)

    def pickled(found):
        found["codecs"] = [{"name": "numcodecs.pickle", "configuration": {}}]

    edited(movie_at(tmp_path / "code.zarr") / "0/zarr.json", pickled)
    with pytest.raises(InputError, match=r"stored with 'numcodecs.pickle', which is not known"):
        open_movie(tmp_path / "code.zarr")

    def elsewhere(found):
        found["attributes"]["ome"]["multiscales"][0]["datasets"][0]["path"] = "../m.zarr/0"

    edited(movie_at(tmp_path / "out.zarr") / "zarr.json", elsewhere)
    with pytest.raises(InputError, match=r"its metadata names the folder '../m.zarr/0'"):
        open_movie(tmp_path / "out.zarr")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda ome: ome.update(version="0.6"), "it is OME-Zarr 0.6 in zarr 3; write it again"),
        (lambda ome: ome.pop("multiscales"), r"holds no image of OME-Zarr \(no multiscales\)"),
        (lambda ome: ome["multiscales"][0].pop("axes"), r"against OME-Zarr 0.5 \(axes: Field req"),
        (lambda ome: ome["multiscales"][0].update(datasets=[]), "against OME-Zarr 0.5"),
        (lambda ome: ome["multiscales"].clear(), "lists no multiscales"),
        (lambda ome: ome["multiscales"][0]["datasets"][0].update(path="7"), "there is no array"),
    ],
)  # fmt: skip
def test_metadata_against_the_specification(change, message, tmp_path):
    path = movie_at(tmp_path / "m.zarr")
    edited(path / "zarr.json", lambda found: change(found["attributes"]["ome"]))
    with pytest.raises(InputError, match=message):
        open_movie(path)


def test_folders_inside_a_store_say_where_the_movie_is(tmp_path):
    path = movie_at(tmp_path / "m.zarr", labels={"cell": ArrayFrames(CELLS)})
    with pytest.raises(InputError, match=r"it is an array in an OME-Zarr; give the image"):
        open_movie(path / "0")
    with pytest.raises(InputError, match=r"it is a group of labels \(cell\); give one of them"):
        open_movie(path / "labels")
    assert open_labels(path).frame(0).max() == CELLS[0].max()
    alone = tmp_path / "alone.ome.zarr"
    write_labels_zarr(alone, ArrayFrames(CELLS), scale=SCALE)
    np.testing.assert_array_equal(open_labels(alone).frames.asarray(), CELLS)


def test_opening_costs_no_look_at_every_chunk(tmp_path):
    """A store of 24 000 chunk files is lawful, and the guard of graphs would have refused it."""
    frame = np.full((1, 2, 1, 2), 7, np.uint8)
    path = plain(tmp_path / "m.zarr", frame, "tcyx")
    places = path / "0/c"
    blob = next(p for p in places.rglob("*") if p.is_file()).read_bytes()
    for t in range(20_100):
        place = places / str(t) / "0/0"
        place.mkdir(parents=True, exist_ok=True)
        (place / "0").write_bytes(blob)
    edited(path / "0/zarr.json", lambda found: found.update(shape=[20_100, 2, 1, 2]))
    movie = open_movie(path)
    assert movie.n_frames == 20_100
    assert (movie.frame(20_099) == 7).all()
    assert set(fingerprint(path)) == {"zarr.json", "0/zarr.json", "0/"}


def test_a_store_is_one_movie_to_init_and_to_the_viewer(tmp_path):
    """Whatever lies in it, labels above all, is no movie of its own."""
    movie_at(tmp_path / "WT/a.ome.zarr", labels={"cell": ArrayFrames(CELLS)})
    store = tmp_path / "KO/b.zarr"
    store.mkdir(parents=True)
    (store / ".zgroup").write_text('{"zarr_format": 2}')
    (store / ".zattrs").write_text('{"bioformats2raw.layout": 3}')
    for n in range(2):
        plain(store / str(n), np.ones((2, 4, 5), np.uint8), "tyx", zarr_format=2)
    (tmp_path / "WT/notes.txt").write_text("no movie")
    found = find_movies(tmp_path, "{condition}/{cell}.{end}")
    told = found.samples[["movie", "path", "condition", "position"]].to_numpy().tolist()
    assert sorted(told) == [
        ["KO__b__0", "KO/b.zarr", "KO", "0"],
        ["KO__b__1", "KO/b.zarr", "KO", "1"],
        ["WT__a", "WT/a.ome.zarr", "WT", ""],
    ]
    assert found.ignored == ()
    assert kind_of(store) == "image"
    shown = open_any(tmp_path / "WT/a.ome.zarr")
    assert shown.labels is None
    assert shown.movie is not None
    assert shown.movie.channel_names == ("DNA", "actin")
