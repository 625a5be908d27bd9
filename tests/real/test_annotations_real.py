"""Real labels of many kinds as examples to learn from."""

import shutil

import numpy as np
import pytest
from PIL import Image as Pillow

from lamella.core.errors import InputError
from lamella.core.table import Col
from lamella.io import open_movie
from lamella.run.annotations import examples_from
from lamella.train.annotations import Annotations
from lamella.train.data_card import data_card
from real_data import ROOT, needs_real_data

pytestmark = needs_real_data


def test_silver_truth_of_the_challenge_lies_beside_its_movie():
    """Every fifth of 25 frames of crowded cells."""
    folder = ROOT / "ctc_PhC-C2DL-PSC"
    taught = examples_from(folder, choose=Annotations(stride=5))
    assert [each.frame for each in taught.examples] == [0, 5, 10, 15, 20]
    assert {(each.movie, each.source) for each in taught.examples} == {("02", "ctc")}
    raw = open_movie(folder / "02")
    for each in taught.examples:
        truth = np.asarray(Pillow.open(folder / f"02_ST/SEG/man_seg{each.frame:03d}.tif"))
        assert np.array_equal(each.image, raw.frame(each.frame))
        assert np.array_equal(each.labels > 0, truth > 0)
        assert each.labels.max() == len(np.unique(truth)) - 1
    card = data_card(taught.examples)
    assert (card["n_images"], card["stride"], card["pixel_types"]) == (5, 5, {"uint8": 5})
    assert 10 < card["diameter_px"]["median"] < 20


def test_rois_of_imagej_on_their_image():
    image = ROOT / "imagej_oracle/sample_1040x1388_u16.tif"
    (each,) = examples_from(ROOT / "imagej_oracle/rois.zip", images=image).examples
    assert (each.labels.max(), each.labels.shape) == (28, (1040, 1388))
    assert np.array_equal(each.image, open_movie(image).frame(0))


def test_manual_labels_as_png_and_as_rois(tmp_path):
    """Two folders of one field: label image and ROIs of the same 114 cells."""
    own = ROOT / "usiigaci/labelled/set20"
    shutil.copy(own / "raw.tif", tmp_path / "set20.tif")
    shutil.copy(own / "instances_ids.png", tmp_path / "set20_instances.png")
    labels = examples_from(tmp_path)
    (tmp_path / "set20_instances.png").unlink()
    shutil.copy(own / "roiset.zip", tmp_path / "set20_RoiSet.zip")
    rois = examples_from(tmp_path)
    for taught in (labels, rois):
        assert taught.frames[Col.N_LABELLED].tolist() == [114]
    one, two = (taught.examples[0].labels > 0 for taught in (labels, rois))
    assert np.count_nonzero(one & two) / np.count_nonzero(one | two) > 0.95


def test_quimp_beside_its_movie_and_of_a_movie_that_is_not_there(tmp_path):
    folder = ROOT / "quimp"
    with pytest.raises(InputError, match="it is a z-stack"):
        examples_from(folder / "fluoreszenz-test.QCONF")
    (tmp_path / "samples.csv").write_text(
        f"movie,path,condition\nfluoreszenz-test,{folder / 'fluoreszenz-test.tif'},wt\n"
    )
    (tmp_path / "study.toml").write_text(
        '[scale]\naxes = "TYX"\npixel_size_um = "unknown"\ninterval_min = "unknown"\n'
    )
    taught = examples_from(folder / "fluoreszenz-test.QCONF", study=tmp_path)
    (each,) = taught.examples
    assert (each.movie, each.frame, each.source) == ("fluoreszenz-test", 0, "quimp")
    inside = each.image[each.labels > 0].mean()
    assert inside > 1.5 * each.image[each.labels == 0].mean()  # the outline lies around the cell
    with pytest.raises(InputError, match="no image beside it is called Composite-after-macro"):
        examples_from(folder / "Composite-after-macro_1.snQP")


def test_masks_of_one_value_are_taken_apart():
    """Binary masks in a folder of their own, called as the images are."""
    folder = ROOT / "ctc_U373_frames"
    binary = Annotations(binary=True, stride=30)
    taught = examples_from(folder / "masks", images=folder / "sources", choose=binary)
    assert {each.image.dtype for each in taught.examples} == {np.dtype(np.uint8)}
    assert max(int(each.labels.max()) for each in taught.examples) > 3
