"""Movement of real cells, whose ids persist, against the formulas in plain lines."""

import pytest

from lamella.core.labels import Labels
from lamella.core.movie import Movie
from lamella.core.table import Col
from lamella.io import open_labels
from lamella.measure import Migration, measure
from plain_movement import per_cell
from real_data import ROOT, needs_real_data

pytestmark = needs_real_data


def test_stem_cells_of_the_truth():
    frames = open_labels(ROOT / "ctc_PhC-C2DL-PSC" / "02_ST" / "SEG").frames
    movie = Movie.from_array(frames.asarray(), pixel_size_um=1.6, interval_min=10)
    group = Migration(towards=90, point_um=(460.0, 576.0))
    found = measure(movie, Labels("cell", frames), [group])
    assert len(found.cells) > 50
    assert found.cells[Col.N_REJECTED_STEPS].sum() > 0
    settings = {"window": 3, "turn_deg": 30, "straightness_frames": 10}
    for (cell, rows), (_, row) in zip(
        found.frames.groupby(Col.CELL), found.cells.iterrows(), strict=True
    ):
        assert row[Col.CELL] == cell
        expected = per_cell(rows, um=1.6, **settings, towards=90, point_um=group.point_um)
        for name, value in expected.items():
            assert row[name] == pytest.approx(value, rel=1e-9, abs=1e-9, nan_ok=True), (cell, name)
