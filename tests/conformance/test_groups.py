"""What every group of measures must do, whatever it measures."""

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy.ndimage import binary_erosion

from lamella.core.labels import Labels
from lamella.core.movie import Movie
from lamella.core.table import Col
from lamella.core.tracks import Tracks
from lamella.measure import looked_at, measure, walk
from lamella.measure.view import KEYS
from lamella.phantom import CellPhantom
from lamella.run.settings import MeasureSettings
from worlds import disc, line, one_pixel, ring, translating_disc

GROUPS = MeasureSettings().groups
FIELD = (48, 52)
PLACES = ("y_px", "x_px", "y_um", "x_um")


def movie_of(labels, *, known=True, channels=("a",)):
    """A noisy movie in which every cell is brighter than the field."""
    rng = np.random.default_rng(3)
    light = rng.poisson(100 + 200 * (labels > 0), size=(len(channels), *labels.shape))
    scale = {"pixel_size_um": 0.5, "interval_min": 2.0} if known else {}
    return Movie.from_array(
        light.swapaxes(0, 1).astype(np.uint16), axes="TCYX", channel_names=channels, **scale
    )


def still(mask, n_frames=4):
    return np.stack([mask] * n_frames).astype(np.uint16)


def missing_frames():
    labels = translating_disc((0, 2), 8, radius_px=7, field=FIELD).astype(np.uint16)
    labels[[2, 3, 5]] = 0
    return labels


def one_frame_only():
    labels = still(disc(8, (20, 20), FIELD), 5)
    labels[2][disc(5, (38, 40), FIELD)] = 2
    return labels


def at_the_corner():
    return still(disc(9, (2, 3), FIELD), 4)


def two_that_touch():
    labels = still(disc(8, (20, 16), FIELD), 4)
    labels[:, disc(8, (20, 33), FIELD)] = 2
    return labels


DEGENERATE = {
    "one pixel": lambda: still(one_pixel(field=FIELD)),
    "two pixels": lambda: still(line(2, field=FIELD)),
    "line": lambda: still(line(20, field=FIELD)),
    "ring": lambda: still(ring(9, 14, field=FIELD)),
    "fills the frame": lambda: np.ones((4, *FIELD), np.uint16),
    "in a single frame": one_frame_only,
    "missing frames": missing_frames,
    "no cell at all": lambda: np.zeros((4, *FIELD), np.uint16),
    "one frame": lambda: still(disc(9, (20, 20), FIELD), 1),
    "at the corner": at_the_corner,
    "two that touch": two_that_touch,
    "two pieces": lambda: still(disc(6, (12, 12), FIELD) | disc(6, (34, 36), FIELD)),
}


@pytest.fixture(scope="module")
def phantom():
    return CellPhantom(field_px=(128, 128), area_um2=200, n_frames=8, seed=5).make()


def beside(labels, groups):
    """Something inside of every object, for the groups that look at other sets."""
    inner = np.stack([binary_erosion(frame > 0, iterations=3) * frame for frame in labels])
    return {name: Labels.from_array(inner, name=name) for name in looked_at(groups)}


def found(labels, group, **movie):
    others = beside(labels, [group])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", message=".*one frame: speed.*")
        return measure(movie_of(labels, **movie), Labels.from_array(labels), [group], others=others)


@pytest.mark.parametrize("group", GROUPS.values(), ids=GROUPS)
class TestGroup:
    @pytest.mark.parametrize("known", [True, False], ids=["scale", "no scale"])
    @pytest.mark.parametrize("world", DEGENERATE)
    def test_defines_an_answer_for_every_cell(self, group, world, known):
        labels = DEGENERATE[world]()
        made = found(labels, group, known=known)
        cells = np.setdiff1d(labels, [0])
        assert made.cells[Col.CELL].tolist() == cells.tolist()
        for table in (made.frames, made.cells, *made.finer.values()):
            numbers = table.select_dtypes("number")
            assert not np.isinf(numbers.to_numpy(np.float64)).any()
            assert set(table.get(Col.CELL, pd.Series(dtype=int))) <= set(cells)

    def test_every_column_is_in_the_data_dictionary(self, group):
        made = found(two_that_touch(), group, channels=("a", "b"))
        for table in (made.frames, made.cells, *made.finer.values()):
            for name in table.columns:
                column = Col.describe(name)
                assert column.meaning

    def test_finer_tables_are_the_same_whatever_is_found(self, group):
        empty = found(np.zeros((4, *FIELD), np.uint16), group)
        full = found(missing_frames(), group)
        assert list(empty.finer) == list(full.finer)
        for name in full.finer:
            assert list(empty.finer[name].columns) == list(full.finer[name].columns)
        assert set(full.frames.columns) == set(empty.frames.columns)

    def test_finer_tables_are_those_that_it_declares(self, group):
        made = found(missing_frames(), group)
        assert set(made.finer) == {*group.gathered, *group.kept_apart}

    def test_channels_stand_beside_each_other(self, group):
        labels = two_that_touch()
        both, alone = found(labels, group, channels=("a", "b")), found(labels, group)
        for of_both, of_one in (
            (both.frames, alone.frames),
            *((both.finer[name], alone.finer[name]) for name in both.finer),
        ):
            for name in of_one.columns:
                there = f"{name}__a" if f"{name}__a" in of_both.columns else name
                if len(of_one) == len(of_both):
                    assert of_both[there].isna().tolist() == of_one[name].isna().tolist(), name

    def test_a_shape_that_was_filled_in_is_not_measured(self, group):
        labels = translating_disc((0, 2), 6, radius_px=7, field=FIELD).astype(np.uint16)
        filled = pd.DataFrame({Col.CELL: [1], Col.FRAME: [3]})
        _, (made,) = walk(
            movie_of(labels),
            Labels.from_array(labels),
            [group],
            level=lambda frame, labels, channel: 0.0,
            interpolated=filled,
            others=beside(labels, [group]),
        )
        own = made.frames.drop(columns=[name for name in KEYS if name in made.frames])
        numbers = own.iloc[3].drop(own.select_dtypes("bool").columns)
        assert numbers.astype(float).isna().all()
        assert not own.select_dtypes("bool").iloc[3].any()
        for name, table in made.finer.items():
            if Col.FRAME in table:
                assert 3 not in set(table[Col.FRAME]), name

    def test_a_cell_elsewhere_in_the_field_has_the_same_measures(self, group, phantom):
        """Moved by whole pixels, everything but places stays the same."""
        labels, image = phantom.truth.frames.asarray(), phantom.movie.channel().asarray()
        made = []
        for shift in ((0, 0), (9, -6)):
            there = [np.pad(np.roll(a, shift, (1, 2)), ((0, 0), (20, 20), (20, 20)), mode="edge")
                     for a in (labels, image)]  # fmt: skip
            movie = Movie.from_array(there[1], pixel_size_um=0.318, interval_min=1.0)
            others = beside(there[0], [group])
            made.append(measure(movie, Labels.from_array(there[0]), [group], others=others))
        for a, b in (
            (made[0].frames, made[1].frames),
            (made[0].cells, made[1].cells),
            *((made[0].finer[name], made[1].finer[name]) for name in made[0].finer),
        ):
            free = [c for c in a.columns if not str(c).partition("__")[0].endswith(PLACES)]
            pd.testing.assert_frame_equal(a[free], b[free], rtol=1e-4, atol=1e-5)


def test_no_two_groups_name_a_column_or_a_table_alike():
    labels = two_that_touch()
    tables = {name: found(labels, group) for name, group in GROUPS.items()}
    shared = set(found(labels, next(iter(GROUPS.values()))).frames.columns)
    for each in tables.values():
        shared &= set(each.frames.columns)
    columns = [c for each in tables.values() for c in each.frames.columns if c not in shared]
    assert len(columns) == len(set(columns))
    finer = [name for each in tables.values() for name in each.finer]
    assert len(finer) == len(set(finer))
    assert not {"frames", "cells", "columns", "events", "units", "samples"} & set(finer)


def test_all_columns_have_names_of_their_own():
    names = [str(column) for column in Col.all()]
    assert len(names) == len(set(names))


def test_tracks_that_have_no_label_are_empty_rows():
    labels = still(disc(8, (20, 20), FIELD), 3)
    tracks = Tracks.from_links(
        pd.DataFrame({Col.CELL: [1, 1, 1, 2], Col.FRAME: [0, 1, 2, 1], Col.LABEL: [1, 1, 1, 2]})
    )
    sightings, made = walk(
        movie_of(labels),
        Labels.from_array(labels),
        list(GROUPS.values()),
        level=lambda frame, labels, channel: 0.0,
        first_last=tracks.first_last,
        others=beside(labels, GROUPS.values()),
    )
    assert sightings[Col.EMPTY].tolist() == [False, False, False, True]
    assert all(len(each.frames) == 4 for each in made)
