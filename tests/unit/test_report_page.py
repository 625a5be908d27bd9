import re
import warnings
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from lamella.report.contents import ReportInput
from lamella.report.figures.empty import empty_frames, empty_rate
from lamella.report.figures.forest import effect_sizes
from lamella.report.figures.intensity import lam_versus_cyto
from lamella.report.figures.superplot import superplot
from lamella.report.figures.time_course import time_course
from lamella.report.figures.trajectories import trajectories
from lamella.report.filmstrip import to_png
from lamella.report.html import render
from lamella.report.pictures import pictures
from lamella.report.style import Images, Key, save, swarm
from lamella.report.told import speed_measure

HOSTILE = "<script>alert(1)</script>&\"'{{ 7 * 7 }} $x_1$"


def study(conditions=("wt", "ki"), n_movies=3, n_frames=12):
    """Two sessions, walkers of known step, a ratio per cell, one empty frame per movie."""
    chance = np.random.default_rng(0)
    frames, cells = [], []
    for c, condition in enumerate(conditions):
        for m in range(n_movies):
            movie, session = f"{condition}__{m}", "low" if m % 2 else "high"
            steps = chance.normal(0, 1 / (c + 1), (n_frames, 2))
            y, x = np.cumsum(steps, axis=0).T
            empty = np.arange(n_frames) == 4
            ratio = 1.5 + 0.2 * c + 0.05 * m
            table = pd.DataFrame(
                {
                    "movie": movie,
                    "object": "cell",
                    "cell": 1,
                    "frame": np.arange(n_frames),
                    "time_min": np.arange(n_frames) * 1.0,
                    "y_px": np.where(empty, np.nan, y * 3),
                    "x_px": np.where(empty, np.nan, x * 3),
                    "y_um": np.where(empty, np.nan, y),
                    "x_um": np.where(empty, np.nan, x),
                    "area_um2": np.where(empty, np.nan, 400.0 + m),
                    "empty": empty,
                    "valid": ~empty,
                    "pair_valid": ~(empty | np.roll(empty, 1)),
                    "speed_um_per_min": np.hypot(*steps.T),
                    "lam_mean": 300 * ratio,
                    "cyto_mean": 300.0,
                    "lam_cyto_ratio": ratio,
                }
            )
            frames.append(table)
            cells.append(
                {
                    "movie": movie,
                    "object": "cell",
                    "cell": 1,
                    "condition": condition,
                    "session": session,
                    "unit": movie,
                    "n_frames": n_frames,
                    "n_empty_frames": 1,
                    "mean_speed_um_per_min": float(table["speed_um_per_min"].mean()),
                    "persistence": 0.3,
                    "area_um2": 400.0 + m,
                    "lam_mean": 300 * ratio,
                    "cyto_mean": 300.0,
                    "lam_cyto_ratio": ratio,
                    "lam_cyto_ratio_noise": 1.18,
                }
            )
    means, effects = [], []
    measure = "mean_speed_um_per_min"
    for session in ("all", "low", "high"):
        for condition in conditions:
            mean = {"mean": 1.0, "sd": 0.2, "mean_low": 0.8, "mean_high": 1.2, "n": n_movies}
            means += [{"measure": measure, "condition": condition, "session": session, **mean}]
        effects += [
            {"measure": measure, "claim": "these_sessions", "session": session,
             "condition": condition, "reference": conditions[0], "n": 10, "n_reference": 10,
             "mean": 0.65, "mean_reference": 1.0, "difference": -0.35, "cohens_d": -1.4,
             "cohens_d_low": -2.4, "cohens_d_high": -0.4}
            for condition in conditions[1:]
        ]  # fmt: skip
    cells_table = pd.DataFrame(cells)
    samples = cells_table[["movie", "condition", "session"]].assign(path="a.tif", exclude="")
    status = pd.DataFrame(
        {"movie": cells_table["movie"], "stage": "segment", "state": "done", "seconds": 1.5}
    )
    return ReportInput(
        title="Study",
        frames=pd.concat(frames, ignore_index=True),
        cells=cells_table,
        conditions=pd.DataFrame(means),
        effects=pd.DataFrame(effects),
        status=status,
        samples=samples,
        filmstrips={cells[0]["movie"]: to_png(np.zeros((20, 60, 3), np.uint8))},
        provenance={
            "versions": {"lamella": "0.1"},
            "settings": {
                "segment": {"classes": 3, "nested": {"a": [1, 2], "b": None}},
                "track": {"max_step_um": 5.0, "gap": True},
            },
        },
        warnings=["Two movies are short."],
    )


@pytest.fixture(autouse=True)
def _no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


@pytest.fixture
def undrawn(monkeypatch):
    """Figures are made and not written, where only their names and captions matter."""
    monkeypatch.setattr("lamella.report.picture.save", lambda _: Images(b"png", b"<svg/>"))


STUDY = study()
EMPTY = pd.DataFrame()
ONE = study(("wt",), n_movies=1)


def blanked(table, *names):
    return table.assign(**dict.fromkeys(names, np.nan))


FIGURES = {
    "trajectories": lambda s: trajectories(s.frames, s.cells),
    "dots": lambda s: superplot(s.cells, "mean_speed_um_per_min", s.conditions),
    "ratio": lambda s: superplot(s.cells, "lam_cyto_ratio"),
    "scatter": lambda s: lam_versus_cyto(s.cells),
    "scatter of frames": lambda s: lam_versus_cyto(s.frames, cells=s.cells),
    "empty": lambda s: empty_rate(s.cells),
    "forest": lambda s: effect_sizes(s.effects),
    "course": lambda s: time_course(s.frames, s.cells),
}
NAN = replace(
    STUDY,
    frames=blanked(STUDY.frames, "y_px", "x_px", "y_um", "x_um", "speed_um_per_min", "lam_mean"),
    cells=blanked(STUDY.cells, "mean_speed_um_per_min", "lam_cyto_ratio", "lam_mean", "condition"),
    conditions=blanked(STUDY.conditions, "mean", "mean_low"),
    effects=blanked(STUDY.effects, "cohens_d", "cohens_d_low", "n"),
)
WORLDS = {"normal": STUDY, "no rows": ReportInput(), "one cell": ONE, "NaN": NAN}


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_is_drawn_from_any_table(name, world):
    drawn = FIGURES[name](WORLDS[world])
    drawn.draw_without_rendering()
    assert drawn.axes


def test_a_figure_becomes_png_and_svg():
    images = save(FIGURES["ratio"](STUDY))
    assert images.png.startswith(b"\x89PNG")
    assert b"</svg>" in images.svg
    assert b">Bright" in images.svg


def test_figures_are_the_same_for_the_same_tables():
    first, second = (save(FIGURES["trajectories"](STUDY)) for _ in range(2))
    assert first == second
    assert b"<dc:date>" not in first.svg


def test_trajectories_share_one_limit_point_down_and_break_at_gaps():
    drawn = trajectories(STUDY.frames, STUDY.cells)
    panels = [axes for axes in drawn.axes if axes.get_title("left")]
    assert [axes.get_title("left").split("  ")[0] for axes in panels] == [
        "wt · high", "ki · high", "wt · low", "ki · low",
    ]  # fmt: skip
    assert len({(axes.get_xlim(), axes.get_ylim()) for axes in panels}) == 1
    bottom, top = panels[0].get_ylim()
    assert bottom > top
    assert "µm" in drawn.get_supxlabel()
    paths = [line.get_xdata() for line in panels[0].lines if len(line.get_xdata()) > 2]
    assert all(np.isnan(path).any() for path in paths)


def test_trajectories_fall_back_to_pixels():
    drawn = trajectories(blanked(STUDY.frames, "y_um", "x_um"), STUDY.cells)
    assert "(px)" in drawn.get_supxlabel()


def test_rejected_steps_are_grey_and_not_in_the_path():
    frames = STUDY.frames.assign(pair_valid=False)
    lines = trajectories(frames, STUDY.cells).axes[0].lines
    colours = {line.get_color() for line in lines if np.isfinite(line.get_xdata()).sum() > 1}
    grey = [line for line in lines if line.get_color() == "#8C8C8C"]
    assert any(np.isfinite(line.get_xdata()).sum() > 1 for line in grey)
    assert len(colours) >= 1


def test_colours_stay_with_their_condition():
    whole = Key.of(STUDY.cells, STUDY.samples, STUDY.effects)
    assert whole.conditions == ("wt", "ki")
    turned = STUDY.effects.assign(reference="ki", condition="wt")
    assert Key.of(STUDY.cells, None, turned).conditions == ("ki", "wt")
    assert len({whole.colour(name) for name in whole.conditions}) == 2
    assert len({whole.marker(name) for name in whole.sessions}) == 2


@pytest.mark.usefixtures("undrawn")
def test_steps_stand_in_for_speed_where_the_interval_is_unknown():
    cells = blanked(STUDY.cells, "mean_speed_um_per_min").assign(mean_step_px=2.0)
    assert speed_measure(cells) == "mean_step_px"
    names = [picture.name for picture in pictures(replace(STUDY, cells=cells))]
    assert "by_condition_mean_step_px" in names


def test_swarm_keeps_its_width_and_hides_no_dot():
    values = np.repeat([1.0, 2.0, 5.0], 30)
    shift = swarm(values, width=0.4)
    assert np.abs(shift).max() <= 0.2
    assert len(set(zip(values, shift.round(6), strict=True))) == len(values)


def test_only_movies_with_empty_frames_are_named():
    cells = STUDY.cells.assign(n_empty_frames=[0, 3, 0, 1, 0, 0])
    table = empty_frames(cells)
    assert list(table["movie"]) == ["wt__1", "ki__0"]
    assert list(table["share"]) == [3 / 12, 1 / 12]


class Page(HTMLParser):
    """Collects what the page loads, says and runs."""

    def __init__(self, text):
        super().__init__()
        self.loads, self.images, self.scripts, self.ids = [], [], 0, []
        self.links = []
        self.bare_heads = 0
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if "src" in attributes:
            self.loads.append(attributes["src"])
        if tag == "a":
            self.links.append(attributes["href"])
        elif "href" in attributes:
            self.loads.append(attributes["href"])
        if tag == "img":
            self.images.append(attributes)
        self.scripts += tag == "script"
        self.bare_heads += tag == "th" and "scope" not in attributes
        self.ids += [attributes["id"]] if "id" in attributes else []


def test_the_page_is_whole_and_loads_nothing():
    text = render(STUDY)
    page = Page(text)
    assert page.images
    assert all(image.get("alt", "").strip() for image in page.images)
    assert all(source.startswith("data:image/") for source in page.loads)
    inside = {link for link in page.links if link.startswith("#")}
    assert {link.removeprefix("#") for link in inside} <= set(page.ids)
    assert all(link.startswith("data:text/csv") for link in set(page.links) - inside)
    assert len(page.ids) == len(set(page.ids))
    assert not re.search(r"""(?:src|href)\s*=\s*["']?\s*(?:https?:)?//""", text)
    assert "@import" not in text
    assert set(re.findall(r"url\((.{10})", text)) <= {"data:image"}
    assert page.bare_heads == 0
    assert page.scripts == 1
    for said in (
        "Does ki differ from wt in mean speed?",
        "above 1 even",
        "falls with the",
        "No background was subtracted",
        "Two movies are short",
        "max_step_um",
        "Mean speed over valid pairs of frames",
    ):
        assert said in text


def test_the_page_is_the_same_for_the_same_tables():
    assert render(ONE) == render(ONE)


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("world", WORLDS)
def test_a_page_is_made_from_any_tables(world):
    page = Page(render(WORLDS[world]))
    assert {"answers", "figures", "cells", "methods", "data"} <= set(page.ids)


@pytest.mark.usefixtures("undrawn")
def test_text_of_the_user_is_escaped_everywhere():
    hostile = study((HOSTILE, f"2{HOSTILE}"))
    status = hostile.status.assign(state="failed", message=HOSTILE)
    samples = hostile.samples.assign(exclude=HOSTILE)
    text = render(
        replace(
            hostile,
            title=HOSTILE,
            status=status,
            samples=samples,
            provenance={HOSTILE: {HOSTILE: [HOSTILE, {HOSTILE: HOSTILE}]}},
            warnings=[HOSTILE],
            notes=[HOSTILE],
        )
    )
    page = Page(text)
    assert "<script>alert" not in text
    assert page.scripts == 1
    assert "{{ 7 * 7 }}" in text
    assert all(image["alt"].strip() for image in page.images)


@pytest.mark.usefixtures("undrawn")
def test_migration_alone_makes_no_ratio():
    names = [name for name in STUDY.cells if not name.startswith(("lam", "cyto"))]
    alone = replace(
        STUDY,
        cells=STUDY.cells[names],
        frames=STUDY.frames[[n for n in STUDY.frames if not n.startswith(("lam", "cyto"))]],
    )
    made = {picture.name for picture in pictures(alone)}
    assert "trajectories" in made
    assert not {name for name in made if "lam" in name}
    assert "bright ÷ dim" not in render(alone)


@pytest.mark.usefixtures("undrawn")
def test_each_channel_has_its_figures():
    names = ("lam_cyto_ratio", "lam_cyto_ratio_noise", "lam_mean", "cyto_mean")
    vasp = dict(zip(names, (f"{name}__VASP" for name in names), strict=True))
    tables = []
    for table in (STUDY.cells, STUDY.frames):
        split = table.rename(columns=vasp)
        same = [name for name in names if name in table]
        tables.append(split.assign(**{f"{name}__act": table[name] for name in same}))
    report = replace(STUDY, cells=tables[0], frames=tables[1])
    made = {picture.name for picture in pictures(report)}
    for channel in ("VASP", "act"):
        assert f"by_condition_lam_cyto_ratio__{channel}" in made
        assert f"lam_versus_cyto_{channel}" in made
    assert "Bright ÷ dim ratio (VASP)" in render(report)


@pytest.mark.usefixtures("undrawn")
def test_objects_are_kept_apart():
    cells = pd.concat([STUDY.cells, STUDY.cells.assign(object="nucleus")])
    frames = pd.concat([STUDY.frames, STUDY.frames.assign(object="nucleus")])
    made = [picture.name for picture in pictures(replace(STUDY, cells=cells, frames=frames))]
    assert "trajectories_cell" in made
    assert "trajectories_nucleus" in made
    assert len(made) == len(set(made))


def test_a_long_table_says_where_the_rest_is():
    cells = pd.concat([STUDY.cells] * 100, ignore_index=True)
    text = render(replace(STUDY, cells=cells, frames=EMPTY), drawn=[])
    assert "The first 500 of 600 rows" in text


@pytest.mark.usefixtures("undrawn")
def test_background_is_said_where_it_was_subtracted():
    frames = STUDY.frames.assign(background=100.0)
    captions = " ".join(picture.caption for picture in pictures(replace(STUDY, frames=frames)))
    assert "A background level was subtracted" in captions
    assert "No background" not in captions


def test_a_condition_that_lacks_a_session_leaves_an_empty_panel():
    cells = pd.DataFrame(
        {
            "movie": ["a", "b", "c"],
            "object": "cell",
            "cell": 1,
            "condition": ["A", "A", "B"],
            "session": ["1", "2", "2"],
            "mean_speed_um_per_min": [1.0, 2.0, 3.0],
        }
    )
    frames = pd.concat(
        pd.DataFrame(
            {
                "movie": m, "object": "cell", "cell": 1, "frame": range(4), "y_px": range(4),
                "x_px": 0.0, "y_um": range(4), "x_um": 0.0, "pair_valid": [False, True, True, True],
            }
        )
        for m in "abc"
    )  # fmt: skip
    assert pictures(ReportInput(frames=frames, cells=cells))


def colonies():
    """The study with five cells in every movie, of which the fifth is too short to count."""
    parts = [STUDY.cells.assign(cell=cell, in_statistics=cell < 5) for cell in range(1, 6)]
    cells = pd.concat(parts, ignore_index=True)
    measure = "mean_speed_um_per_min"
    units = STUDY.cells[["movie", "condition", "session", measure]].rename(
        columns={"movie": "unit", measure: "mean"}
    )
    events = pd.DataFrame(
        {
            "movie": "wt__0",
            "object": "cell",
            "cell": 3,
            "frame": range(40),
            "kind": ["jump"] * 30 + ["size_break"] * 10,
            "words": [f"Event {n} {HOSTILE}" for n in range(40)],
        }
    )
    units = units.assign(measure=measure, n_cells=4)
    return replace(STUDY, cells=cells, units=units, events=events)


@pytest.mark.usefixtures("undrawn")
def test_several_cells_a_movie_are_told():
    report = colonies()
    text = render(report)
    n = len(report.cells)
    assert f"{n} cells in {n // 5} movies" in text
    assert "Each movie counts once, by the mean over its cells" in text
    assert f"{n // 5} cells of {n} were followed for too few steps" in text
    assert "each cell keeps its colour and its number" in text
    assert "30 × jump, 10 × size break" in text
    assert "12 of 40 events; all are in tables/events.csv" in text
    assert "<script>alert" not in text
    assert "by the mean over its cells;" not in render(STUDY)
    assert "Tracks to look at" not in render(STUDY)


def test_a_comparison_of_cells_beside_nuclei_of_which_nothing_is_compared():
    report = study()
    nuclei = report.cells.assign(object="nucleus")
    both = replace(report, cells=pd.concat([report.cells, nuclei], ignore_index=True))
    both = replace(both, effects=report.effects.assign(object="cell"))
    page = render(both)
    assert 'href="#measure-cell-mean' in page
    assert "12 objects (6 cell, 6 nucleus) in 6 movies" in page


def test_what_the_study_asks_for_stands_first():
    report = study()
    settings = {"settings": {"statistics": {"measures": ["positive__edu"]}}}
    share = report.effects.assign(measure="positive__edu")
    effects = pd.concat([report.effects, share], ignore_index=True)
    cells = report.cells.assign(positive__edu=True)
    page = render(replace(report, effects=effects, cells=cells, provenance=settings))
    table = page[page.index("Measure, contrast") :]
    assert table.index("Share positive") < table.index("Mean speed")
