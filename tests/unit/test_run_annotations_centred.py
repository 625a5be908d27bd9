"""Outlines that were drawn on the centred movies of a run, back on the raw movies."""

import warnings

import numpy as np
import pytest
import roifile

from lamella.core.errors import InputError, LamellaWarning
from lamella.core.frames import ArrayFrames
from lamella.core.movie import Scale
from lamella.core.table import Col
from lamella.io import open_movie, tiff
from lamella.kernels.overlap import intersection_over_union
from lamella.phantom import CellPhantom
from lamella.run.annotations import examples_from
from lamella.run.cache import MANIFEST
from lamella.run.centred import offsets_of
from lamella.run.movie import run_movie
from lamella.run.study import open_study
from lamella.run.task import task_for
from lamella.train.annotations import Annotations
from worlds.quimp_files import traced, write_new, write_old

N, SHAPE = 10, (110, 130)
PHANTOMS = {
    "far": CellPhantom(
        field_px=SHAPE, n_frames=N, area_um2=120, stray=0.2, n_protrusions=0, seed=11
    ),
    "fast": CellPhantom(
        field_px=SHAPE, n_frames=N, area_um2=120, speed_um_per_min=2, n_protrusions=0, seed=12
    ),
    # The centre of the cell lies near the edge, so that the view shows it whole and the field not.
    "edge": CellPhantom(
        field_px=SHAPE, n_frames=N, area_um2=120, stray=0.45, keep_inside=False, seed=13
    ),
}


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """A study that was run with the true masks, so that its centred movies are those of them."""
    folder = tmp_path_factory.mktemp("centred")
    rows = ["movie,path,condition,session"]
    for name, phantom in PHANTOMS.items():
        made = phantom.make()
        tiff.write_movie(folder / f"{name}.tif", made.movie.channels, scale=made.movie.scale)
        tiff.write_labels(
            folder / f"true_{name}.tif", made.truth.frames, scale=made.movie.scale, name="cell"
        )
        rows.append(f"{name},{name}.tif,wt,{1 + len(rows) // 3}")
    (folder / "samples.csv").write_text("\n".join(rows) + "\n")
    (folder / "study.toml").write_text(
        "outlines = false\n"
        + "[measure]\nwalks = false\nlamellipodium = false\nprotrusion = false\nedge = false\n"
        + "region = false\nmigration = false\n"
        + '[objects.cell.segment]\nmethod = "labels"\npattern = "true_{movie}.tif"\n'
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LamellaWarning)
        opened = open_study(folder)
        for sample in opened.samples:
            done = run_movie(task_for(opened, sample, folder / "results"))
            assert {each.state for each in done} == {"done"}, [each.message for each in done]
    return folder


def drawn_on_centred(study, movie):
    """What a person outlines who sees the centred movie alone."""
    labels = open_movie(study / f"results/movies/{movie}/centered_cell.ome.tif").channel()
    return {t: traced(labels.frame(t) > 0) for t in range(N) if (labels.frame(t) > 0).any()}


def ious(taught, movie):
    truth = PHANTOMS[movie].make().truth
    return [
        intersection_over_union(each.labels, truth.frame(each.frame))
        for each in taught.examples
        if each.movie == movie
    ]


@pytest.mark.parametrize("kind", ["old", "new"])
def test_outlines_of_quimp_come_back_to_the_raw_movie(study, tmp_path, kind):
    moved = []
    for movie in ("far", "fast"):
        outlines = drawn_on_centred(study, movie)
        if kind == "old":
            write_old(tmp_path, f"{movie}_0", outlines, n_frames=N)
        else:
            write_new(tmp_path, movie, outlines, n_frames=N, frame_shape=SHAPE)
        moved.append(offsets_of(study / "results/movies" / movie / MANIFEST))
    assert np.abs(np.concatenate(moved)).max() > 10  # there is something to move back
    taught = examples_from(tmp_path, study=study, centred=study / "results")
    assert len(taught.examples) == 2 * N
    for movie in ("far", "fast"):
        assert min(ious(taught, movie)) >= 0.98
    assert {(each.source, each.session, each.condition) for each in taught.examples} == {
        ("quimp", "1", "wt")
    }
    raw = open_movie(study / "far.tif")
    for each in taught.examples:
        if each.movie == "far":
            assert np.array_equal(each.image, raw.frame(each.frame))


def test_label_images_and_rois_of_the_centred_view_come_back_too(study, tmp_path):
    offsets = offsets_of(study / "results/movies/far" / MANIFEST)
    view = open_movie(study / "results/movies/far/centered_cell.ome.tif").channel()
    tiff.write_labels(tmp_path / "far_mask.tif", view, scale=Scale())
    rois = []
    for t, nodes in drawn_on_centred(study, "fast").items():
        roi = roifile.ImagejRoi.frompoints(nodes)
        roi.t_position = t + 1
        roi.name = f"cell-{t}"
        rois.append(roi)
    roifile.roiwrite(tmp_path / "fast_RoiSet.zip", rois)
    taught = examples_from(tmp_path, study=study, centred=study / "results")
    assert np.abs(offsets).max() > 10
    assert min(ious(taught, "far")) == 1
    assert min(ious(taught, "fast")) >= 0.98
    assert len(ious(taught, "fast")) == N


def test_outlines_in_the_folder_of_the_run_need_no_study_and_no_name(study, tmp_path):
    """As QuimP leaves them beside ``centered.ome.tif``."""
    for movie in ("far", "fast"):
        write_old(tmp_path / movie, "centered_0", drawn_on_centred(study, movie), n_frames=N)
    taught = examples_from(tmp_path, centred=study / "results")
    assert min(ious(taught, "far") + ious(taught, "fast")) >= 0.98
    far = tmp_path / "far"
    alone = examples_from(far, study=study, centred=study / "results/movies/far" / MANIFEST)
    assert len(alone.examples) == N


def test_without_the_offsets_they_would_lie_elsewhere(study, tmp_path):
    write_old(tmp_path, "far_0", drawn_on_centred(study, "far"), n_frames=N)
    assert max(ious(examples_from(tmp_path, study=study), "far")) < 0.7


def test_cells_that_the_view_cut_are_measured_told_and_left_out(study, tmp_path):
    """The view is as large as the frame: a cell that is wider than it reaches is cut by its end."""
    offsets = offsets_of(study / "results/movies/edge" / MANIFEST)
    middle, cut_px = SHAPE[1] // 2, {}
    labels = np.zeros((N, *SHAPE), np.uint16)
    for t, (dy, _) in enumerate(offsets):
        # In the view, a column 7 px wide: of every other frame down or up to the end of the view
        # beyond which the field goes on.
        rows = slice(SHAPE[0] // 2, SHAPE[0] // 2 + 9)
        if t % 2 == 0 and dy != 0:
            rows = slice(rows.start, None) if dy > 0 else slice(0, rows.stop)
            cut_px[t] = 7
        labels[t, rows, middle : middle + 7] = 3
    assert cut_px
    tiff.write_labels(tmp_path / "edge_mask.tif", ArrayFrames(labels), scale=Scale())
    taught = examples_from(tmp_path, study=study, centred=study / "results")
    table = taught.frames.set_index(Col.FRAME)
    told = table.loc[table[Col.N_CUT_BY_VIEW] > 0, Col.CUT_BY_VIEW_PX].to_dict()
    assert told == cut_px
    assert set(table.index[table[Col.REASON] == "cut by the centred view"]) == set(cut_px)
    assert {each.frame for each in taught.examples} == set(range(N)) - set(cut_px)
    assert any("reaches where the centred view ended" in note for note in taught.notes)
    kept = examples_from(
        tmp_path, study=study, centred=study / "results", choose=Annotations(cut="keep")
    )
    assert len(kept.examples) == N


def test_a_view_of_another_length_is_refused(study, tmp_path):
    write_old(tmp_path, "far_0", drawn_on_centred(study, "far"), n_frames=N)
    folder = tmp_path / "run/movies/far"
    folder.mkdir(parents=True)
    (folder / MANIFEST).write_text(
        '{"stages": {"centre/cell": {"key": "", "found": {"offsets_px": [[1, 2]]}}}}'
    )
    with pytest.raises(InputError, match="10 frames, and its centred view 1"):
        examples_from(tmp_path / "far_0.paQP", study=study, centred=tmp_path / "run")
