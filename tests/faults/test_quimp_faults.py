"""QuimP files that are damaged, or of another version: told with the file and the remedy."""

import json

import numpy as np
import pytest

from lamella.core.errors import InputError
from lamella.core.table import Col
from lamella.io.quimp import quimp_areas, read_quimp

SQUARE = [(10, 10), (20, 10), (20, 22), (10, 22)]
PARAMETERS = [
    *("#p2 - QuimP parameter file", "1", "C:\\movies\\a.tif", "C:\\movies\\a_0.snQP"),
    *("#Image calibration", "0.5", "30", "#segmentation", *["1"] * 13),
    *("#new", "0.7", "1", "4", "3.0", "a_0.stQP.csv", "/", "/", "/", "#END"),
]


def snake(points):
    lines = [f"{i / 10}\t{x}\t{y}\t0\t0\t0" + "\t-2" * 9 for i, (x, y) in enumerate(points)]
    return [str(len(points)), *lines]


def old(tmp_path, *, parameters=PARAMETERS, nodes=None, statistics=None):
    if nodes is None:
        nodes = ["#Frame 1", *snake(SQUARE), "#", "#Frame 3", *snake(SQUARE)]
    (tmp_path / "a_0.paQP").write_text("\n".join(parameters))
    (tmp_path / "a_0.snQP").write_text("\n".join(["#QuimP11 Node data", "#", *nodes]))
    if statistics is not None:
        (tmp_path / "a_0.stQP.csv").write_text("\n".join(statistics))
    return tmp_path / "a_0.paQP"


def test_frames_without_an_outline_are_gaps(tmp_path):
    got = read_quimp(old(tmp_path), frame_shape=(30, 40))
    assert got.n_frames == 4
    assert dict(got.tracks.first_last) == {1: (0, 2)}
    assert got.tracks.links[Col.FRAME].tolist() == [0, 2]
    box = np.argwhere(got.painted().frame(2) == 1)
    assert box.min(axis=0).tolist() == [10, 10]
    assert box.max(axis=0).tolist() == [21, 19]
    assert got.scale.pixel_size_um == 0.5
    assert got.scale.time_min.tolist() == [0, 0.5, 1, 1.5]


def test_outlines_of_a_centred_view(tmp_path):
    offsets = np.array([[3, -5], [0, 0], [1, 2], [0, 0]])
    got = read_quimp(old(tmp_path), frame_shape=(60, 60), offsets=offsets)
    assert np.argwhere(got.painted().frame(0)).min(axis=0).tolist() == [7, 15]
    with pytest.raises(InputError, match=r"offsets of shape \(2, 2\) for 4 frames"):
        read_quimp(old(tmp_path), offsets=offsets[:2])


def test_areas_without_statistics_are_nan(tmp_path):
    table = quimp_areas(old(tmp_path))
    assert table[Col.AREA_UM2].tolist() == [30, 30]
    assert table[Col.AREA_UM2_STATED].isna().all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"parameters": PARAMETERS[:9]}, "values, not 21 or more"),
        (
            {"parameters": ["x" if p == "0.5" else p for p in PARAMETERS]},
            "'x' stands where a number",
        ),
        ({"parameters": ["0" if p == "0.5" else p for p in PARAMETERS]}, "a number above 0"),
        ({"nodes": ["#Frame 1", "4", *snake(SQUARE)[1:3]]}, "frame 1 has 2 of 4 nodes"),
        ({"nodes": ["#Frame 1", "-4", *snake(SQUARE)[1:]]}, "frame 1 has '-4' nodes"),
        ({"nodes": ["#Frame 1", "1e9"]}, "frame 1 has '1e9' nodes"),
        ({"nodes": ["#Frame 1", *snake(SQUARE[:2])]}, "frame 1 has 2 nodes, not three"),
        ({"nodes": ["#Frame 1", *snake([*SQUARE, ("x", 2)])]}, "'x' stands where a number"),
        ({"nodes": ["#Frame 1", *snake([*SQUARE, ("nan", 2)])]}, "'nan' stands where"),
        (
            {"nodes": ["#Frame 2", *snake(SQUARE), "#Frame 2", *snake(SQUARE)]},
            "frame 2 is there twice",
        ),
        ({"nodes": ["#Frame 99999999", *snake(SQUARE)]}, "99999999 frames"),
        ({"statistics": ["1,2,3"]}, "a line has 3 of 11 values"),
    ],
)
def test_faults_of_the_old_format(tmp_path, change, message):
    with pytest.raises(InputError, match=message):
        read_quimp(old(tmp_path, **change), frame_shape=(30, 40))


def test_outlines_of_more_nodes_than_any_cell_has(tmp_path):
    nodes = [(float(i), float(i % 2)) for i in range(40_000)]
    path = old(tmp_path, nodes=["#Frame 1", *snake(nodes)])
    with pytest.raises(InputError, match="frame 1 has '40000' nodes"):
        read_quimp(path)
    content = document()
    handler = content["obj"]["BOAState"]["nest"]["sHs"][0]
    place = next(i for i, each in enumerate(handler["finalSnakes"]) if each is not None)
    handler["finalSnakes"][place] = new_snake(nodes)
    with pytest.raises(InputError, match="has 40000 nodes"):
        read_quimp(qconf(tmp_path, content))


def test_missing_companions(tmp_path):
    path = old(tmp_path)
    (tmp_path / "a_0.snQP").unlink()
    with pytest.raises(InputError, match=r"a_0\.snQP, which holds the nodes, is not beside it"):
        read_quimp(path)
    with pytest.raises(InputError, match="there is no such file"):
        read_quimp(tmp_path / "b.paQP")
    (tmp_path / "b.txt").write_text("")
    with pytest.raises(InputError, match="not of QuimP"):
        read_quimp(tmp_path / "b.txt")


def node(x, y, head=False):
    return {"point": {"x": x, "y": y}, "head": head}


def new_snake(points):
    return {
        "head": node(*points[0], head=True),
        "Elements": [node(*point) for point in points[1:]],
    }


def document():
    far = [(x + 15, y) for x, y in SQUARE]
    cells = [
        {"startFrame": 1, "endFrame": 4, "finalSnakes": [new_snake(SQUARE), None, new_snake(far)]},
        {"startFrame": 3, "endFrame": 3, "finalSnakes": [new_snake(SQUARE), new_snake(SQUARE)]},
    ]
    boap = {"FRAMES": 5, "HEIGHT": 30, "WIDTH": 40, "imageScale": 0.5, "imageFrameInterval": 60.0}
    return {
        "className": "DataContainer",
        "obj": {"BOAState": {"boap": boap, "nest": {"sHs": cells}}},
    }


def qconf(tmp_path, content):
    path = tmp_path / "a.QCONF"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def test_several_cells_and_null_frames(tmp_path):
    got = read_quimp(qconf(tmp_path, document()))
    rows = got.tracks.links[[Col.CELL, Col.FRAME]].to_numpy().tolist()
    assert rows == [[1, 0], [1, 2], [2, 2]]  # behind a cell's last frame nothing is taken
    assert got.n_frames == 5
    assert got.frame_shape == (30, 40)
    assert [(got.painted().frame(2) == k).sum() for k in (1, 2)] == [120, 120]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.update(className="QParams"), "its class is 'QParams', not DataContainer"),
        (lambda d: d["obj"].update(BOAState=None), "holds no segmentation; segment the movie"),
        (lambda d: d.pop("obj"), "cannot be read"),
        (lambda d: d["obj"]["BOAState"]["boap"].pop("FRAMES"), "no 'FRAMES'"),
        (lambda d: d["obj"]["BOAState"].update(nest=7), "cannot be read"),
        (lambda d: d["obj"]["BOAState"]["boap"].update(FRAMES=10**9), "1000000000 frames"),
        (lambda d: d["obj"]["BOAState"]["nest"]["sHs"][0].update(startFrame=-3), "frame -3"),
        (
            lambda d: d["obj"]["BOAState"]["nest"]["sHs"][0]["finalSnakes"][0].update(Elements=[]),
            "frame 1 has 1 nodes",
        ),
        (
            lambda d: d["obj"]["BOAState"]["nest"]["sHs"][0]["finalSnakes"][0]["head"].update(
                point={"x": "left", "y": 3}
            ),
            "cannot be read",
        ),
    ],
)
def test_faults_of_the_new_format(tmp_path, change, message):
    content = document()
    change(content)
    with pytest.raises(InputError, match=message):
        read_quimp(qconf(tmp_path, content))


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "[]", "7"])
def test_what_is_no_json(tmp_path, text):
    with pytest.raises(InputError, match=r"a\.QCONF: (it is not JSON|its class is)"):
        read_quimp(qconf(tmp_path, text))
