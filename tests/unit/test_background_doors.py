"""`lamella background`: a movie or a still without its background."""

import numpy as np
import pytest
import tifffile

from lamella.io import open_movie
from oracles.imagej.subtract_background import FILE, cells

KEPT = np.load(FILE)
pytestmark = pytest.mark.filterwarnings("always::lamella.core.errors.LamellaWarning")


@pytest.fixture
def still(tmp_path):
    tifffile.imwrite(
        tmp_path / "edu.tif", KEPT["image/field"], imagej=True, resolution=(2, 2),
        metadata={"unit": "um"},
    )  # fmt: skip
    return tmp_path / "edu.tif"


def test_a_still_is_what_imagej_makes_of_it(lamella, still, tmp_path):
    out = tmp_path / "flat.tif"
    code, told, err = lamella("background", still, "-o", out, "--method", "rolling_ball")
    assert code == 0, err
    assert "cut off at 0" in told
    movie = open_movie(out)
    np.testing.assert_array_equal(movie.frame(0), KEPT["field/50/"])
    assert movie.dtype == np.uint16
    assert movie.scale.pixel_size_um == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("options", "key"),
    [
        (["--radius-px", 25, "--light"], "field/25/light"),
        (["--radius-um", 12.5, "--sliding"], "field/25/sliding"),
        (["--no-smoothing"], "field/50/disable"),
        (["--create-background"], "field/50/create"),
    ],
)
def test_every_option(lamella, still, tmp_path, options, key):
    code, _, err = lamella("background", still, "-o", tmp_path / "x.tif", *options)
    assert code == 0, err
    np.testing.assert_array_equal(open_movie(tmp_path / "x.tif").frame(0), KEPT[key])


def test_channels_and_frames_keep_their_names_and_times(lamella, tmp_path):
    frames = np.stack([cells((40, 50), dtype=np.uint8, seed=s, top=255) for s in range(6)])
    tifffile.imwrite(
        tmp_path / "m.ome.tif", frames.reshape(3, 2, 40, 50), ome=True,
        metadata={"axes": "TCYX", "Channel": {"Name": ["DNA", "EdU"]}, "PhysicalSizeX": 0.3,
                  "PhysicalSizeXUnit": "µm", "PhysicalSizeY": 0.3, "PhysicalSizeYUnit": "µm",
                  "TimeIncrement": 2.0, "TimeIncrementUnit": "min"},
    )  # fmt: skip
    code, _, err = lamella("background", tmp_path / "m.ome.tif", "-o", tmp_path / "o.tif")
    assert code == 0, err
    made = open_movie(tmp_path / "o.tif")
    assert made.channel_names == ("DNA", "EdU")
    assert made.scale.pixel_size_um == pytest.approx(0.3)
    assert made.scale.interval_min == pytest.approx(2)
    assert (made.n_frames, made.dtype) == (3, np.uint8)
    words = ["background", tmp_path / "m.ome.tif", "-o", tmp_path / "one.tif", "--channel"]
    assert lamella(*words, "EdU")[0] == 0
    one = open_movie(tmp_path / "one.tif")
    assert one.channel_names == ("EdU",)
    np.testing.assert_array_equal(one.frame(2), made.frame(2, "EdU"))
    code, _, err = lamella(*words, "none", "--force")
    assert (code, "no channel named" in err) == (2, True)


def test_a_folder_of_frames(lamella, tmp_path):
    from PIL import Image

    (tmp_path / "frames").mkdir()
    for t in range(3):
        image = cells((30, 40), dtype=np.uint8, seed=t, top=255)
        Image.fromarray(image).save(tmp_path / "frames" / f"t{t}.png")
    code, _, err = lamella("background", tmp_path / "frames", "-o", tmp_path / "o.tif")
    assert code == 0, err
    assert open_movie(tmp_path / "o.tif").n_frames == 3


def test_much_that_is_cut_off_is_warned_of(lamella, tmp_path):
    rng = np.random.default_rng(1)
    dark = np.where(rng.random((60, 60)) < 0.5, 100, 0).astype(np.uint16)
    dark[::9, ::9] = 5000
    tifffile.imwrite(tmp_path / "dark.tif", dark)
    code, _, err = lamella("background", tmp_path / "dark.tif", "-o", tmp_path / "o.tif")
    assert code == 0
    assert "lie below their background and were cut off at 0" in " ".join(err.split())


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--method", "percentile"], "under [measure.background]"),
        (["--radius-px", 0], "radius_px"),
        (["--radius-px", 5, "--radius-um", 5], "give one of them"),
        (["--radius-um", 5], None),
    ],
)
def test_wrong_settings(lamella, still, tmp_path, options, told):
    code, _, err = lamella("background", still, "-o", tmp_path / "x.tif", *options)
    assert code == (2 if told else 0)
    assert (told or "") in err


def test_bad_input_is_one_error_and_leaves_nothing(lamella, still, tmp_path):
    colour, bad, plain = tmp_path / "rgb.tif", tmp_path / "nan.tif", tmp_path / "plain.tif"
    tifffile.imwrite(colour, np.zeros((20, 20, 3), np.uint8), photometric="rgb")
    tifffile.imwrite(bad, np.full((20, 20), np.nan, np.float32))
    tifffile.imwrite(plain, np.ones((20, 20), np.uint8))
    before = still.read_bytes()
    for words, said in [
        ([colour], "colour"),
        ([bad], "NaN"),
        ([plain, "--radius-um", 4], "pixel size"),
        ([tmp_path / "nowhere.tif"], "no such file"),
    ]:
        code, _, err = lamella("background", *words, "-o", tmp_path / "o.tif")
        assert (code, said in err, (tmp_path / "o.tif").exists()) == (2, True, False), err
    code, _, err = lamella("background", still, "-o", still, "--force")
    assert (code, "it is the input" in err, still.read_bytes() == before) == (2, True, True)
    code, _, err = lamella("background", still, "-o", tmp_path / "o.png")
    assert (code, ".tif" in err) == (2, True)
    assert lamella("background", still, "-o", tmp_path / "o.tif")[0] == 0
    code, _, err = lamella("background", still, "-o", tmp_path / "o.tif")
    assert (code, "--force" in err) == (2, True)
