"""Figures of comparisons: what they draw is what the tables hold."""

import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from numpy.testing import assert_allclose

from lamella.report.contents import ReportInput
from lamella.report.figures import marks
from lamella.report.figures.estimation import estimation_plot
from lamella.report.figures.forest import effect_sizes
from lamella.report.figures.montage import montage, ranked
from lamella.report.figures.replication import replication_plot
from lamella.report.figures.rose import WEDGES, rose
from lamella.report.figures.superplot import superplot
from lamella.report.filmstrip import to_png
from lamella.report.pictures import pictures
from lamella.report.style import COLUMN_MM, Key, save, wrapped

MEASURE = "mean_speed_um_per_min"
LONG = "wild type, DMSO control for 24 h at 37 °C"


@pytest.fixture(autouse=True)
def _no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def study(conditions=("wt", "ko"), sessions=("a", "b"), *, movies=3, cells=4):
    """A study whose effects are written by hand: −0.3 here, −0.25 across, per condition twice."""
    chance = np.random.default_rng(1)
    rows = [
        {"movie": f"{c}_{s}_{m}", "cell": k, "condition": c, "session": s,
         MEASURE: 1 + 0.1 * m + chance.normal(0, 0.05)}
        for c in conditions for s in sessions for m in range(movies) for k in range(cells)
    ]  # fmt: skip
    table = pd.DataFrame(rows)
    units = table.groupby(["condition", "session", "movie"], sort=False)[MEASURE]
    units = units.agg(mean="mean", n_cells="count").reset_index()
    units = units.rename(columns={"movie": "unit"}).assign(measure=MEASURE)
    means = [
        {"measure": MEASURE, "condition": c, "session": s, "n": movies, "mean": 1.0 + i + j / 10,
         "mean_low": 0.9 + i, "mean_high": 1.1 + i}
        for i, c in enumerate(conditions) for j, s in enumerate(("all", *sessions))
    ]  # fmt: skip
    effects, replication = [], []
    for i, c in enumerate(conditions[1:], 1):
        pair = {"measure": MEASURE, "condition": c, "reference": conditions[0], "n": 6,
                "n_reference": 6, "mean": 0.8, "mean_reference": 1.1}  # fmt: skip
        for claim, session, value in (
            ("these_sessions", "all", -0.3 * i),
            *(("these_sessions", s, -0.3 * i) for s in sessions),
            ("across_sessions", "all", -0.25 * i),
        ):
            ends = {"estimate_low": value - 0.1, "estimate_high": value + 0.1}
            d = {
                "cohens_d": 4 * value,
                "cohens_d_low": 4 * value - 1,
                "cohens_d_high": 4 * value + 1,
            }
            p = {"p_adjusted": 0.02 if session == "all" else np.nan}
            effects.append(
                {**pair, "claim": claim, "session": session, "estimate": value, **ends, **d, **p}
            )
        replication += [
            {**pair, "session": s, "difference": -0.3 * i + 0.5 * (s == "b"),
             "same_direction": s != "b", "estimate_without": -0.31 * i,
             "estimate_without_low": -0.5 * i, "estimate_without_high": 0.1}
            for s in sessions
        ]  # fmt: skip
    return ReportInput(
        cells=table,
        units=units,
        conditions=pd.DataFrame(means),
        effects=pd.DataFrame(effects),
        replication=pd.DataFrame(replication),
    )


STUDY = study()
NAN = replace(
    STUDY,
    cells=STUDY.cells.assign(**{MEASURE: np.nan}),
    units=STUDY.units.assign(mean=np.nan),
    conditions=STUDY.conditions.assign(mean=np.nan),
    effects=STUDY.effects.assign(estimate=np.nan, cohens_d=np.nan),
    replication=STUDY.replication.assign(difference=np.nan, estimate_without=np.nan),
)
WORLDS = {
    "two": STUDY,
    "seven by six": study([f"c{k}" for k in range(7)], list("abcdef")),
    "one condition": study(("wt",)),
    "one session": study(sessions=("a",)),
    "one cell": study(("wt",), ("a",), movies=1, cells=1),
    "long names": study((LONG, LONG[::-1], "x" * 80), (LONG, "b")),
    "forty": study([f"dose {k}" for k in range(40)], ("a",), movies=2, cells=1),
    "NaN": NAN,
    "nothing": ReportInput(),
}
FIGURES = {
    "superplot": lambda s: superplot(s.cells, MEASURE, s.conditions, units=s.units),
    "estimation": lambda s: estimation_plot(s.effects, MEASURE, units=s.units, cells=s.cells),
    "replication": lambda s: replication_plot(s.replication, s.effects, MEASURE),
    "forest": lambda s: effect_sizes(s.effects),
}


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_fits_any_study(name, world):
    drawn = FIGURES[name](WORLDS[world])
    drawn.draw_without_rendering()  # warns, and so fails, where the layout does not fit
    sizes = [text.get_fontsize() for text in drawn.findobj(lambda a: hasattr(a, "get_fontsize"))
             if text.get_text()]  # fmt: skip
    assert min(sizes) >= 6
    assert round(drawn.get_figwidth() * 25.4) in (85, 180)


def offsets(axes, smallest, largest):
    """What is drawn as marks of these sizes, (x, y)."""
    of = [dots.get_offsets() for dots in axes.collections
          if hasattr(dots, "get_sizes") and len(dots.get_sizes())
          and smallest <= dots.get_sizes()[0] <= largest]  # fmt: skip
    return np.concatenate(of) if of else np.empty((0, 2))


def test_a_superplot_has_every_cell_movie_and_session_mean():
    axes = FIGURES["superplot"](STUDY).axes[0]
    assert_allclose(np.sort(offsets(axes, 0, 18)[:, 1]), np.sort(STUDY.cells[MEASURE]))
    assert_allclose(np.sort(offsets(axes, 22, 22)[:, 1]), np.sort(STUDY.units["mean"]))
    by_session = STUDY.conditions[STUDY.conditions["session"] != "all"]
    assert_allclose(np.sort(offsets(axes, 30, 60)[:, 1]), np.sort(by_session["mean"]))
    joined = [line.get_ydata() for line in axes.lines if len(line.get_ydata()) == 2]
    assert any(np.allclose(y, [1.1, 2.1]) for y in joined)
    assert axes.get_xticklabels()[0].get_text() == "wt\n24 cells\n6 movies"


def test_a_session_that_lacks_a_condition_breaks_its_line():
    conditions = ("a", "b", "c")
    table = study(conditions)
    lacking = (table.conditions["condition"] == "b") & (table.conditions["session"] == "a")
    axes = superplot(table.cells, MEASURE, table.conditions[~lacking], Key(conditions, ("a", "b")),
                     units=table.units).axes[0]  # fmt: skip
    lines = [line.get_ydata() for line in axes.lines if len(line.get_ydata()) == 3]
    assert [int(np.isnan(y).sum()) for y in lines] == [1, 0]


def test_cells_are_movies_where_each_movie_has_one():
    one = study(cells=1)
    axes = superplot(one.cells, MEASURE, one.conditions, units=one.units).axes[0]
    assert len(offsets(axes, 22, 22)) == 0
    assert len(offsets(axes, 10, 18)) == len(one.cells)


def test_many_cells_become_shapes_and_stay_small():
    chance = np.random.default_rng(0)
    n = 500_000
    cells = pd.DataFrame(
        {
            "condition": np.where(np.arange(n) % 2, "wt", "ko"),
            MEASURE: np.append(chance.lognormal(0, 0.5, n - 1), 1e4),
        }
    )
    drawn = superplot(cells, MEASURE)
    assert len(save(drawn).svg) < 100_000
    axes = drawn.axes[0]
    assert axes.get_ylim()[1] < 20
    (told,) = [text.get_text() for text in axes.texts]
    beyond = (cells[MEASURE] > axes.get_ylim()[1]).sum() + (
        cells[MEASURE] < axes.get_ylim()[0]
    ).sum()
    assert told == f"{beyond} cells beyond the axis"


def test_a_shape_is_widest_where_most_values_are():
    drawn = superplot(pd.DataFrame({"condition": "wt", MEASURE: [1.0]}), MEASURE)
    axes = drawn.axes[0]
    values = np.random.default_rng(3).normal(5, 1, 100_000)
    marks.silhouette(axes, values, 2.0, width=0.5, colour="red")
    (x, y) = axes.collections[-1].get_paths()[0].vertices.T
    assert x.max() == pytest.approx(2.25)
    assert y[np.argmax(x)] == pytest.approx(5, abs=0.2)
    # A Gaussian is exp(−1/2) as wide one SD away.
    at_sd = np.abs(y - 6) < 0.05
    assert (x[at_sd].max() - 2) / 0.25 == pytest.approx(np.exp(-0.5), abs=0.05)


def estimates(axes):
    """Estimates that are drawn: value, and whether the mark is filled."""
    return [
        (float(line.get_ydata()[0]), to_hex(line.get_markerfacecolor()) != "#ffffff")
        for line in axes.lines
        if line.get_marker() == "o"
    ]


def test_two_conditions_have_the_effect_beside_them():
    data, effect = FIGURES["estimation"](STUDY).axes
    assert estimates(effect) == [(-0.3, True), (-0.25, False)]
    # The effect's 0 lies at the reference's mean.
    assert_allclose(np.subtract(data.get_ylim(), effect.get_ylim()), 1.1)
    intervals = [line.get_ydata() for line in effect.lines if len(set(line.get_xdata())) == 1]
    assert any(np.allclose(ends, [-0.4, -0.2]) for ends in intervals)


def test_more_conditions_have_their_effects_below_them():
    seven = WORLDS["seven by six"]
    above, under = FIGURES["estimation"](seven).axes
    assert len(estimates(under)) == 12
    assert above.get_xlim() == under.get_xlim()
    assert "c0" in under.get_xlabel()


def test_pairs_without_a_common_reference_have_places_of_their_own():
    three = study(("a", "b", "c"))
    last = three.effects[three.effects["condition"] == "c"].assign(reference="b")
    drawn = estimation_plot(pd.concat([three.effects, last]), MEASURE, units=three.units)
    names = [tick.get_text() for tick in drawn.axes[1].get_xticklabels()]
    assert names == ["b\n− a", "c\n− a", "c\n− b"]


def test_a_claim_that_cannot_be_told_says_so():
    across = STUDY.effects["claim"] == "across_sessions"
    effects = STUDY.effects.assign(estimate=STUDY.effects["estimate"].where(~across))
    drawn = estimation_plot(effects, MEASURE, units=STUDY.units)
    assert estimates(drawn.axes[1]) == [(-0.3, True)]
    words = [text.get_text() for text in drawn.legends[0].get_texts()]
    assert "across sessions: not told" in words
    three = study(("a", "b", "c"))
    one = across_of(three) & (three.effects["condition"] == "c")
    gap = three.effects.assign(estimate=three.effects["estimate"].where(~one))
    _, under = estimation_plot(gap, MEASURE, units=three.units).axes
    assert [text.get_text() for text in under.texts] == ["not told"]


def across_of(report):
    return report.effects["claim"] == "across_sessions"


def test_the_forest_keeps_claims_apart_and_shows_outlines():
    bands = {"cohens_d_outlines_low": -1.5, "cohens_d_outlines_high": -0.9}
    axes = effect_sizes(STUDY.effects.assign(**bands)).axes[0]
    words = [text.get_text() for text in axes.texts]
    assert words.index("ko − wt") < words.index("a") < words.index("ko − wt, across sessions")
    assert words.count("0.020") == 2
    grey = [line for line in axes.lines if line.get_linewidth() == 7]
    assert len(grey) == 4
    assert_allclose(grey[0].get_xdata(), [-1.5, -0.9])


def test_wide_intervals_across_sessions_do_not_set_the_scale():
    across = STUDY.effects["claim"] == "across_sessions"
    wide = STUDY.effects.assign(
        cohens_d_low=STUDY.effects["cohens_d_low"].mask(across, -40.0),
        cohens_d_high=STUDY.effects["cohens_d_high"].mask(across, 40.0),
    )
    axes = effect_sizes(wide).axes[0]
    assert axes.get_xlim()[1] < 3
    assert {"<", ">"} <= {line.get_marker() for line in axes.lines}
    assert any("(−40.00 to 40.00)" in text.get_text() for text in axes.texts)


def test_sessions_are_left_out_of_a_long_forest():
    axes = effect_sizes(study([f"c{k}" for k in range(20)], list("abcdef")).effects).axes[0]
    words = [text.get_text() for text in axes.texts]
    assert "c19 − c0" in words
    assert "f" not in words


def test_replication_draws_sessions_alone_and_left_out():
    axes = FIGURES["replication"](STUDY).axes[0]
    values = [(line.get_marker(), float(line.get_xdata()[0]), line.get_alpha())
              for line in axes.lines if line.get_marker() not in ("None", "")]  # fmt: skip
    assert [(x, alpha) for _, x, alpha in values] == [(-0.3, 1.0), (-0.31, None), (0.2, 0.45),
                                                      (-0.31, None)]  # fmt: skip
    assert "1 of 2 agree" in [text.get_text() for text in axes.texts]
    (band,) = axes.collections
    assert_allclose(band.get_paths()[0].vertices[:, 0].min(), -0.4)


def walkers(angle, n_cells=5, n_frames=11):
    """Cells that all go one way, in degrees growing downwards; the last frame is not valid."""
    t = np.arange(n_frames)
    return pd.concat(
        pd.DataFrame(
            {"movie": f"m{k}", "cell": 1, "frame": t, "y_px": t * np.sin(np.radians(angle)) + k,
             "x_px": t * np.cos(np.radians(angle)), "pair_valid": (t > 0) & (t < n_frames - 1)}
        )
        for k in range(n_cells)
    )  # fmt: skip


@pytest.mark.parametrize("angle", [7.0, 97.0, 200.0, 352.0])
def test_a_rose_points_where_cells_go(angle):
    frames = walkers(angle)
    cells = frames[["movie", "cell"]].drop_duplicates().assign(condition="wt")
    (axes,) = rose(frames, cells).axes
    heights = np.array([bar.get_height() for bar in axes.patches])
    assert heights.argmax() == int(angle // (360 / WEDGES))
    assert (heights**2).sum() == pytest.approx(1)
    assert axes.get_theta_direction() == -1
    assert "5 cells, 45 steps" in axes.get_title()


def test_areas_of_a_rose_are_shares_in_which_every_cell_has_the_same_say():
    long, short = walkers(7.0, 1, 101), walkers(97.0, 1, 11).assign(movie="other")
    frames = pd.concat([long, short])
    cells = frames[["movie", "cell"]].drop_duplicates().assign(condition="wt")
    (axes,) = rose(frames, cells).axes
    areas = np.array([bar.get_height() for bar in axes.patches]) ** 2
    assert_allclose(areas[[0, 6]], 0.5)


def test_no_step_gives_a_sentence_instead_of_a_rose():
    frames = walkers(7.0).assign(pair_valid=False)
    axes = rose(frames, pd.DataFrame({"movie": ["m0"], "condition": ["wt"]})).axes[0]
    assert "no direction" in axes.texts[0].get_text()


def scored(n):
    names = [f"m{k}" for k in range(n)]
    strips = {name: to_png(np.full((20, 90, 3), k, np.uint8)) for k, name in enumerate(names)}
    table = pd.DataFrame(
        {"movie": names, "object": "cell", "n_frames": 10, "n_empty_frames": range(n),
         "n_invalid_frames": 0, "n_size_breaks": 0, "area_flicker": 0.1,
         "outline_score": 1 - np.arange(n) / 10}
    )  # fmt: skip
    return table.iloc[::-1], strips


@pytest.mark.parametrize(
    ("n", "movies"),
    [(0, []), (1, ["m0"]), (2, ["m0", "m1"]), (3, ["m0", "m1", "m2"]), (8, ["m0", "m4", "m7"])],
)
def test_the_montage_shows_best_median_and_worst(n, movies):
    quality, strips = scored(n)
    shown = ranked(quality, strips)
    assert [row["movie"] for _, row in shown] == movies
    drawn = montage(quality, strips)
    drawn.draw_without_rendering()
    if n > 2:
        words = " ".join(text.get_text() for text in drawn.texts)
        assert "best: score 1.000" in words
        assert f"worst: score {1 - (n - 1) / 10:.3f}" in words
        assert f"10 frames, {n - 1} empty; flicker 10.0 %" in words


def test_a_movie_without_a_strip_is_not_in_the_montage():
    quality, strips = scored(4)
    del strips["m0"]
    assert [row["movie"] for _, row in ranked(quality, strips)] == ["m1", "m2", "m3"]


def test_every_measure_has_its_figures_with_words():
    made = {picture.name: picture for picture in pictures(STUDY)}
    for kind in ("by_condition", "estimation", "replication"):
        assert f"{kind}_{MEASURE}" in made
    words = made[f"estimation_{MEASURE}"].alt
    assert "ko minus wt in these sessions −0.300, 95 % −0.400 to −0.200" in words
    assert "across sessions −0.250" in words
    assert "does not show that there is no difference" in made[f"estimation_{MEASURE}"].caption
    assert "mean of each session" in made[f"by_condition_{MEASURE}"].caption
    one = {picture.name: picture for picture in pictures(WORLDS["one session"])}
    assert f"replication_{MEASURE}" not in one
    assert "mean of each session" not in one[f"by_condition_{MEASURE}"].caption


def test_outlines_that_were_measured_again_have_a_figure():
    rows = [
        {"measure": MEASURE, "claim": claim, "condition": "ko", "reference": "wt", "outlines": each,
         "estimate": -0.3, "cohens_d": d, "cohens_d_low": d - 1, "cohens_d_high": d + 1}
        for claim in ("these_sessions", "across_sessions")
        for each, d in (("as_is", -1.2), ("dilated", -1.4), ("eroded", -1.0), ("smoothed", -1.2))
    ]  # fmt: skip
    made = [picture.name for picture in pictures(replace(STUDY, outlines=pd.DataFrame(rows)))]
    assert "outline_bands" in made
    assert "outline_bands" not in [picture.name for picture in pictures(STUDY)]


def test_names_break_into_lines_that_fit():
    lines = wrapped(LONG, 12).splitlines()
    assert len(lines) <= 4
    assert all(len(line) <= 12 for line in lines)
    assert wrapped("x" * 80, 10).count("\n") <= 3
    assert wrapped("", 10) == ""


def test_names_keep_their_text_in_an_svg():
    svg = save(FIGURES["superplot"](STUDY)).svg
    assert b">Mean speed" in svg
    assert COLUMN_MM == 85
