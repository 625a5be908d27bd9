"""Every kind of suspicious event, planted alone, is found there and only there."""

import numpy as np
import pandas as pd
import pytest

from lamella.core.labels import Labels
from lamella.core.movie import Scale
from lamella.core.table import Col
from lamella.core.tracks import Tracks
from lamella.io.track_ids import tracked_from_ids
from lamella.phantom import ColonyPhantom
from lamella.track.events import KINDS, TrackChecks
from lamella.track.sizes import with_sizes
from worlds import (
    WANDERERS_FIELD,
    disc,
    dividing_cell,
    entering_disc,
    exchanged,
    gap_movie,
    leaving_disc,
    touch_and_part,
    translating_disc,
    two_cells_crossing,
    wanderers,
)

FIELD, N_FRAMES = WANDERERS_FIELD, 20


def events_of(labels, parents=None, **settings):
    tracked = tracked_from_ids(Labels.from_array(labels), parents)
    return TrackChecks(**settings)(
        with_sizes(tracked.tracks, tracked.labels.frames),
        frame_shape=labels.shape[1:],
        n_frames=len(labels),
    )


def told(events):
    return sorted(
        (row.kind, row.cell, row.frame)
        for row in events[[Col.KIND, Col.CELL, Col.FRAME]].itertuples()
    )


def checked(links, parents=None, *, life=None, **settings):
    tracks = Tracks.from_links(links, parents)
    if life:
        tracks = Tracks(links, {**tracks.first_last, **life}, parents or {})
    return TrackChecks(**settings)(tracks, frame_shape=FIELD, n_frames=N_FRAMES)


def at(links, cell, frames=slice(None)):
    """Mask of the rows of a cell from the first to before the last of `frames`."""
    return (links[Col.CELL] == cell) & links[Col.FRAME].isin(range(N_FRAMES)[frames])


class TestCleanWorldsGiveNoEvent:
    @pytest.mark.parametrize("seed", range(20))
    def test_wanderers(self, seed):
        assert told(checked(wanderers(seed))) == []

    def test_small_worlds(self):
        labels, parents = dividing_cell()
        assert told(events_of(labels, {c: (p,) for c, p in parents.items()})) == []
        assert told(events_of(two_cells_crossing())) == []
        assert told(events_of(touch_and_part(merged=()))) == []
        assert told(events_of(translating_disc((1, 2)))) == []

    def test_a_colony_that_touches_and_divides(self):
        phantom = ColonyPhantom(
            n_cells=8, n_divisions=4, n_frames=40, field_px=(320, 320), seed=2
        ).make()
        parents = phantom.tracks.groupby("cell")["parent"].first()
        parents = {c: (p,) for c, p in parents[parents > 0].items()}
        assert len(parents) >= 6
        assert told(events_of(phantom.truth.frames.asarray(), parents)) == []

    def test_no_cell(self):
        events = events_of(np.zeros((3, 16, 16), np.uint8))
        assert len(events) == 0
        assert Col.SEVERITY in events.columns


class TestPlanted:
    def test_jump(self):
        links = wanderers()
        links.loc[at(links, 5, slice(9, None)), Col.X_PX] += 20
        assert told(checked(links)) == [("jump", 5, 9)]

    def test_jump_beyond_what_a_fast_cell_does(self):
        """A step that is usual for a cell of its own is no jump."""
        links = wanderers()
        fast = at(links, 6)
        links.loc[fast, Col.X_PX] += np.where(links.loc[fast, Col.FRAME] % 2, 9.0, -9.0)
        assert told(checked(links)) == []

    def test_the_whole_field_jumps(self):
        links = wanderers()
        links.loc[links[Col.FRAME] >= 9, Col.X_PX] += 20
        assert told(checked(links)) == [("field_jump", 0, 9)]

    def test_the_whole_field_is_lost(self):
        """Not one event for each end and each beginning, which bury what else there is."""
        links = wanderers()
        later = links[Col.FRAME] >= 9
        links.loc[later, Col.CELL] += 12
        assert told(checked(links)) == [("field_jump", 0, 9)]
        few = wanderers()
        few.loc[later & (few[Col.CELL] <= 4), Col.CELL] += 12
        kinds = [kind for kind, *_ in told(checked(few))]
        assert sorted(kinds) == ["appears"] * 4 + ["vanishes"] * 4

    def test_swap_by_place(self):
        assert told(events_of(exchanged(two_cells_crossing(), 6))) == [("swap", 1, 6)]

    def test_swap_of_cells_far_apart(self):
        links = wanderers()
        a, b = at(links, 5, slice(9, None)), at(links, 6, slice(9, None))
        links.loc[a, Col.CELL], links.loc[b, Col.CELL] = 6, 5
        events = checked(links)
        assert told(events) == [("swap", 5, 9)]
        assert events.loc[0, Col.OTHER] == 6
        assert "exchange their numbers at frame 9" in events.loc[0, Col.WORDS]

    def test_swap_by_size_and_light_where_places_say_nothing(self):
        """Two walkers meet at one place; only their sizes tell who is who."""
        links = wanderers()
        for measure, factor in ((Col.AREA_PX, 1.6), (Col.INTENSITY, 1.6)):
            links.loc[at(links, 6), measure] *= factor
        five, six = at(links, 5).to_numpy(), at(links, 6).to_numpy()
        here = links.loc[five, [Col.Y_PX, Col.X_PX]].to_numpy()
        away = np.abs(np.arange(N_FRAMES) - 8.5)[:, None] * np.array([0, 1.5])
        links.loc[six, [Col.Y_PX, Col.X_PX]] = (
            here + np.sign(np.arange(N_FRAMES) - 8.5)[:, None] * away
        )
        quiet = {"duplicate_frames": 20}
        assert told(checked(links, **quiet)) == []
        links.loc[six & (links[Col.FRAME] >= 9), Col.CELL] = 5
        links.loc[five & (links[Col.FRAME] >= 9), Col.CELL] = 6
        assert told(checked(links, **quiet)) == [("swap", 5, 9)]

    def test_swap_over_a_gap(self):
        """Two cells are one for three frames, and leave it with each other's numbers."""
        world = touch_and_part()
        assert "swap" not in set(events_of(world)[Col.KIND])
        events = events_of(exchanged(world, 9))
        assert ("swap", 1, 9) in told(events)
        assert ("jump", 1, 9) not in told(events)

    def test_size_break_that_stays(self):
        links = wanderers()
        links.loc[at(links, 5, slice(9, None)), Col.AREA_PX] *= 1.8
        events = checked(links)
        assert told(events) == [("size_break", 5, 9)]
        assert events.loc[0, Col.VALUE] == pytest.approx(1.8, rel=0.15)
        assert "stays" in events.loc[0, Col.WORDS]

    def test_size_break_of_one_frame(self):
        links = wanderers()
        links.loc[at(links, 5, slice(9, 10)), Col.AREA_PX] /= 1.8
        events = checked(links)
        assert told(events) == [("size_break", 5, 9)]
        assert "for one frame" in events.loc[0, Col.WORDS]

    @pytest.mark.parametrize(("labels", "frame"), [(leaving_disc(), 7), (entering_disc(), 2)])
    def test_border(self, labels, frame):
        """A cell that leaves or enters is cut by the border, and nothing else is the matter."""
        touching = [t for t, image in enumerate(labels) if image[:, -1].any()]
        assert told(events_of(labels)) == [("border", 1, touching[0])]
        assert touching[0] == frame

    def test_duplicate_that_comes_and_goes(self):
        links = wanderers()
        twin = links[at(links, 5, slice(4, 12))].assign(**{Col.CELL: 99})
        twin[Col.X_PX] += 5
        assert told(checked(pd.concat([links, twin]))) == [
            ("appears", 99, 4),
            ("duplicate", 5, 4),
            ("vanishes", 99, 11),
        ]

    def test_duplicate_over_the_whole_movie(self):
        links = wanderers()
        twin = links[at(links, 5)].assign(**{Col.CELL: 99, Col.X_PX: lambda t: t[Col.X_PX] + 5})
        events = checked(pd.concat([links, twin]))
        assert told(events) == [("duplicate", 5, 0)]
        assert events.loc[0, Col.OTHER] == 99

    def test_pieces(self):
        labels = translating_disc((1, 1), start=(25, 25), radius_px=9)
        for t in (3, 4):
            labels[t][disc(4, (50, 12))] = 1
        events = events_of(labels, jump_sds=1e6, size_sds=1e6)
        assert ("pieces", 1, 3) in told(events)
        assert set(events[Col.KIND]) <= {"pieces", "jump"}

    def test_short_life(self):
        links = wanderers()
        brief = links[at(links, 5, slice(6, 8))].assign(**{Col.CELL: 99})
        brief[Col.Y_PX] += 45
        assert told(checked(pd.concat([links, brief]))) == [("short_life", 99, 6)]

    def test_appears(self):
        links = wanderers()
        assert told(checked(links[~at(links, 6, slice(0, 5))])) == [("appears", 6, 5)]

    def test_vanishes(self):
        links = wanderers()
        assert told(checked(links[~at(links, 6, slice(12, None))])) == [("vanishes", 6, 11)]

    def test_a_broken_track_names_both_parts(self):
        links = wanderers()
        links.loc[at(links, 6, slice(9, None)), Col.CELL] = 99
        events = checked(links)
        assert told(events) == [("appears", 99, 9), ("vanishes", 6, 8)]
        assert dict(zip(events[Col.CELL], events[Col.OTHER], strict=True)) == {99: 6, 6: 99}
        assert events[Col.WORDS].str.contains("broken track").all()

    def test_coming_and_going_near_the_border_is_normal(self):
        links = wanderers()
        corner = at(links, 1)
        links.loc[corner, Col.Y_PX] -= 48
        assert told(checked(links[~(corner & links[Col.FRAME].between(0, 4))])) == []

    def test_gap(self):
        events = events_of(gap_movie([4, 5]))
        assert told(events) == [("gap", 1, 4)]
        assert events.loc[0, Col.VALUE] == 2
        assert tuple(events.loc[0, [Col.Y_PX, Col.X_PX]]) == pytest.approx((20, 29))

    def test_gap_at_the_ends_of_a_life(self):
        links = wanderers()
        links = links[~at(links, 6, slice(17, None))]
        events = checked(links, life={6: (0, 19)})
        assert ("gap", 6, 17) in told(events)

    @pytest.mark.parametrize(
        ("shares", "words"),
        [
            ((0.7, 0.2), "differ in area by a factor of 3.5"),
            ((0.2, 0.2), "have 0.40 times its area together"),
            ((1.2, 1.2), "have 2.40 times its area together"),
            ((0.5,), "has one daughter"),
            ((0.4, 0.3, 0.3), "has 3 daughters"),
        ],
    )
    def test_division_of_odd_sizes(self, shares, words):
        links = wanderers()
        links[Col.AREA_PX] = 200.0
        after = at(links, 6, slice(10, None))
        daughters = []
        for k, share in enumerate(shares):
            part = links[after].assign(**{Col.CELL: 90 + k, Col.AREA_PX: 200.0 * share})
            part[Col.X_PX] += 18 * (k - (len(shares) - 1) / 2)
            daughters.append(part)
        table = pd.concat([links[~after], *daughters])
        events = checked(table, {90 + k: (6,) for k in range(len(shares))})
        assert told(events) == [("division", 6, 10)]
        assert words in events.loc[0, Col.WORDS]

    def test_a_merge(self):
        links = wanderers()
        six, seven = at(links, 6, slice(10, None)), at(links, 7, slice(10, None))
        together = links[six].assign(**{Col.CELL: 99})
        events = checked(pd.concat([links[~six & ~seven], together]), {99: (6, 7)})
        assert told(events) == [("merge", 99, 10)]

    def test_still(self):
        links = wanderers()
        links.loc[at(links, 6), [Col.Y_PX, Col.X_PX]] = 200.0, 350.0
        assert told(checked(links)) == [("still", 6, 0)]

    def test_a_slow_cell_of_a_short_life_is_not_still(self):
        links = wanderers()
        links.loc[at(links, 6), Col.X_PX] += 0.5 * links.loc[at(links, 6), Col.FRAME]
        links = links[~at(links, 6, slice(11, None))]
        assert told(checked(links)) == [("vanishes", 6, 10)]

    def test_touching_cells_that_are_merged_for_some_frames(self):
        """One loses its number, the other grows and shifts; both are told where it happens."""
        events = events_of(touch_and_part())
        assert ("gap", 2, 6) in told(events)
        assert set(events[Col.FRAME]) <= {6, 7, 8, 9}


def test_the_worst_come_first():
    links = wanderers()
    links.loc[at(links, 5, slice(9, None)), Col.X_PX] += 60
    links.loc[at(links, 8, slice(9, None)), Col.X_PX] += 12
    links = links[~at(links, 6, slice(3, 5))]
    events = checked(links)
    assert events[Col.KIND].tolist() == ["jump", "jump", "gap"]
    assert events[Col.CELL].tolist() == [5, 8, 6]
    assert events[Col.SEVERITY].is_monotonic_decreasing
    assert events[Col.SEVERITY].between(0, 1).all()


def test_words_have_micrometres_where_the_scale_is_known():
    links = wanderers()
    links.loc[at(links, 5, slice(9, None)), Col.X_PX] += 20
    tracks = Tracks.from_links(links)
    scale = Scale(pixel_size_um=0.5)
    (words,) = TrackChecks()(tracks, frame_shape=FIELD, scale=scale)[Col.WORDS]
    assert words.startswith("Cell 5 jumps by ")
    assert " µm) a frame" in words


def test_the_order_of_rows_does_not_matter():
    links = wanderers()
    links.loc[at(links, 5, slice(9, None)), Col.X_PX] += 20
    shuffled = links.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(checked(links), checked(shuffled))


def test_a_row_that_is_there_twice_counts_once():
    links = wanderers()
    assert told(checked(pd.concat([links, links.iloc[30:40]]))) == []


def test_tracks_without_sizes_are_judged_by_place():
    links = wanderers()[[Col.CELL, Col.FRAME, Col.LABEL, Col.Y_PX, Col.X_PX]]
    assert told(checked(links)) == []
    links.loc[at(links, 5, slice(9, None)), Col.X_PX] += 30
    assert told(checked(links)) == [("jump", 5, 9)]


def test_every_kind_has_a_weight():
    assert all(0 < weight <= 1 for weight in KINDS.values())


class TestWithSizes:
    def test_area_border_and_loose_pieces(self):
        labels = np.zeros((2, 20, 20), np.uint16)
        labels[0, 0:4, 0:4] = 1
        labels[1, 5:9, 5:9] = 1
        labels[1, 12, 12:16] = 1
        labels[1, 9, 9] = 1  # touches at a corner: still one piece
        tracked = tracked_from_ids(Labels.from_array(labels))
        links = with_sizes(tracked.tracks, tracked.labels.frames).links
        assert links[Col.AREA_PX].tolist() == [16, 21]
        assert links[Col.TOUCHES_BORDER].tolist() == [True, False]
        assert links[Col.LOOSE_FRACTION].tolist() == [0, pytest.approx(4 / 21)]

    def test_a_label_that_is_not_there_is_missing(self):
        labels = np.zeros((1, 20, 20), np.uint16)
        labels[0, 5:9, 5:9] = 1
        tracked = tracked_from_ids(Labels.from_array(labels))
        links = with_sizes(tracked.tracks, Labels.from_array(labels * 7).frames).links
        assert links[Col.AREA_PX].isna().all()
