"""What is planted anywhere is found there, and what should not matter does not."""

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from lamella.core.table import Col
from lamella.core.tracks import Tracks
from lamella.track.events import TrackChecks
from worlds import WANDERERS_FIELD, wanderers

N_FRAMES = 20
cells, frames, seeds = st.integers(1, 12), st.integers(1, N_FRAMES - 1), st.integers(0, 30)
quick = settings(max_examples=40, deadline=None)


def events_of(links, shape=WANDERERS_FIELD):
    return TrackChecks()(Tracks.from_links(links), frame_shape=shape, n_frames=N_FRAMES)


def told(events):
    return sorted(zip(events[Col.KIND], events[Col.CELL], events[Col.FRAME], strict=True))


def rows_of(links, cell, first, last=N_FRAMES):
    return (links[Col.CELL] == cell) & links[Col.FRAME].between(first, last - 1)


@quick
@given(cells, frames, seeds, st.floats(0, 6.28), st.floats(12, 30))
def test_a_jump_anywhere(cell, frame, seed, way, length):
    links = wanderers(seed)
    rows = rows_of(links, cell, frame)
    # The step is the jump: the cell's own, which may go the other way, is not added.
    own = (
        links[links[Col.CELL] == cell].set_index(Col.FRAME)[[Col.Y_PX, Col.X_PX]].diff().loc[frame]
    )
    links.loc[rows, Col.Y_PX] += length * np.sin(way) - own[Col.Y_PX]
    links.loc[rows, Col.X_PX] += length * np.cos(way) - own[Col.X_PX]
    assert told(events_of(links)) == [("jump", cell, frame)]


@quick
@given(st.lists(cells, min_size=2, max_size=2, unique=True), frames, seeds)
def test_a_swap_anywhere(two, frame, seed):
    links = wanderers(seed)
    a, b = (rows_of(links, cell, frame) for cell in two)
    links.loc[a, Col.CELL], links.loc[b, Col.CELL] = two[1], two[0]
    events = events_of(links)
    assert told(events) == [("swap", min(two), frame)]
    assert events[Col.OTHER].tolist() == [max(two)]


@quick
@given(cells, st.integers(1, N_FRAMES - 3), st.integers(1, 2), seeds)
def test_a_gap_anywhere(cell, first, n, seed):
    links = wanderers(seed)
    events = events_of(links[~rows_of(links, cell, first, first + n)])
    assert told(events) == [("gap", cell, first)]
    assert events[Col.VALUE].tolist() == [n]


@quick
@given(cells, st.integers(1, N_FRAMES - 2), seeds, st.sampled_from([0.4, 0.5, 2.0, 3.0]))
def test_a_size_break_anywhere(cell, frame, seed, factor):
    links = wanderers(seed)
    links.loc[rows_of(links, cell, frame), Col.AREA_PX] *= factor
    assert told(events_of(links)) == [("size_break", cell, frame)]


def troubled(seed):
    """A world in which much is the matter."""
    links = wanderers(seed)
    links.loc[rows_of(links, 2, 7), Col.Y_PX] += 18
    a, b = rows_of(links, 5, 11), rows_of(links, 6, 11)
    links.loc[a, Col.CELL], links.loc[b, Col.CELL] = 6, 5
    links.loc[rows_of(links, 8, 4), Col.AREA_PX] *= 2
    return links[~rows_of(links, 9, 12) & ~rows_of(links, 10, 3, 5)]


@quick
@given(seeds, st.permutations(range(1, 13)))
def test_numbers_of_cells_do_not_matter(seed, numbers):
    links = troubled(seed)
    events = events_of(links)
    new = dict(zip(range(1, 13), numbers, strict=True))
    again = events_of(links.assign(**{Col.CELL: links[Col.CELL].map(new)}))

    def without_order(table, rename):
        pairs = ({rename.get(c, c), rename.get(o, o)} for c, o in zip(
            table[Col.CELL], table[Col.OTHER], strict=True))  # fmt: skip
        return sorted(
            (kind, frame, sorted(pair), round(value, 6))
            for kind, frame, pair, value in zip(
                table[Col.KIND], table[Col.FRAME], pairs, table[Col.VALUE], strict=True
            )
        )

    assert len(events) >= 5
    assert without_order(again, {}) == without_order(events, new)


@quick
@given(seeds, st.sampled_from(["transposed", "mirrored", "backwards in x and y"]))
def test_how_the_camera_was_mounted_does_not_matter(seed, how):
    links = troubled(seed)
    turned = links.copy()
    if how == "transposed":
        turned[[Col.Y_PX, Col.X_PX]] = links[[Col.X_PX, Col.Y_PX]].to_numpy()
    if how != "transposed":
        turned[Col.X_PX] = WANDERERS_FIELD[1] - 1 - links[Col.X_PX]
    if how == "backwards in x and y":
        turned[Col.Y_PX] = WANDERERS_FIELD[0] - 1 - links[Col.Y_PX]
    drop = [Col.Y_PX, Col.X_PX]
    pd.testing.assert_frame_equal(
        events_of(links).drop(columns=drop), events_of(turned).drop(columns=drop)
    )


@quick
@given(seeds, st.sampled_from([2.0, 4.0]))
def test_all_is_relative_to_the_movie(seed, zoom):
    """The same cells at a higher magnification give the same events."""
    links = troubled(seed)
    larger = links.assign(
        **{
            Col.Y_PX: links[Col.Y_PX] * zoom,
            Col.X_PX: links[Col.X_PX] * zoom,
            Col.AREA_PX: links[Col.AREA_PX] * zoom**2,
        }
    )
    shape = tuple(int(n * zoom) for n in WANDERERS_FIELD)
    assert told(events_of(larger, shape)) == told(events_of(links))
