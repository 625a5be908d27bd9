"""The phantom plate: what is planted is there, and can be drawn again."""

import numpy as np
import pytest
from scipy.special import logit

from lamella.phantom import PlatePhantom, plate_truth
from lamella.phantom.camera import Camera

SMALL = PlatePhantom(conditions={"no_edu": 0.0, "vehicle": 0.4, "all": 1.0}, fields=2, seed=3)


def test_wells_and_replicates_are_laid_out_as_on_a_plate():
    fields = list(SMALL)
    assert len(fields) == len(SMALL) == 18
    places = {(f.plate, f.well, f.condition, f.replicate) for f in fields}
    assert ("plate1", "B02", "no_edu", 1) in places
    assert ("plate1", "D04", "all", 3) in places
    assert len(places) == 9
    by_plate = list(SMALL.model_copy(update={"replicate_is": "plate"}))
    places = {(f.plate, f.well) for f in by_plate}
    assert places == {(f"plate{p}", f"{row}02") for p in (1, 2, 3) for row in "BCD"}
    assert len({f.name for f in by_plate}) == 18


def test_the_same_seed_draws_the_same_field_alone_or_in_line():
    here, there = list(SMALL)[7], list(SMALL)[7]
    for channel, image in here.images.items():
        np.testing.assert_array_equal(image, there.images[channel])
    assert here.truth.equals(there.truth)
    other = list(SMALL.model_copy(update={"seed": 4}))[7]
    assert not np.array_equal(here.images["EdU"], other.images["EdU"])


def test_positives_are_as_many_as_planted():
    truth = plate_truth(PlatePhantom(well_sd=0, fields=8, seed=2))
    told = truth.groupby("condition")["positive"].agg(["mean", "size"])
    planted = np.array([PlatePhantom().conditions[name] for name in told.index])
    error = 4 * np.sqrt(planted * (1 - planted) / told["size"])
    assert (np.abs(told["mean"] - planted) <= error).all()


def test_log_odds_of_wells_scatter_as_planted():
    plate = PlatePhantom(
        conditions={f"c{k}": 0.3 for k in range(20)}, replicates=20, fields=1, well_sd=0.25, seed=5
    )
    odds = logit([field.fraction for field in plate])
    assert odds.mean() == pytest.approx(logit(0.3), abs=0.04)
    assert odds.std(ddof=1) == pytest.approx(0.25, rel=0.12)
    fixed = PlatePhantom(conditions={"none": 0.0, "all": 1.0}, well_sd=1.0)
    assert {field.fraction for field in fixed} == {0.0, 1.0}


def test_labels_and_truth_are_of_the_same_nuclei():
    field = list(SMALL)[8]
    numbers, areas = np.unique(field.labels[field.labels > 0], return_counts=True)
    assert field.truth["label"].tolist() == numbers.tolist()
    assert field.truth["area_px"].tolist() == areas.tolist()
    whole = field.truth[(field.truth[["y_px", "x_px"]].to_numpy() > 20).all(axis=1)]
    for row in whole[(whole[["y_px", "x_px"]] < 300).all(axis=1)].itertuples():
        assert field.labels[round(row.y_px), round(row.x_px)] == row.label


def test_some_nuclei_touch_and_cells_reach_beyond_their_nuclei():
    field = next(iter(SMALL.model_copy(update={"touching": 0.5})))
    labels = field.labels.astype(int)
    pairs = [(labels[:, 1:], labels[:, :-1]), (labels[1:], labels[:-1])]
    assert sum(int(((a != b) & (a > 0) & (b > 0)).sum()) for a, b in pairs) > 10
    cell = field.images["cell"].astype(float)
    nuclei = labels > 0
    assert (cell > cell[~nuclei].min() + 200).sum() > 1.5 * nuclei.sum()


def test_light_is_as_planted():
    """Without blur, grey levels tell the photo-electrons of every nucleus and of the ground."""
    plain = SMALL.model_copy(
        update={"psf_sigma_px": 1e-3, "camera": Camera(gain=1.0, offset=0), "gradient": 0.5}
    )
    field = list(plain)[3]
    edu, labels = field.images["EdU"].astype(float), field.labels
    ground = np.where(labels == 0, edu, np.nan)
    left, right = np.nanmean(ground[:, :40]), np.nanmean(ground[:, -40:])
    assert (right - left) / plain.background_e == pytest.approx(0.5 * 280 / 319, abs=0.03)
    big = field.truth[field.truth["area_px"] > 100]
    for row in big.itertuples():
        here = plain.background_e * (1 + plain.gradient * (row.x_px / 319 - 0.5))
        seen = edu[labels == row.label].mean() - here
        assert seen == pytest.approx(row.edu_e, rel=0.15, abs=2)


def test_bright_positives_fill_the_camera_a_little():
    tops = [field.images["EdU"] == 4095 for field in PlatePhantom(fields=1, seed=1)]
    share = np.mean([top.mean() for top in tops])
    assert 0 < share < 0.005


def test_an_empty_field_is_drawn_too():
    field = next(iter(PlatePhantom(nuclei_per_field=0)))
    assert len(field.truth) == 0
    assert not field.labels.any()
    assert field.images["DNA"].shape == (320, 320)
