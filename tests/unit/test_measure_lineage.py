"""Lives and lineage in the table of cells, and shapes that nobody saw."""

import numpy as np
import pandas as pd
import pytest

from lamella.core.errors import InputError
from lamella.core.labels import Labels
from lamella.core.movie import Movie
from lamella.core.table import Col
from lamella.core.tracked import Tracked
from lamella.core.tracks import Tracks
from lamella.io.track_ids import tracked_from_ids
from lamella.measure import measure, with_lineage
from worlds import dividing_cell, translating_disc


def movie_of(labels, **scale):
    return Movie.from_array(labels * 50 + 10, pixel_size_um=0.5, interval_min=2.0, **scale)


def test_a_division_in_the_table_of_cells():
    labels, parents = dividing_cell()
    tracked = tracked_from_ids(
        Labels.from_array(labels), {child: (mother,) for child, mother in parents.items()}
    )
    frames, cells, _ = measure(movie_of(labels), tracked)
    assert cells[[Col.N_SPLITS, Col.N_MERGES]].to_numpy().tolist() == [[1, 0], [0, 0], [0, 0]]
    columns = ["cell", "first_frame", "last_frame", "parent", "generation", "n_daughters"]
    assert cells[columns].to_numpy().tolist() == [
        [1, 0, 4, 0, 0, 2],
        [2, 5, 9, 1, 1, 0],
        [3, 5, 9, 1, 1, 0],
    ]
    lives = frames.groupby("cell")["frame"].agg(["min", "max"]).to_numpy().tolist()
    assert lives == [[0, 4], [5, 9], [5, 9]]
    # Daughters take no step from their mother's place.
    assert frames.loc[frames["frame"] == 5, "step_um"].isna().all()


def test_splits_and_merges_are_counted_where_they_are():
    """Cell 1 becomes 2 and 3; these become 4 together; 4 goes on as 5 alone."""
    lives = {1: (0, 2), 2: (3, 5), 3: (3, 5), 4: (6, 8), 5: (10, 11)}
    parents = {2: (1,), 3: (1,), 4: (2, 3), 5: (4,)}
    links = pd.DataFrame({Col.CELL: list(lives), Col.FRAME: [a for a, _ in lives.values()]})
    cells = pd.DataFrame({Col.OBJECT: "cell", Col.CELL: list(lives)})
    counted = with_lineage(cells, Tracks(links, lives, parents))
    assert counted[Col.N_SPLITS].tolist() == [1, 0, 0, 0, 0]
    assert counted[Col.N_MERGES].tolist() == [0, 0, 0, 1, 0]


def test_filled_shapes_enter_no_summary():
    labels = translating_disc((0, 2), 8, radius_px=8).astype(np.uint16)
    odd = labels.copy()
    odd[3] = np.roll(labels[3], 9, axis=0)  # a shape that is plainly wrong, if it counted
    image = np.where(odd > 0, 200, 10).astype(np.uint16)
    image[3] = 60_000
    tracked = tracked_from_ids(Labels.from_array(odd))
    links = tracked.tracks.links
    marked = links.assign(**{Col.INTERPOLATED: links[Col.FRAME] == 3})
    movie = Movie.from_array(image, pixel_size_um=0.5, interval_min=2.0)
    seen = odd.copy()
    seen[3] = 0
    filled = Tracked(Tracks.from_links(marked), 8, Labels.from_array(odd))
    frames, with_it, _ = measure(movie, filled)
    _, without, _ = measure(movie, tracked_from_ids(Labels.from_array(seen)))
    changed = [Col.N_EMPTY_FRAMES, Col.EMPTY_RATE, Col.N_INTERPOLATED]
    pd.testing.assert_frame_equal(with_it.drop(columns=changed), without.drop(columns=changed))
    assert with_it[changed].iloc[0].tolist() == [0, 0, 1]
    assert without[changed].iloc[0].tolist() == [1, 1 / 8, 0]
    row = frames.iloc[3]
    assert bool(row[Col.INTERPOLATED])
    assert np.isfinite(row[Col.Y_PX])
    assert not row[Col.VALID]
    assert np.isnan([row[Col.LAM_MEAN], row[Col.STEP_UM], row[Col.NOISE_SD]]).all()


def test_counts_are_whole_and_nobody_is_nobodys_daughter():
    labels = translating_disc((0, 2), 4).astype(np.uint16)
    _, cells, _ = measure(movie_of(labels), tracked_from_ids(Labels.from_array(labels)))
    whole = [Col.PARENT, Col.GENERATION, Col.N_DAUGHTERS, Col.FIRST_FRAME, Col.N_INTERPOLATED]
    assert cells[whole].dtypes.eq(np.int64).all()
    assert cells[whole].to_numpy().tolist() == [[0, 0, 0, 0, 0]]


def test_no_cells_no_lineage():
    nobody = Tracks(pd.DataFrame({Col.CELL: [], Col.FRAME: []}, dtype=int), {})
    empty = pd.DataFrame(columns=[Col.OBJECT, Col.CELL])
    pd.testing.assert_frame_equal(with_lineage(empty, nobody), empty)


def test_tracks_without_shapes_cannot_be_measured():
    labels = translating_disc((0, 2), 4).astype(np.uint16)
    tracks = tracked_from_ids(Labels.from_array(labels)).tracks
    with pytest.raises(InputError, match="its tracks have no shapes"):
        measure(movie_of(labels), Tracked(tracks, 4))
