"""Reports of studies whose tables are made up, with every column that the statistics fill."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO

import numpy as np
import pandas as pd
from PIL import Image

from lamella.report.cell_strips import CellStrips
from lamella.report.contents import ReportInput
from lamella.report.filmstrip import to_png

SPEED, AREA, RATIO = "mean_speed_um_per_min", "area_um2", "lam_cyto_ratio"
MEASURES = (SPEED, AREA, RATIO)
ROW_PX, TILE_PX = 40, 40


def told_study(
    conditions=("WT", "KO", "KI"),
    sessions=("may", "june"),
    *,
    movies_per_session=2,
    cells_per_movie=2,
    n_frames=12,
    movie_name="{condition}__{session}__{n}",
) -> ReportInput:
    """A report in which the last condition is slower, the verdicts speak, and cells have strips."""
    chance = np.random.default_rng(7)
    cells, frames, films, strips, samples = [], [], {}, {}, []
    for c, condition in enumerate(conditions):
        slow = 0.6 if c and c == len(conditions) - 1 else 1.0
        for s, session in enumerate(sessions):
            for n in range(movies_per_session):
                movie = movie_name.format(condition=condition, session=session, n=n)
                samples.append((movie, condition, session))
                films[movie] = to_png(_stripes(c, s, n, (60, 240)))
                for k in range(1, cells_per_movie + 1):
                    course = slow * (1 + 0.2 * s) + chance.normal(0, 0.15, n_frames)
                    frames.append(_frames(movie, k, course))
                    cells.append(_cell(movie, k, condition, session, course, n_frames))
                rows = [_stripes(c, s, k, (ROW_PX, 6 * TILE_PX)) for k in range(cells_per_movie)]
                strips[movie] = CellStrips(
                    _webp(np.concatenate(rows)),
                    tuple(("cell", k) for k in range(1, cells_per_movie + 1)),
                    ROW_PX,
                    6 * TILE_PX,
                )
    table = pd.DataFrame(cells)
    keys = ["condition", "session", "movie"]
    means = table.groupby(keys, sort=False)[list(MEASURES)].mean().reset_index()
    units = means.rename(columns={"movie": "unit"}).melt(
        ["condition", "session", "unit"], var_name="measure", value_name="mean"
    )
    units["n_cells"] = cells_per_movie
    effects, models, replication = _statistics(units, conditions, sessions)
    every = pd.DataFrame(samples, columns=["movie", "condition", "session"])
    return ReportInput(
        title="Told study",
        frames=pd.concat(frames, ignore_index=True),
        cells=table,
        events=pd.DataFrame(
            {
                "movie": [samples[0][0]], "object": "cell", "cell": 1, "frame": 4, "kind": "jump",
                "words": "Cell 1 jumps at frame 4.", "severity": 1.0,
            }
        ),
        units=units,
        conditions=_conditions(units),
        effects=effects,
        models=models,
        replication=replication,
        outlines=_outlines(effects),
        status=every[["movie"]].assign(stage="segment/cell", state="done", seconds=1.0, message=""),
        samples=every.assign(path="a.tif", exclude="", included=True),
        filmstrips=films,
        cell_strips=strips,
        provenance={
            "versions": {"lamella": "0.1.0", "numpy": "2.0", "statsmodels": "0.15"},
            "settings": SETTINGS,
            "movies": {movie: {"stretched": n % 2 == 0, "because": "dim", "cells": cells_per_movie}
                       for n, movie in enumerate(films)},
        },
    )  # fmt: skip


SETTINGS = {
    "objects": {
        "cell": {
            "segment": {"method": "multiotsu", "classes": 3, "smoothing_px": 1.0},
            "track": {"method": "lap", "max_gap": 2},
            "declump": False,
            "fill_gaps": 0,
        }
    },
    "measure": {
        "background": {"method": "percentile", "percentile": 50.0, "margin_px": 10},
        "bleaching": {"method": "exponential"},
        "sightings": {"min_area_fraction": 0.3, "min_iou": 0.3, "max_area_change": 1.5},
        "walks": {"min_step_um": 0.0},
        "edge": False,
    },
    "statistics": {"reference": "WT"},
}

REFUSED = "The variance between sessions is 0: fixed_session is used instead."


def stats_only(report: ReportInput) -> ReportInput:
    """What remains where a table of cells is all there is."""
    kept = ("title", "cells", "units", "conditions", "effects", "models", "replication")
    bare = ReportInput(**{name: getattr(report, name) for name in kept})
    return replace(bare, provenance={"versions": {"lamella": "0.1.0"}})


def _frames(movie, cell, course):
    n = len(course)
    return pd.DataFrame(
        {
            "movie": movie, "object": "cell", "cell": cell, "frame": np.arange(n),
            "time_min": np.arange(n) * 1.0, "y_px": course.cumsum(), "x_px": course.cumsum(),
            "speed_um_per_min": np.where(np.arange(n) == 5, np.nan, course),
            "area_um2": 300 + 50 * course, "valid": True, "pair_valid": True, "empty": False,
        }
    )  # fmt: skip


def _cell(movie, cell, condition, session, course, n_frames):
    return {
        "movie": movie, "object": "cell", "cell": cell, "condition": condition,
        "session": session, "unit": movie, "n_frames": n_frames, "n_empty_frames": 0,
        SPEED: float(course.mean()), AREA: 300 + 50 * float(course.mean()),
        RATIO: 1.5 + 0.1 * float(course.std()),
    }  # fmt: skip


def _stripes(c, s, n, shape):
    """A picture that differs from movie to movie and from cell to cell."""
    red = np.full(shape, 60 + 60 * (c % 3))
    green = np.full(shape, 60 + 60 * (s % 3))
    blue = np.broadcast_to((np.arange(shape[1]) * (n % 5 + 1)) % 255, shape)
    return np.stack([red, green, blue], axis=-1).astype(np.uint8)


def _webp(pixels):
    out = BytesIO()
    Image.fromarray(pixels).save(out, format="WEBP", lossless=True)
    return out.getvalue()


def _conditions(units):
    grouped = units.groupby(["measure", "condition", "session"], sort=False)["mean"]
    each = grouped.agg(["count", "mean", "std"]).reset_index()
    whole = units.groupby(["measure", "condition"], sort=False)["mean"]
    whole = whole.agg(["count", "mean", "std"]).reset_index().assign(session="all")
    table = pd.concat([whole, each], ignore_index=True)
    table = table.rename(columns={"count": "n", "std": "sd"})
    half = 2 * table["sd"] / np.sqrt(table["n"])
    return table.assign(mean_low=table["mean"] - half, mean_high=table["mean"] + half)


def _statistics(units, conditions, sessions):
    effects, models, replication = [], [], []
    for measure in MEASURES:
        of_measure = units[units["measure"] == measure]
        for condition in conditions[1:]:
            key = {"measure": measure, "condition": condition, "reference": conditions[0]}
            whole = _contrast(of_measure, condition, conditions[0])
            per_session = {
                s: _contrast(of_measure[of_measure["session"] == s], condition, conditions[0])
                for s in sessions
            }
            agreeing = sum(np.sign(e["estimate"]) == np.sign(whole["estimate"])
                           for e in per_session.values())  # fmt: skip
            d = whole["cohens_d"]
            effects.append(
                {
                    **key,
                    "claim": "these_sessions",
                    "session": "all",
                    **whole,
                    "p_adjusted": min(2 * whole["p"], 1.0),
                    "adjusted_by": "holm",
                    "n_tests": 2,
                    "model": "fixed_session",
                    "interval_by": "t",
                    "p_interaction": 0.41,
                    "n_sessions": len(sessions),
                    "n_sessions_agreeing": agreeing,
                    "cohens_d_outlines_low": d - 0.2,
                    "cohens_d_outlines_high": d + 0.2,
                    "verdict": REFUSED if measure == AREA else "",
                }
            )
            wide = {**whole, "p": min(4 * whole["p"], 1.0)}
            effects.append(
                {
                    **key,
                    "claim": "across_sessions",
                    "session": "all",
                    **wide,
                    "p_adjusted": min(8 * whole["p"], 1.0),
                    "adjusted_by": "holm",
                    "n_tests": 2,
                    "model": "paired_sessions",
                    "interval_by": "t",
                    "n_sessions": len(sessions),
                    "n_sessions_agreeing": agreeing,
                    "verdict": "",
                }
            )
            for session, effect in per_session.items():
                effects.append(
                    {
                        **key,
                        "claim": "these_sessions",
                        "session": session,
                        **effect,
                        "model": "fixed_session",
                        "interval_by": "t",
                        "verdict": "",
                    }
                )
                replication.append(
                    {
                        **key,
                        "session": session,
                        "n": effect["n"],
                        "n_reference": effect["n_reference"],
                        "difference": effect["estimate"],
                        "cohens_d": effect["cohens_d"],
                        "same_direction": True,
                        "estimate_without": whole["estimate"],
                        "estimate_without_low": whole["estimate_low"],
                        "estimate_without_high": whole["estimate_high"],
                        "p_without": whole["p"],
                    }
                )
            for name, claim, used in (
                ("fixed_session", "these_sessions", True),
                ("random_session", "these_sessions", False),
                ("paired_sessions", "across_sessions", True),
            ):
                refused = name == "random_session"
                models.append(
                    {
                        **key,
                        "model": name,
                        "claim": claim,
                        **whole,
                        "used": used,
                        "trusted": not refused,
                        "verdict": REFUSED if refused else "",
                        "var_residual": 0.02,
                    }
                )
    return pd.DataFrame(effects), pd.DataFrame(models), pd.DataFrame(replication)


def _contrast(units, condition, reference):
    """A plain two-sample contrast: enough for a page."""
    ours, theirs = (
        units.loc[units["condition"] == name, "mean"] for name in (condition, reference)
    )
    n, m = len(ours), len(theirs)
    sd = float(np.sqrt((ours.var(ddof=0) * n + theirs.var(ddof=0) * m) / max(n + m - 2, 1))) or 1.0
    estimate = float(ours.mean() - theirs.mean())
    se = sd * np.sqrt(1 / n + 1 / m)
    d, half = estimate / sd, 2.1 * se
    return {
        "n": n, "n_reference": m, "mean": float(ours.mean()),
        "mean_reference": float(theirs.mean()), "difference": estimate, "estimate": estimate,
        "estimate_low": estimate - half, "estimate_high": estimate + half, "se": se,
        "df": n + m - 2, "p": float(np.exp(-((estimate / se) ** 2) / 2)), "cohens_d": d,
        "cohens_d_low": d - half / sd, "cohens_d_high": d + half / sd, "hedges_g": 0.95 * d,
        "cliffs_delta": float(np.sign(d)),
    }  # fmt: skip


def _outlines(effects):
    if not len(effects):
        return effects
    whole = effects[(effects["session"] == "all") & (effects["claim"] == "these_sessions")]
    names = ["measure", "claim", "condition", "reference", "estimate", "cohens_d", "p"]
    return pd.concat(
        [whole[names].assign(outlines=kind) for kind in ("as_is", "dilated", "eroded", "smoothed")]
    )
