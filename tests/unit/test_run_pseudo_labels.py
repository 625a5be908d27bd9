"""Pseudo-labels of a finished run, and their page."""

import re

import numpy as np
import pytest

from lamella.core.errors import InputError, SettingsError
from lamella.core.frames import ArrayFrames
from lamella.core.movie import Scale, regular_times
from lamella.io import open_movie, read_table, tiff
from lamella.run.cache import Done, Manifest
from lamella.run.pseudo_labels import Gathered, pseudo_labels_of_run, witnesses
from lamella.run.study import open_study
from lamella.segment import MultiOtsu
from lamella.train.pseudo_labels import PseudoLabels
from lamella.train.split import HoldOut

N, SIDE = 12, 64


def masks():
    rows, columns = np.indices((SIDE, SIDE))
    return np.stack([np.hypot(rows - 32, columns - 22 - t) <= 9 for t in range(N)])


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Four movies: good; with an empty and a broken frame; excluded; not segmented."""
    folder = tmp_path_factory.mktemp("pseudo")
    scale = Scale(0.5, regular_times(N, 1.0))
    rows = ["movie,path,condition,session,exclude"]
    chance = np.random.default_rng(2)
    for movie, excluded in (("good", ""), ("bad", ""), ("out", "dust"), ("late", "")):
        cells = masks()
        image = chance.poisson(np.where(cells, 300, 20)).astype(np.uint16)
        tiff.write_movie(folder / f"{movie}.tif", {"ch0": ArrayFrames(image)}, scale=scale)
        rows.append(f"{movie},{movie}.tif,WT,1,{excluded}")
        if movie in ("good", "bad"):
            labels = cells.astype(np.uint8)
            if movie == "bad":
                labels[3] = 0
                labels[7, :, : 22 + 7] = 0
            made = folder / "run/movies" / movie
            (made / "segmented").mkdir(parents=True)
            file = "segmented/cell.ome.tif"
            tiff.write_labels(made / file, ArrayFrames(labels), scale=Scale(), name="cell")
            Manifest(made).record({"segment/cell": Done("key", (file,))})
    (folder / "samples.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    (folder / "study.toml").write_text('title = "<Cells> & more"\n', encoding="utf-8")
    return open_study(folder)


@pytest.fixture(scope="module")
def found(study):
    step = PseudoLabels(stride=2)
    return pseudo_labels_of_run(study, study.folder / "run", step=step, hold_out=HoldOut())


def test_movies_that_are_not_used_have_their_reason(found):
    told = found.movies.set_index("movie")
    assert told["exclude"].to_dict() == {
        "good": "",
        "bad": "",
        "out": "excluded: dust",
        "late": "the run has not segmented it",
    }
    assert set(found.frames["movie"]) == {"good", "bad"}


def test_a_second_method_is_asked(found):
    told = found.movies.set_index("movie")
    assert told.loc["good", "second_method"] == "multiotsu"  # the study's own is motion
    assert told.loc["good", "agreement_used"]
    assert told.loc["good", "median_agreement"] > 0.85
    assert [step.method for step in witnesses("multiotsu")] == ["motion"]


def test_examples_are_the_raw_frames_with_their_labels(study, found):
    training, testing = found.training, found.testing
    assert {each.movie for each in training} | {each.movie for each in testing} == {"good", "bad"}
    assert not {each.movie for each in training} & {each.movie for each in testing}
    good = [each for each in training + testing if each.movie == "good"]
    assert [each.frame for each in good] == [0, 2, 4, 6, 8, 10]
    raw = open_movie(study.folder / "good.tif")
    np.testing.assert_array_equal(good[1].image, raw.frame(2))
    np.testing.assert_array_equal(good[1].labels, masks()[2])
    bad = [each.frame for each in training + testing if each.movie == "bad"]
    assert not {3, 7} & set(bad)


def test_tables_and_page(study, found, tmp_path):
    page = found.write(tmp_path, title=study.settings.title).read_text(encoding="utf-8")
    assert "What a model learns from: &lt;Cells&gt; &amp; more" in page
    assert "<Cells>" not in page
    assert "excluded: dust" in page
    assert "held out" in page
    assert not re.search(r"(src|href)=\"(?!data:|#)", page)  # loads nothing
    assert "<script" not in page
    table = read_table(tmp_path / "pseudo_labels.csv")
    assert len(table) == 2 * N
    n_kept = read_table(tmp_path / "pseudo_labels_movies.csv").set_index("movie")["n_kept"]
    assert n_kept["good"] == 6
    why = table[table["movie"] == "bad"].set_index("frame")["reason"]
    assert why[3] == "empty"
    assert why[7] in ("odd area", "no overlap")
    for reason in ("Empty", "Kept", why[7].capitalize()):
        assert f"<h3>{reason}</h3>" in page


def test_a_page_of_nothing_is_readable(tmp_path):
    nothing = Gathered(PseudoLabels())
    page = nothing.write(tmp_path, title="none").read_text(encoding="utf-8")
    assert "No frame is left to learn from" in page


def test_a_witness_that_fails_is_not_used(study, tmp_path):
    blind = MultiOtsu(min_contrast=1000.0)
    found = pseudo_labels_of_run(study, study.folder / "run", second=[blind])
    assert not found.movies["agreement_used"].eq(True).any()
    page = found.write(tmp_path, title="x").read_text(encoding="utf-8")
    assert "In 2 movies (good and bad) the second method disagrees" in page


def test_what_cannot_be_judged_is_told(study, tmp_path):
    with pytest.raises(InputError, match="no movie has been segmented for 'cell'; run it first"):
        pseudo_labels_of_run(study, tmp_path)
    with pytest.raises(SettingsError, match="its sets are cell"):
        pseudo_labels_of_run(study, tmp_path, name="nucleus")
