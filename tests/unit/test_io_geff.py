"""Graphs of other programs become cells: whatever they call and count things."""

import numpy as np
import pytest
from geff import GeffMetadata
from geff.core_io import write_arrays
from geff_spec import Axis

from lamella.core.errors import InputError, OutputError
from lamella.core.movie import Scale
from lamella.io.formats import recognise
from lamella.io.geff import is_geff, read_geff, write_geff
from lamella.io.track_ids import tracked_from_ids
from worlds import dividing_cell

# A cell (10, 11) with a gap divides into 12 and 13; these meet in 14; 20 is alone.
NODES = np.array([10, 11, 12, 13, 14, 20], np.uint64)
FRAME = np.array([0, 2, 3, 3, 4, 1])
EDGES = np.array([[10, 11], [11, 12], [11, 13], [12, 14], [13, 14]], np.uint64)
Y = np.array([1.0, 2, 3, 4, 5, 9])
X = Y + 0.5


def graph(
    path, *, nodes=NODES, edges=EDGES, t=FRAME, y=Y, x=X, names=("t", "y", "x"), units=(None,) * 3,
    scales=(None,) * 3, scaled=(None,) * 3, more=None, directed=True, declared=None, axes=True,
    zarr_format=2,
):  # fmt: skip
    kinds = ("time", "space", "space")
    of = [
        Axis(name=n, type=k, unit=u, scale=s, scaled_unit=su)
        for n, k, u, s, su in zip(names, kinds, units, scales, scaled, strict=True)
    ]
    props = dict(zip(names, (t, y, x), strict=True)) | (more or {})
    metadata = GeffMetadata(
        directed=directed, axes=of if axes else None, node_props_metadata={},
        edge_props_metadata={}, track_node_props=declared,
    )  # fmt: skip
    write_arrays(
        str(path), nodes, {n: {"values": v, "missing": None} for n, v in props.items()},
        edges, {}, metadata, zarr_format=zarr_format,
    )  # fmt: skip
    return path


def cells(tracked):
    return [tuple(r) for r in tracked.tracks.links[["cell", "frame", "y_px"]].to_numpy()]


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_tracks_are_the_unbranched_stretches(tmp_path, zarr_format):
    path = graph(tmp_path / "g", zarr_format=zarr_format)
    assert is_geff(path)
    assert recognise(path).name == "geff"
    tracked = read_geff(path)
    assert cells(tracked) == [(1, 0, 1), (1, 2, 2), (2, 1, 9), (3, 3, 3), (4, 3, 4), (5, 4, 5)]
    assert dict(tracked.tracks.parents) == {3: (1,), 4: (1,), 5: (3, 4)}
    assert tracked.tracks.first_last[1] == (0, 2)
    assert (tracked.n_frames, tracked.scale.pixel_size_um) == (5, None)


def test_other_names_other_units(tmp_path):
    path = graph(
        tmp_path / "g", t=FRAME * 90.0, y=Y / 2, x=X / 2, names=("time", "pos_y", "pos_x"),
        units=("second", "micrometer", "micrometer"),
    )  # fmt: skip
    with pytest.raises(InputError, match=r"in micrometer, and no pixel size .*--pixel-size-um"):
        read_geff(path)
    tracked = read_geff(path, scale=Scale(0.5))
    assert cells(tracked)[0] == (1, 0, 1)
    assert tracked.tracks.links["x_px"].tolist() == [1.5, 2.5, 9.5, 3.5, 4.5, 5.5]
    assert tracked.scale.time_min.tolist() == [0, 1.5, 3, 4.5, 6]


def test_scale_of_the_axes(tmp_path):
    path = graph(
        tmp_path / "g", units=("frame", "pixel", "pixel"), scales=(30, 160, 160),
        scaled=("second", "nanometer", "nanometer"),
    )  # fmt: skip
    scale = read_geff(path).scale
    assert scale.pixel_size_um == pytest.approx(0.16)
    assert scale.interval_min == 0.5
    assert read_geff(path, scale=Scale(0.2)).scale.pixel_size_um == 0.2
    crooked = graph(
        tmp_path / "c", units=("frame", "pixel", "pixel"), scales=(30, 0.16, 0.32),
        scaled=("second", "micrometer", "micrometer"),
    )  # fmt: skip
    with pytest.raises(InputError, match="not square"):
        read_geff(crooked)


def test_without_axes_the_names_decide(tmp_path):
    path = graph(tmp_path / "g", names=("FRAME", "POSITION_Y", "POSITION_X"), axes=False)
    assert len(read_geff(path).tracks.first_last) == 5
    other = graph(tmp_path / "h", names=("a", "b", "c"), axes=False)
    with pytest.raises(InputError, match="it declares no axes, and its properties are"):
        read_geff(other)


def test_numbers_of_tracks_are_kept_where_every_stretch_has_one(tmp_path):
    own = np.array([7, 7, 3, 4, 9, 1])
    path = graph(tmp_path / "g", more={"tid": own}, declared={"tracklet": "tid"})
    assert dict(read_geff(path).tracks.parents) == {3: (7,), 4: (7,), 9: (3, 4)}
    shared = np.array([7, 7, 7, 7, 7, 1])
    tracked = read_geff(graph(tmp_path / "h", more={"track_id": shared}))
    assert sorted(tracked.tracks.first_last) == [1, 2, 3, 4, 5]
    assert "numbered anew" in tracked.notes[-1]


def test_a_track_that_ends_in_the_middle_of_a_stretch_ends_the_cell(tmp_path):
    own = np.array([7, 8, 3, 4, 9, 1])
    tracked = read_geff(graph(tmp_path / "g", more={"tid": own}, declared={"tracklet": "tid"}))
    assert tracked.tracks.parents[8] == (7,)


def test_direction_does_not_matter_where_it_is_one(tmp_path):
    forward = read_geff(graph(tmp_path / "f"))
    backward = read_geff(graph(tmp_path / "b", edges=EDGES[:, ::-1]))
    any_way = EDGES.copy()
    any_way[1::2] = any_way[1::2, ::-1]
    neither = read_geff(graph(tmp_path / "n", edges=any_way, directed=False))
    assert cells(backward) == cells(forward) == cells(neither)
    assert dict(backward.tracks.parents) == dict(forward.tracks.parents)
    mixed = EDGES.copy()
    mixed[0] = mixed[0, ::-1]
    with pytest.raises(InputError, match="some of its edges run forward in time and some backward"):
        read_geff(graph(tmp_path / "m", edges=mixed))


def test_depth(tmp_path):
    metadata = GeffMetadata(
        directed=True, node_props_metadata={}, edge_props_metadata={},
        axes=[Axis(name="t", type="time"), *(Axis(name=n, type="space") for n in "zyx")],
    )  # fmt: skip
    for name, z in (("flat", np.full(6, 2.0)), ("deep", Y)):
        props = {"t": FRAME, "z": z, "y": Y, "x": X}
        values = {n: {"values": v, "missing": None} for n, v in props.items()}
        write_arrays(str(tmp_path / name), NODES, values, EDGES, {}, metadata)
    assert any("the same for all nodes" in note for note in read_geff(tmp_path / "flat").notes)
    with pytest.raises(InputError, match="its nodes differ in z"):
        read_geff(tmp_path / "deep")


def test_an_empty_graph(tmp_path):
    none = np.zeros(0)
    path = graph(
        tmp_path / "g", nodes=NODES[:0], edges=EDGES[:0], t=none.astype(int), y=none, x=none
    )
    tracked = read_geff(path, n_frames=4)
    assert (len(tracked.tracks.links), tracked.n_frames) == (0, 4)


def test_a_folder_that_is_no_graph_is_never_replaced(tmp_path):
    labels, parents = dividing_cell()
    tracked = tracked_from_ids(labels_of(labels), {c: (p,) for c, p in parents.items()})
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years")
    with pytest.raises(OutputError, match="something that is no GEFF is in the way"):
        write_geff(tmp_path / "mine", tracked)
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "years"
    write_geff(tmp_path / "g", tracked)
    write_geff(tmp_path / "g", tracked)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["g", "mine"]


def test_a_parent_that_outlives_its_daughters_first_frame_is_refused(tmp_path):
    labels, _ = dividing_cell()
    with pytest.raises(InputError, match=r"cell 2 begins in frame 5, and its parent 3 is seen to"):
        write_geff(tmp_path / "g", tracked_from_ids(labels_of(labels), {2: (3,)}))
    assert not list(tmp_path.iterdir())


def labels_of(array):
    from lamella.core.labels import Labels

    return Labels.from_array(array)
