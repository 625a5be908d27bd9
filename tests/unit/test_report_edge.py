"""Figures of the edge: what they show, and that they draw whatever the tables hold."""

import numpy as np
import pandas as pd
import pytest

from lamella.core.labels import Labels
from lamella.core.movie import Movie
from lamella.core.table import Col
from lamella.measure import Edge, measure
from lamella.report.figures.edge_lag import edge_lag
from lamella.report.figures.edge_map import edge_map
from lamella.report.figures.edge_outlines import edge_outlines
from lamella.report.style import as_png
from worlds import expanding_disc


@pytest.fixture(scope="module")
def world():
    labels = expanding_disc(0.5, 14, radius_px=12, pixel_size_um=0.5, field=(70, 70))
    labels[6] = 0
    rng = np.random.default_rng(1)
    image = rng.poisson(100 + 100 * (labels > 0)).astype(np.uint16)
    movie = Movie.from_array(image, pixel_size_um=0.5, interval_min=1)
    return image, measure(movie, Labels.from_array(labels), [Edge()]).finer


def is_png(drawn):
    return as_png(drawn).startswith(b"\x89PNG")


class TestMap:
    def test_has_a_panel_for_each_measure(self, world):
        drawn = edge_map(world[1]["edge"], title="a cell")
        titles = [axes.get_title(loc="left") for axes in drawn.axes]
        assert [t.partition(" ")[0] for t in titles if t] == ["Velocity", "Curvature,", "Intensity"]
        assert is_png(drawn)

    def test_colours_reach_as_far_to_both_sides(self, world):
        (mesh,) = edge_map(world[1]["edge"]).axes[0].collections
        assert mesh.get_clim()[0] == -mesh.get_clim()[1]
        values = np.ma.getdata(mesh.get_array()).reshape(100, 14)
        step = world[1]["edge"].query("frame == 3")[Col.EDGE_VELOCITY]
        assert values[:, 3] == pytest.approx(step.to_numpy(), nan_ok=True)
        assert np.isnan(np.ma.filled(mesh.get_array(), np.nan).reshape(100, 14)[:, 6]).all()

    def test_a_line_stands_where_positions_start_anew(self, world):
        (line,) = edge_map(world[1]["edge"]).axes[0].lines
        assert line.get_xdata()[0] == 6.5

    def test_movement_per_frame_where_the_interval_is_not_known(self, world):
        unknown = world[1]["edge"].assign(**{Col.EDGE_VELOCITY: np.nan, Col.TIME_MIN: np.nan})
        drawn = edge_map(unknown)
        assert drawn.axes[0].get_title(loc="left").startswith("Movement")
        assert drawn.axes[2].get_xlabel() == "Frame"
        assert is_png(drawn)

    def test_edge_that_is_not_free_is_left_out(self, world):
        edge = world[1]["edge"].copy()
        edge.loc[edge[Col.EDGE_POSITION] < 50, Col.EDGE_CONTACT] = 1
        (mesh,) = edge_map(edge).axes[0].collections
        values = np.ma.filled(mesh.get_array(), np.nan).reshape(100, 14)
        assert np.isnan(values[:50]).all()
        assert np.isfinite(values[50:, 3]).all()


class TestOutlines:
    def test_one_panel_an_image(self, world):
        drawn = edge_outlines(
            {t: world[0][t] for t in (1, 3, 6, 9)}, world[1]["edge"], pixel_size_um=0.5
        )
        titles = [axes.get_title(loc="left") for axes in drawn.axes]
        assert [t for t in titles if t] == ["frame 1, 1 min", "frame 3, 3 min", "frame 9, 9 min"]
        assert is_png(drawn)


class TestLags:
    def test_a_line_per_channel(self, world):
        lag = np.arange(-3, 4)
        one = pd.DataFrame(
            {
                Col.EDGE_CHANNEL: "a",
                Col.EDGE_LAG_FRAMES: lag,
                Col.EDGE_LAG_MIN: 0.5 * lag,
                Col.EDGE_CORRELATION: 0.5 / (1 + lag**2),
                Col.EDGE_CORRELATION_LOW: 0.0,
                Col.EDGE_CORRELATION_HIGH: 0.6,
            }
        )
        two = pd.concat([one, one.assign(**{Col.EDGE_CHANNEL: "b"})])
        axes = edge_lag(two).axes[0]
        assert len(axes.lines) == 4  # two axes and two channels
        assert axes.lines[2].get_xdata()[0] == -1.5
        assert "min" in axes.get_xlabel()
        unknown = edge_lag(one.assign(**{Col.EDGE_LAG_MIN: np.nan}))
        assert "frames" in unknown.axes[0].get_xlabel()
        assert is_png(unknown)


def test_nothing_to_draw_says_so(world):
    edge, lags = world[1]["edge"].iloc[:0], world[1]["edge_lags"].iloc[:0]
    for drawn in (edge_map(edge), edge_outlines({0: world[0][0]}, edge), edge_lag(lags)):
        assert drawn.axes[0].texts[0].get_text().endswith(".")
