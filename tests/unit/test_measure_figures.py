"""`lamella measure --figures`: what is drawn of which cells."""

import numpy as np
import pandas as pd
import pytest
import tifffile

from lamella.core.errors import InputError, SettingsError
from lamella.measure import GROUPS
from lamella.run.measure import measure_movie, measures_from
from lamella.run.measure_figures import MOST_CELLS, most_followed, spread
from worlds import star


@pytest.fixture
def two_stars(tmp_path):
    """Two cells with arms that grow, the second one from frame 2 on."""
    labels = np.zeros((14, 90, 140), np.uint16)
    for t in range(14):
        labels[t][star([0.2, 2.5], 18 + t, radius_px=9, at=(45, 30), field=(90, 140))[0]] = 1
        if t > 1:
            labels[t][star([1.2, 4.0], 17 + t, radius_px=9, at=(45, 100), field=(90, 140))[0]] = 2
    image = np.random.default_rng(0).poisson(50 + 50 * (labels > 0)).astype(np.uint16)
    tifffile.imwrite(tmp_path / "cells.tif", image, metadata={"axes": "TYX"})
    tifffile.imwrite(tmp_path / "labels.tif", labels, metadata={"axes": "TYX"})
    return tmp_path


def drawn(folder, groups=None, **options):
    _, files = measure_movie(
        folder / "cells.tif",
        folder / "labels.tif",
        folder / "out",
        settings=measures_from([], groups=groups),
        axes="TYX",
        pixel_size_um=0.5,
        interval_min=1,
        figures=True,
        **options,
    )
    return [name for name in files if name.startswith("figures/")]


def test_every_group_draws_its_figures_of_every_cell(two_stars):
    names = drawn(two_stars)
    assert set(names) == {
        *(f"figures/{kind}_cell_{cell}.png" for cell in (1, 2)
          for kind in ("edge_map", "edge_outlines", "edge_lag", "cortex")),
        *(f"figures/protrusions_frame_{t:04d}.png" for t in (1, 7, 13)),
    }  # fmt: skip
    for name in names:
        assert (two_stars / "out" / name).read_bytes().startswith(b"\x89PNG")


def test_a_group_that_is_off_draws_nothing_and_its_earlier_figures_go(two_stars):
    drawn(two_stars)
    (two_stars / "out" / "figures" / "mine.png").write_bytes(b"kept")
    names = drawn(two_stars, groups="protrusion", force=True)
    assert all(name.startswith("figures/protrusions_") for name in names)
    there = {path.name for path in (two_stars / "out" / "figures").iterdir()}
    assert there == {"mine.png", *(name.partition("/")[2] for name in names)}


def test_tables_of_groups_that_are_off_by_now_go(two_stars):
    drawn(two_stars)
    finer = {name for group in GROUPS for name in (*group.gathered, *group.kept_apart)}
    tables = {path.stem for path in (two_stars / "out").glob("*.csv")}
    assert tables == {"frames", "cells", "columns", *finer}
    (two_stars / "out" / "mine.csv").write_text("kept")
    drawn(two_stars, groups="protrusion", force=True)
    tables = {path.stem for path in (two_stars / "out").glob("*.csv")}
    assert tables == {"frames", "cells", "columns", "tips", "tip_lives", "mine"}


def test_groups_without_figures_are_refused_before_anything_is_measured(two_stars):
    with pytest.raises(SettingsError, match=r"--figures: none of the groups .*\(walks\)"):
        drawn(two_stars, groups="walks")
    assert not (two_stars / "out").exists()


def test_a_channel_that_the_movie_lacks_is_told(two_stars):
    settings = measures_from(['edge.channels=["GFP"]'])
    with pytest.raises(InputError, match="no channel named 'GFP'"):
        measure_movie(
            two_stars / "cells.tif", two_stars / "labels.tif", two_stars / "out",
            settings=settings, axes="TYX",
        )  # fmt: skip


def test_the_cells_that_were_followed_longest(two_stars):
    many = pd.DataFrame({"cell": range(1, 9), "n_valid_pairs": [0, 3, 9, 1, 9, 2, 4, 0]})
    assert most_followed(many) == [3, 5, 7, 2]
    assert len(most_followed(many)) == MOST_CELLS
    assert spread([], 3) == []
    assert spread([3, 3, 1, 2], 9) == [1, 2, 3]
