"""Labels of people, brought together with their images."""

import shutil

import numpy as np
import pytest
import roifile
import tifffile
from PIL import Image as Pillow

from lamella.core.errors import FaultsError, InputError, SettingsError
from lamella.core.frames import ArrayFrames
from lamella.core.labels import Labels
from lamella.core.movie import Scale, regular_times
from lamella.core.table import Col
from lamella.io import tiff
from lamella.io.ctc import write_ctc
from lamella.io.track_ids import tracked_from_ids
from lamella.io.trackmate import write_trackmate
from lamella.run.annotations import examples_from
from lamella.run.cache import Done, Manifest
from lamella.train.annotations import Annotations
from worlds.annotated import SHAPE, cells, image_of
from worlds.quimp_files import traced, write_old

ONE, TWO = cells(1), cells(4, 9)


def save_image(path, labels, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    tifffile.imwrite(path, image_of(labels), **options)


def save_labels(path, labels):
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".png":
        Pillow.fromarray(labels.astype(np.uint8)).save(path)
    else:
        tifffile.imwrite(path, labels, photometric="minisblack")


def save_movie(path, n_frames=3, channels=("GFP",), dtype=np.uint16):
    rng = np.random.default_rng(1)
    frames = {
        name: ArrayFrames(rng.integers(0, 250, (n_frames, *SHAPE)).astype(dtype))
        for name in channels
    }
    tiff.write_movie(path, frames, scale=Scale(0.5, regular_times(n_frames, 1.0)))
    return frames


def save_rois(path, frames):
    rois = []
    for t, mask in frames.items():
        roi = roifile.ImagejRoi.frompoints(traced(mask))
        roi.t_position, roi.name = t + 1, f"c{t}"
        rois.append(roi)
    roifile.roiwrite(path, rois)


def make_study(folder, movies, *, settings="", n_frames=3, channels=("GFP",), more=""):
    rows = ["movie,path,condition,session" + (",exclude" if more else "")]
    made = {}
    for i, movie in enumerate(movies):
        made[movie] = save_movie(folder / f"{movie}.tif", n_frames, channels)
        rows.append(f"{movie},{movie}.tif,{'ab'[i % 2]},s{i // 2}" + (more if i == 0 else more[:1]))
    (folder / "samples.csv").write_text("\n".join(rows) + "\n")
    (folder / "study.toml").write_text(settings)
    return made


def told(taught):
    return [(e.movie, e.frame, e.source, int(e.labels.max())) for e in taught.examples]


def test_a_folder_of_every_kind_with_the_images_beside(tmp_path):
    for name in ("a", "b", "c", "d", "e/a", "f", "g"):
        save_image(tmp_path / f"{name}.tif", TWO)
    save_labels(tmp_path / "a_mask.tif", TWO)
    save_labels(tmp_path / "b_cp_masks.png", TWO)
    np.save(tmp_path / "c_seg.npy", {"masks": TWO, "filename": "C:\\elsewhere\\c.tif"})
    save_labels(tmp_path / "c_masks.tif", ONE)  # an older export: what the window saved counts
    save_rois(tmp_path / "d_RoiSet.zip", {0: TWO == 4})
    save_labels(tmp_path / "e/a_labels.tif", ONE)
    write_old(tmp_path, "f_0", {0: traced(TWO == 4)}, n_frames=1)
    write_old(tmp_path, "f_1", {0: traced(TWO == 9)}, n_frames=1)
    write_trackmate(
        tmp_path / "g.xml",
        tracked_from_ids(Labels.from_array(TWO[None])),
    )
    taught = examples_from(tmp_path)
    assert sorted(told(taught)) == [
        ("a", 0, "labels", 2), ("b", 0, "labels", 2), ("c", 0, "seg_npy", 2), ("d", 0, "imagej", 1),
        ("e__a", 0, "labels", 1), ("f", 0, "quimp", 2), ("g", 0, "trackmate", 2),
    ]  # fmt: skip
    for each in taught.examples:
        assert np.array_equal(each.image, image_of(TWO))
        assert each.labels.dtype == np.uint16
        assert (each.session, each.condition, each.confidence) == ("1", "", 1.0)
        if each.source in ("labels", "seg_npy") and each.labels.max() == 2:
            assert np.array_equal(each.labels, np.where(TWO == 9, 2, TWO > 0))
    (quimp,) = (each for each in taught.examples if each.source == "quimp")
    assert np.count_nonzero((quimp.labels > 0) != (TWO > 0)) <= 8  # corners are rounded
    assert taught.frames[Col.N_LABELLED].sum() == 12
    assert taught.frames[Col.KEPT].all()


def test_images_elsewhere_and_a_single_pair(tmp_path):
    save_image(tmp_path / "images/ki/12.tif", TWO)
    save_image(tmp_path / "images/wt/12.tif", TWO)
    save_labels(tmp_path / "labels/ki/12.tif", TWO)
    save_labels(tmp_path / "labels/wt/12.png", ONE)
    got = examples_from(tmp_path / "labels", images=tmp_path / "images")
    assert told(got) == [("ki__12", 0, "labels", 2), ("wt__12", 0, "labels", 1)]
    save_labels(tmp_path / "flat/12.tif", TWO)
    with pytest.raises(InputError, match="2 movies are called '12'"):
        examples_from(tmp_path / "flat", images=tmp_path / "images")
    one = examples_from(tmp_path / "flat/12.tif", images=tmp_path / "images/ki/12.tif")
    assert told(one) == [("12", 0, "labels", 2)]
    shutil.move(tmp_path / "flat/12.tif", tmp_path / "flat/drawn.tif")
    one = examples_from(tmp_path / "flat/drawn.tif", images=tmp_path / "images/ki/12.tif")
    assert told(one) == [("12", 0, "labels", 2)]


def test_frames_of_a_movie_as_images_are_one_movie(tmp_path):
    for t in (0, 5, 7, 20):
        save_image(tmp_path / f"cell3_t{t:03d}.tif", TWO)
        save_labels(tmp_path / f"cell3_t{t:03d}_mask.tif", ONE if t else np.zeros_like(ONE))
    taught = examples_from(tmp_path, choose=Annotations(stride=5))
    assert told(taught) == [("cell3", 5, "labels", 1), ("cell3", 20, "labels", 1)]
    reasons = taught.frames.set_index(Col.FRAME)[Col.REASON].to_dict()
    assert reasons == {0: "empty", 5: "", 7: "less than 5 frames after another", 20: ""}
    assert taught.notes == ("1 frames without any object are left out",)
    assert len(examples_from(tmp_path, choose=Annotations(min_objects=0)).examples) == 4


def test_an_older_file_of_cellpose_may_hold_its_image(tmp_path):
    np.save(tmp_path / "a_seg.npy", {"masks": TWO, "img": image_of(TWO), "filename": "x.tif"})
    (each,) = examples_from(tmp_path).examples
    assert np.array_equal(each.image, image_of(TWO))
    np.save(tmp_path / "a_seg.npy", {"masks": TWO, "filename": "/far/x.tif"})
    with pytest.raises(InputError, match="no image beside it is called a"):
        examples_from(tmp_path)
    save_image(tmp_path / "x.tif", ONE)
    (each,) = examples_from(tmp_path).examples
    assert (each.movie, np.array_equal(each.image, image_of(ONE))) == ("x", True)


def test_the_movies_of_a_study(tmp_path):
    made = make_study(tmp_path / "s", ["m1", "m2", "m3"], channels=("DNA", "GFP"),
                      settings='[objects.cell]\nchannel = "GFP"\n')  # fmt: skip
    stack = np.stack([ONE, np.zeros_like(ONE), TWO])
    save_labels(tmp_path / "l/m1.tif", stack)
    save_labels(tmp_path / "l/m2/t0.tif", ONE)
    save_labels(tmp_path / "l/m2/t1.tif", TWO)
    save_labels(tmp_path / "l/m2/t2.tif", TWO)
    write_ctc(tmp_path / "l/m3_GT", tracked_from_ids(Labels.from_array(stack)), truth=True)
    (tmp_path / "l/m3_GT/SEG").mkdir()
    tifffile.imwrite(tmp_path / "l/m3_GT/SEG/man_seg002.tif", TWO)
    taught = examples_from(tmp_path / "l", study=tmp_path / "s", nuclear_channel="DNA")
    assert sorted(told(taught)) == [
        ("m1", 0, "labels", 1), ("m1", 2, "labels", 2), ("m2", 0, "labels", 1),
        ("m2", 1, "labels", 2), ("m2", 2, "labels", 2), ("m3", 2, "ctc", 2),
    ]  # fmt: skip
    for each in taught.examples:
        assert np.array_equal(each.image[0], made[each.movie]["GFP"].frame(each.frame))
        assert np.array_equal(each.image[1], made[each.movie]["DNA"].frame(each.frame))
    assert {(e.movie, e.condition, e.session) for e in taught.examples} == {
        ("m1", "a", "s0"), ("m2", "b", "s0"), ("m3", "a", "s1"),
    }  # fmt: skip
    with pytest.raises(InputError, match="no channel named 'RFP'"):
        examples_from(tmp_path / "l/m1.tif", study=tmp_path / "s", channel="RFP")


def test_labels_of_single_frames_of_a_movie(tmp_path):
    made = make_study(tmp_path / "s", ["m1", "m2"])
    save_labels(tmp_path / "l/m1_t0002_mask.tif", TWO)
    save_labels(tmp_path / "l/m1_t1_mask.tif", ONE)
    taught = examples_from(tmp_path / "l", study=tmp_path / "s")
    assert sorted(told(taught)) == [("m1", 1, "labels", 1), ("m1", 2, "labels", 2)]
    for each in taught.examples:
        assert np.array_equal(each.image, made["m1"]["GFP"].frame(each.frame))
    save_labels(tmp_path / "l/m1_t3_mask.tif", ONE)
    with pytest.raises(InputError, match=r"it is of frame 3, and .* has 3 frames"):
        examples_from(tmp_path / "l", study=tmp_path / "s")


def test_frames_without_outline_are_no_background(tmp_path):
    make_study(tmp_path / "s", ["m1"])
    save_rois(tmp_path / "m1.zip", {1: ONE > 0})
    every = Annotations(min_objects=0)
    taught = examples_from(tmp_path / "m1.zip", study=tmp_path / "s", choose=every)
    assert told(taught) == [("m1", 1, "imagej", 1)]


def test_excluded_movies_are_left_out_and_told(tmp_path):
    make_study(tmp_path / "s", ["m1", "m2"], more=",out of focus")
    for movie in ("m1", "m2"):
        save_labels(tmp_path / f"l/{movie}.tif", np.stack([ONE] * 3))
    taught = examples_from(tmp_path / "l", study=tmp_path / "s")
    assert {each.movie for each in taught.examples} == {"m2"}
    assert taught.notes == ("m1 is left out of the study: out of focus",)


def test_every_fault_is_told_at_once(tmp_path):
    make_study(tmp_path / "s", ["m1", "m2", "m3", "m4"])
    labels = tmp_path / "l"
    save_labels(labels / "m1_mask.tif", np.stack([ONE] * 4))
    save_labels(labels / "m2_mask.tif", np.stack([ONE[:-1]] * 3))
    save_labels(labels / "other_mask.tif", ONE)
    save_labels(labels / "further_mask.tif", ONE)
    save_rois(labels / "m3.zip", {7: ONE > 0})
    (labels / "m4.zip").write_bytes(b"PK no zip")
    with pytest.raises(FaultsError) as caught:
        examples_from(labels, study=tmp_path / "s")
    text = str(caught.value)
    assert len(caught.value.faults) == 6
    for words in (
        "m1_mask.tif: it has 4 frames, ",
        "m2_mask.tif: its labels are 39 × 52 px, ",
        "other_mask.tif: no image of the study is called other",
        "further_mask.tif: no image of the study is called further",
        "m3.zip: it has ROIs in frame 7 of 3 frames",
        "m4.zip: it is no whole zip",
    ):
        assert words in text


def test_nothing_to_learn_from(tmp_path):
    with pytest.raises(InputError, match="there is no such file or folder"):
        examples_from(tmp_path / "no")
    save_image(tmp_path / "a.tif", ONE)
    with pytest.raises(InputError, match="it holds no labels; give Cellpose's _seg"):
        examples_from(tmp_path)
    save_labels(tmp_path / "a_mask.tif", np.zeros_like(ONE))
    with pytest.raises(InputError, match=r"learnt from \(1 × empty\); draw cells in some frames"):
        examples_from(tmp_path)
    save_labels(tmp_path / "a_mask.tif", ONE)
    with pytest.raises(InputError, match=r"1 × fewer than 2 objects\); draw more cells, or ask"):
        examples_from(tmp_path, choose=Annotations(min_objects=2))
    make_study(tmp_path / "s", ["raw"])
    copied = shutil.copy(tmp_path / "s/raw.tif", tmp_path / "raw_mask.tif")
    with pytest.raises(InputError, match="it looks like an image, not like labels"):
        examples_from(copied, study=tmp_path / "s")
    copied.unlink()
    (tmp_path / "m_GT/TRA").mkdir(parents=True)
    shutil.move(tmp_path / "a_mask.tif", tmp_path / "m_GT/TRA/man_track000.tif")
    save_image(tmp_path / "m.tif", ONE)
    with pytest.raises(InputError, match="those of TRA are markers, not outlines"):
        examples_from(tmp_path)


def test_binary_masks_are_told_and_taken_apart(tmp_path):
    save_image(tmp_path / "a.tif", TWO)
    save_labels(tmp_path / "a_mask.png", (TWO > 0) * 255)
    taught = examples_from(tmp_path)
    assert len(taught.notes) == 1
    assert "all objects of every frame have one number" in taught.notes[0]
    apart = examples_from(tmp_path, choose=Annotations(binary=True))
    assert (told(apart), apart.notes) == ([("a", 0, "labels", 2)], ())


@pytest.mark.parametrize("every_frame", [False, True])
def test_corrections_of_a_run(tmp_path, every_frame):
    """The frames that a person edited, of the movies that were corrected."""
    made = make_study(tmp_path / "s", ["m1", "m2", "m3"])
    run = tmp_path / "s/results"
    before = np.stack([ONE, ONE, ONE])
    after = np.stack([ONE, TWO, ONE])
    for movie in made:
        folder = run / "movies" / movie
        (folder / "corrections").mkdir(parents=True)
        Manifest(folder).record({"track/cell": Done("")})
        if movie != "m3":
            for name, labels in (("cell", after), ("cell.original", before)):
                tiff.write_labels(
                    folder / f"corrections/{name}.ome.tif", ArrayFrames(labels), scale=Scale()
                )
    with pytest.raises(InputError, match="it holds no labels"):
        examples_from(run)
    (run / "study.lock.toml").write_text('versions = 1\n[settings]\ntitle = "t"\n')
    taught = examples_from(run, every_frame=every_frame)
    frames = [0, 1, 2] if every_frame else [1]
    assert told(taught) == [
        (movie, t, "correction", 2 if t == 1 else 1) for movie in ("m1", "m2") for t in frames
    ]
    for each in taught.examples:
        assert np.array_equal(each.image, made[each.movie]["GFP"].frame(each.frame))
    with pytest.raises(SettingsError, match="the run has cell"):
        examples_from(run, name="nucleus")
    shutil.copytree(run, tmp_path / "moved")
    with pytest.raises(SettingsError, match="the study of this run is not around it"):
        examples_from(tmp_path / "moved")
    assert len(examples_from(tmp_path / "moved", study=tmp_path / "s").examples) == 2
    for movie in ("m1", "m2"):
        (run / f"movies/{movie}/corrections/cell.ome.tif").unlink()
    with pytest.raises(InputError, match="nothing of 'cell' was corrected"):
        examples_from(run)
