"""The figures of the cortex draw what their tables hold, and say when they hold nothing."""

import numpy as np
import pandas as pd
import pytest

from lamella.core.table import Col
from lamella.report.figures.cortex import cortex_by_movement, cortex_map
from lamella.report.style import as_png

ANGLES = np.arange(12) * 30.0


def profile_table(frames=(0, 1, 2, 5), bright_at=90.0, minutes=2.0):
    """One cell whose cortex is brightest at an angle; frames 3 and 4 are missing."""
    rows = [
        {
            Col.CELL: 1, Col.FRAME: t, Col.TIME_MIN: t * minutes, Col.CORTEX_ANGLE: a,
            Col.CORTEX_MEAN: 100 * (1 + np.cos(np.deg2rad(a - bright_at))) + t,
        }
        for t in frames
        for a in ANGLES
    ]  # fmt: skip
    return pd.DataFrame(rows)


def mean_table(peaks):
    """A row per movie, cell and angle; profiles peak at the given angle."""
    angle = np.sort((ANGLES + 180) % 360 - 180)
    parts = [
        pd.DataFrame(
            {
                Col.MOVIE: movie, Col.OBJECT: "cell", Col.CELL: 1, Col.CONDITION: condition,
                Col.CORTEX_TO_MOVEMENT: angle,
                Col.CORTEX_RELATIVE: 1 + 0.3 * np.cos(np.deg2rad(angle - peak)),
            }
        )
        for movie, condition, peak in peaks
    ]  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def mesh_of(drawn):
    (mesh,) = drawn.axes[0].collections
    return np.ma.filled(mesh.get_array().astype(float), np.nan), mesh.get_coordinates()


def test_the_map_is_bright_where_the_cortex_is():
    drawn = cortex_map(profile_table())
    values, corners = mesh_of(drawn)
    assert values.shape == (13, 6)
    assert np.isnan(values[:, 3:5]).all()
    middle = (corners[:-1, 0, 1] + corners[1:, 0, 1]) / 2
    assert middle[np.argmax(values[:12, 0])] == pytest.approx(90)
    assert corners[0, :, 0].tolist() == [-1, 1, 3, 5, 7, 9, 11]
    np.testing.assert_array_equal(values[0], values[-1])  # it goes round


def test_the_map_marks_movement():
    frames = pd.DataFrame(
        {Col.FRAME: [0, 1], Col.TIME_MIN: [0.0, 2.0], Col.WINDOW_MOVEMENT_ANGLE: [np.nan, 45.0]}
    )
    (dots,) = cortex_map(profile_table(), frames).axes[0].lines
    assert dots.get_ydata()[1] == pytest.approx(45)


def test_a_line_per_cell_and_a_mean_per_condition():
    table = mean_table([("a", "wt", 0.0), ("b", "wt", 11.0), ("c", "ko", 180.0)])
    drawn = cortex_by_movement(table)
    lines = [line for line in drawn.axes[0].lines if len(line.get_xdata()) > 2]
    assert len(lines) == 5
    thick = {line.get_label(): line for line in lines if line.get_linewidth() > 1}
    assert set(thick) == {"wt", "ko"}
    at = {name: line.get_xdata()[np.argmax(line.get_ydata())] for name, line in thick.items()}
    assert abs(at["wt"]) < 31
    assert abs(at["ko"]) == pytest.approx(180)


@pytest.mark.parametrize("table", [pd.DataFrame(), profile_table().assign(cortex_mean=np.nan)])
def test_nothing_to_draw_is_said(table):
    for drawn in (cortex_map(table), cortex_by_movement(table)):
        assert "No " in drawn.axes[0].texts[0].get_text()
        assert as_png(drawn)
