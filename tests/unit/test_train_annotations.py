"""Which annotated frames become examples, and the card of what a model was taught with."""

import json

import numpy as np
import pytest

from lamella.core.frames import ArrayFrames
from lamella.core.table import Col
from lamella.io import as_json
from lamella.kernels.view import cut_by_view
from lamella.train.annotations import Annotations, Drawn, Origin, numbered
from lamella.train.data_card import data_card, data_table
from lamella.train.examples import Example
from worlds.annotated import SHAPE, cells
from worlds.shapes import disc

ORIGIN = Origin("m", "s", "c", "labels")


def chosen(step, labels, annotated, offsets=None):
    frames = ArrayFrames(np.stack(labels))
    image = ArrayFrames(np.arange(frames.asarray().size).reshape(frames.shape))
    return step(image, Drawn(frames, annotated, offsets), origin=ORIGIN)


def test_only_annotated_frames_and_by_stride():
    got = chosen(Annotations(stride=3), [cells(1)] * 12, [1, 2, 4, 5, 8, 11])
    assert [each.frame for each in got.examples] == [1, 4, 8, 11]
    assert got.frames[Col.FRAME].tolist() == [1, 2, 4, 5, 8, 11]
    assert got.frames[Col.KEPT].tolist() == [True, False, True, False, True, True]
    none = chosen(Annotations(), [cells(1)], [])
    assert none.examples == []
    assert len(none.frames) == 0


def test_stride_counts_from_frames_that_are_kept():
    labels = [cells(1), cells(1, 2), cells(1, 2), cells(1, 2)]
    got = chosen(Annotations(stride=2, min_objects=2), labels, range(4))
    assert [each.frame for each in got.examples] == [1, 3]


def test_numbers_begin_at_one():
    labels = cells(70_000 % 65_536, 9, 12)
    assert sorted(np.unique(numbered(labels))) == [0, 1, 2, 3]
    assert np.array_equal(numbered(labels) > 0, labels > 0)
    full = np.array([[5, 7]])
    assert numbered(full).tolist() == [[1, 2]]
    many = np.arange(70_000, dtype=np.uint32).reshape(1, -1)
    assert numbered(many).dtype == np.uint32
    assert np.array_equal(numbered(many), many)


@pytest.mark.parametrize(
    ("offset", "cut"),
    [((0, 0), {}), ((-10, 0), {2: 5}), ((30 - 40, 0), {2: 5}), ((-8, 0), {}),
     ((0, -4), {2: 20}), ((0, 40), {2: 20}), ((-10, 40), {2: 25}), ((0, 99), {})],
)  # fmt: skip
def test_what_a_view_cuts(offset, cut):
    """An object in rows 10 to 29 and columns 5 to 9 of a field of 40 × 50."""
    labels = np.zeros((40, 50), np.uint16)
    labels[10:30, 5:10] = 2
    assert cut_by_view(labels, offset) == cut


def test_objects_at_the_edge_of_the_frame_itself_are_kept_and_counted():
    labels = cells(1, 2)
    labels[12:19, 0:5] = 1
    got = chosen(Annotations(), [labels], [0], np.zeros((1, 2), np.int64))
    assert len(got.examples) == 1
    assert got.frames[[Col.N_LABELLED, Col.N_AT_BORDER, Col.N_CUT_BY_VIEW]].values.tolist() == [
        [2, 1, 0]
    ]


def example(labels, movie="m", frame=0, *, session="1", source="labels", dtype=np.uint16, nuclei=0):
    image = np.zeros((2, *labels.shape) if nuclei else labels.shape, dtype)
    return Example(image, labels, movie, session, "wt", frame, source)


def test_the_card_counts_what_is_taught_and_what_is_held_out():
    one, two = disc(10).astype(int), np.zeros((64, 64), int)
    two[disc(5, (20, 20))], two[disc(10, (40, 40))] = 1, 2
    two[0:4, 50:60] = 3  # at the border: no diameter
    examples = [
        *(example(one, "a", t) for t in (0, 5, 10)),
        example(two, "b", 3, session="2", source="quimp", dtype=np.uint8),
        example(cells(1, 2), "c", nuclei=1),
    ]
    card = data_card(examples, {"c"})
    assert (card["n_images"], card["n_cells"], card["n_movies"], card["n_sessions"]) == (4, 6, 2, 2)
    assert card["movies"] == {"a": 3, "b": 1}
    assert card["sessions"] == {"1": 3, "2": 1}
    assert card["sources"] == {"labels": 3, "quimp": 1}
    assert card["pixel_types"] == {"uint16": 3, "uint8": 1}
    assert card["frame_sizes_px"] == {"64 × 64": 4}
    assert (card["stride"], card["n_channels"]) == (5, [1])
    wide = card["diameter_px"]
    assert wide["median"] == pytest.approx(20, abs=0.3)
    assert wide["smallest"] == pytest.approx(10, abs=0.3)
    assert (wide["n"], wide["largest"]) == (5, pytest.approx(20, abs=0.3))
    assert card["held_out"] == {"movies": {"c": 1}, "n_images": 1, "n_cells": 2}
    assert json.loads(as_json(card))["mean_confidence"] == 1

    table = data_table(examples, {"c"}).set_index(Col.MOVIE)
    assert table[Col.N_IMAGES].tolist() == [3, 1, 1]
    assert table[Col.N_LABELLED].tolist() == [3, 3, 2]
    assert table[Col.HELD_OUT].tolist() == [False, False, True]
    assert table.loc["c", [Col.HEIGHT_PX, Col.WIDTH_PX, Col.N_CHANNELS]].tolist() == [*SHAPE, 2]
    assert table[Col.STRIDE].isna().tolist() == [False, True, True]


def test_a_card_of_nothing():
    card = data_card([])
    assert (card["n_images"], card["n_cells"]) == (0, 0)
    assert np.isnan(card["diameter_px"]["median"])
    assert len(data_table([])) == 0
