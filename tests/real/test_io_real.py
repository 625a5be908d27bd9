"""Files of microscopes and of published data sets open as what they are."""

import numpy as np
import pytest

from lamella.core.errors import InputError
from lamella.io import open_labels, open_movie
from real_data import ROOT, needs_real_data

pytestmark = needs_real_data


@pytest.mark.parametrize(
    ("path", "options", "shape", "dtype", "names"),
    [
        ("ptk1_phase/img", {}, (50, 672, 648), "uint8", ["ch0"]),
        ("ctc_PhC-C2DL-PSC/02", {}, (25, 576, 720), "uint8", ["ch0"]),
        ("quimp/fluoreszenz-test.tif", {"axes": "TYX"}, (15, 512, 512), "uint8", ["ch0"]),
        (
            "b16f1_edge/{channel}_t00-15.tif",
            {},
            (16, 512, 512),
            "uint16",
            ["ch1_VASP", "ch2_LPD"],
        ),
        ("celldetective/ricm_stack.tif", {}, (6, 185, 179), "float32", ["ch0"]),
        ("celldetective/sample.tif", {}, (1, 682, 660), "uint16", ["ch0", "ch1", "ch2", "ch3"]),
        ("usiigaci/labelled/set1/raw.tif", {}, (1, 1022, 1024), "uint16", ["ch0"]),
        ("usiigaci/labelled/set10/raw.tif", {}, (1, 1022, 1024), "uint16", ["ch0"]),
        ("usiigaci/labelled/set20/raw.tif", {}, (1, 1022, 1024), "uint16", ["ch0"]),
        ("cancer_nuclei/cancer_cell_migration_crop.tif", {}, (48, 130, 130), "uint16", ["ch0"]),
        ("cp_sbs_foxo/Channel1-01-A-01.tif", {}, (1, 640, 640), "uint8", ["ch0"]),
    ],
)
def test_movies(path, options, shape, dtype, names):
    movie = open_movie(str(ROOT / path), **options)
    assert movie.channel_names == tuple(names)
    for frames in movie.channels.values():
        assert frames.shape == shape
        assert frames.dtype == dtype
        assert frames.frame(shape[0] - 1).max() > frames.frame(0).min()


def test_z_stack_is_refused():
    with pytest.raises(InputError, match=r"a z-stack \(axes ZYX, 15 slices\), not a time series"):
        open_movie(ROOT / "quimp/fluoreszenz-test.tif")


@pytest.mark.parametrize(
    ("path", "shape", "dtype"),
    [
        ("usiigaci/labelled/set1/instances_ids.png", (1, 1022, 1024), "uint8"),
        ("celldetective/sample_labelled.tif", (1, 682, 660), "uint16"),
        ("celldetective/ricm_labels", (6, 185, 179), "uint16"),
        ("ctc_PhC-C2DL-PSC/02_ST/SEG", (25, 576, 720), "uint16"),
        ("cancer_nuclei/voronoi_otsu_labels.tif", (48, 130, 130), "uint32"),
    ],
)
def test_labels(path, shape, dtype):
    frames = open_labels(ROOT / path).frames
    assert frames.shape == shape
    assert frames.dtype == dtype
    assert frames.frame(0).min() == 0
    assert all(frame.any() for frame in frames)


def test_imagej_scale():
    movie = open_movie(ROOT / "imagej_oracle/sample_1040x1388_u16.tif")
    assert movie.scale.pixel_size_um == 0.645
    assert movie.scale.time_min is None


def test_a_folder_with_movies_and_tables_is_no_movie():
    with pytest.raises(InputError, match="holds movies, not the frames of one"):
        open_movie(ROOT / "celldetective")


def test_frames_are_read_alike_in_any_order():
    frames = open_movie(ROOT / "celldetective/ricm_stack.tif").channel()
    whole = frames.asarray()
    for t in (5, 0, 3):
        np.testing.assert_array_equal(frames.frame(t), whole[t])
