"""``lamella why``: the figure, the images, and what is refused."""

import numpy as np
import pytest
from PIL import Image

from lamella.core.errors import InputError, OutputError, SettingsError
from lamella.core.frames import ArrayFrames
from lamella.core.movie import Scale
from lamella.io import open_labels, open_movie, tiff
from lamella.phantom import CellPhantom
from lamella.run.single import segment_movie
from lamella.run.why import explain_movie
from lamella.segment import Motion
from lamella.segment.motion.flow import flow_of
from lamella.segment.motion.words import label_image

IMAGES = {"self_labels.ome.tif", "evidence.ome.tif", "odds.ome.tif", "flow.ome.tif"}


@pytest.fixture(scope="module")
def cell(tmp_path_factory):
    path = tmp_path_factory.mktemp("why") / "cell.tif"
    movie = CellPhantom(n_frames=7, field_px=(120, 140), area_um2=120, seed=2).make().movie
    tiff.write_movie(path, dict(movie.channels), scale=movie.scale)
    return path


def explained(path, t):
    frames, motion = open_movie(path).channel(), Motion()
    plan = motion.prepare(frames).plan
    return frames, plan, motion.explain(frames, t, plan)


def test_the_middle_frame_is_explained(cell, tmp_path, lamella):
    code, out, err = lamella("why", cell, "-o", tmp_path / "w")
    assert code == 0, err
    assert {file.name for file in (tmp_path / "w").iterdir()} == {"why_t0003.png", *IMAGES}
    assert "frame 3: 1 object" in out
    assert out.count("Pixel (") == 3
    with Image.open(tmp_path / "w" / "why_t0003.png") as figure:
        assert figure.width == int(240 / 25.4 * 200)
    frames, plan, truth = explained(cell, 3)
    labels = open_labels(tmp_path / "w" / "self_labels.ome.tif").frames.asarray()
    assert np.array_equal(labels, label_image(truth.labels)[None])
    for name, plane in (("evidence", truth.evidence), ("odds", truth.odds)):
        written = open_movie(tmp_path / "w" / f"{name}.ome.tif")
        assert written.dtype == np.float32
        assert np.array_equal(written.frame(0), plane)
        assert written.scale.pixel_size_um == pytest.approx(0.318)
    flow = open_movie(tmp_path / "w" / "flow.ome.tif")
    assert flow.channel_names == ("y", "x")
    both = np.stack([flow.frame(0, "y"), flow.frame(0, "x")])
    assert np.array_equal(both, flow_of(frames, 3, lag=plan.lag), equal_nan=True)
    assert np.isnan(both).any()


def test_what_is_explained_is_what_segment_gives(cell, tmp_path):
    segment_movie(cell, tmp_path / "labels.tif", segmenter=Motion())
    masks = open_labels(tmp_path / "labels.tif").frames
    found = explain_movie(cell, tmp_path / "w", motion=Motion(), frames_wanted=(5, 2))
    assert [told.frame for told in found] == [5, 2]
    for told in found:
        assert told.n_objects == masks.frame(told.frame).max()
        for sentence in told.sentences:
            y, x = map(int, sentence[len("Pixel (") :].split(")")[0].split(", "))
            assert ("is cell" in sentence) == bool(masks.frame(told.frame)[y, x])
    assert open_movie(tmp_path / "w" / "odds.ome.tif").n_frames == 2


def test_asked_for_pixels_and_settings(cell, tmp_path, lamella):
    code, out, err = lamella(
        "why", cell, "-o", tmp_path, "--frame", 0, "--at", "3,4", "--at", " 60, 70",
        "--set", "max_lag=2",
    )  # fmt: skip
    assert code == 0, err
    assert "  Pixel (3, 4) is not cell." in out
    assert "  Pixel (60, 70) is" in out
    assert out.count("Pixel (") == 2


def test_all_frames(cell, tmp_path):
    seen = []
    explain_movie(
        cell, tmp_path, motion=Motion(), all_frames=True,
        advance=lambda done, total: seen.append((done, total)),
    )  # fmt: skip
    assert seen == [(k, 14) for k in range(1, 15)]
    labels = open_labels(tmp_path / "self_labels.ome.tif").frames
    flow = open_movie(tmp_path / "flow.ome.tif")
    assert labels.shape == (7, 120, 140)
    assert flow.n_frames == 7
    assert np.array_equal(flow.scale.time_min, open_movie(cell).scale.time_min)
    for t in (0, 6):
        frames, plan, truth = explained(cell, t)
        assert np.array_equal(labels.frame(t), label_image(truth.labels))
        wanted = flow_of(frames, t, lag=plan.lag)
        assert np.array_equal(flow.frame(t, "x"), wanted[1], equal_nan=True)
    assert open_movie(tmp_path / "evidence.ome.tif").n_frames == 1


@pytest.mark.parametrize("name", ["why_t0003.png", *sorted(IMAGES)])
def test_nothing_is_overwritten_unless_forced(cell, tmp_path, name):
    (tmp_path / name).write_bytes(b"mine")
    with pytest.raises(OutputError, match=r"it is there already; use --force"):
        explain_movie(cell, tmp_path, motion=Motion())
    assert (tmp_path / name).read_bytes() == b"mine"
    assert len(list(tmp_path.iterdir())) == 1
    explain_movie(cell, tmp_path, motion=Motion(), force=True)
    assert (tmp_path / name).stat().st_size > 1000


@pytest.mark.parametrize("at", [(120, 0), (0, 140), (-1, 5)])
def test_pixels_outside_are_refused(cell, tmp_path, at):
    with pytest.raises(SettingsError, match=r"outside the frame.*from 0,0 to 119,139"):
        explain_movie(cell, tmp_path / "w", motion=Motion(), at=[at])
    assert not (tmp_path / "w").exists()


def test_wrong_options_are_told(cell, tmp_path, lamella):
    code, _, err = lamella("why", cell, "-o", tmp_path, "--at", "12")
    assert (code, "write row,column" in err) == (2, True)
    code, _, err = lamella("why", cell, "-o", tmp_path, "--frame", 7)
    assert (code, "give a number from 0 to 6" in err) == (2, True)
    code, _, err = lamella("why", cell, "-o", tmp_path, "--set", "max_lagg=2")
    assert (code, "did you mean 'max_lag'?" in err) == (2, True)
    assert not list(tmp_path.iterdir())


def test_one_frame_is_refused(tmp_path):
    image = ArrayFrames(np.random.default_rng(0).poisson(100, (1, 64, 64)).astype(np.uint16))
    tiff.write_movie(tmp_path / "one.tif", {"a": image}, scale=Scale())
    with pytest.raises(InputError, match=r"it has one frame, and motion is seen between two"):
        explain_movie(tmp_path / "one.tif", tmp_path / "w", motion=Motion())


def test_a_still_movie_is_explained_too(tmp_path):
    noise = ArrayFrames(np.random.default_rng(0).poisson(100, (9, 80, 96)).astype(np.uint16))
    tiff.write_movie(tmp_path / "still.tif", {"a": noise}, scale=Scale())
    (told,) = explain_movie(tmp_path / "still.tif", tmp_path / "w", motion=Motion())
    assert told.n_objects == 0
    assert told.sentences[0].endswith("nothing is cell.")
    assert np.isnan(open_movie(tmp_path / "w" / "odds.ome.tif").frame(0)).all()
    assert open_movie(tmp_path / "w" / "evidence.ome.tif").frame(0).mean() == pytest.approx(
        1, abs=0.3
    )
