"""The figures of a comparison of analyses or of segmenters, with their captions."""

from __future__ import annotations

import pandas as pd

from lamella.core.table import Col
from lamella.report.figures.agreement import bland_altman
from lamella.report.figures.analyses import effect_bars
from lamella.report.figures.segmenters import (
    empty_by_movie,
    mask_agreement,
    score_lines,
    speed_spread_bars,
)
from lamella.report.picture import Picture, picture
from lamella.report.tables import has_values, only, texts, unique
from lamella.report.words import CLAIMS, listed

UNAIDED_SCORES = (Col.EMPTY_RATE, Col.TEMPORAL_IOU, Col.AREA_JITTER, Col.OBJECTS_PER_FRAME)
TRUTH_SCORES = (Col.IOU, Col.PIXEL_F1, Col.SEG, Col.AP50, Col.AP75, Col.AP50_95)
"""Scores that are drawn: of labels alone, and against the truth."""
SHOWN_SCORES = (*UNAIDED_SCORES, *TRUTH_SCORES)
EFFECTS, SPEED, FOUND, CELLS = "effects", "speed", "found", "cells"
"""The parts of the page that figures stand in."""
_LINES = "A thin line per movie, the bold one is their mean."


def pictures_of_segmenters(
    scores: pd.DataFrame, summary: pd.DataFrame, masks: pd.DataFrame, speed: pd.DataFrame
) -> list[Picture]:
    """Scores, empty frames and masks of several segmenters, and the spread of speed under each.

    Tables that are empty have no figure; see `lamella.run.comparison.Segmented`.
    """
    made = []
    names = listed(unique(texts(scores, Col.SEGMENTER)))
    if has_values(speed, Col.SD):
        made.append(
            picture(
                "speed_sd",
                "Spread of speed",
                "SD (n−1) of speed over the units of a condition, all sessions together, and its "
                "95 % interval (χ²). Badly found outlines scatter it; so do cells that differ.",
                f"Bars of the SD of speed per condition, one for each of {names}.",
                speed_spread_bars(speed),
                topic=SPEED,
            )
        )
    if len(scores):
        made.append(
            picture(
                "empty_by_movie",
                "Frames without any object, by movie",
                "Share of the frames in which nothing was found.",
                f"Dots of the share of empty frames per movie, one for each of {names}.",
                empty_by_movie(scores),
                topic=FOUND,
            )
        )
        made.append(
            picture(
                "scores",
                "What was found, by movie",
                f"{_LINES} No score here knows the truth.",
                f"Scores of every movie under {names}.",
                score_lines(scores, summary, [str(name) for name in UNAIDED_SCORES]),
                topic=FOUND,
            )
        )
    if any(has_values(scores, name) for name in TRUTH_SCORES):
        made.append(
            picture(
                "scores_against_truth",
                "Against the truth, by movie",
                f"{_LINES} 1 = all right.",
                f"Scores against the truth of every movie under {names}.",
                score_lines(scores, summary, [str(name) for name in TRUTH_SCORES]),
                topic=FOUND,
            )
        )
    if len(masks):
        made.append(
            picture(
                "mask_agreement",
                "How far the masks agree",
                "Intersection over union of all that is cell, the mean over the frames of a movie "
                "in which one of the two found something. Line: over all frames.",
                "Dots of the overlap of the masks of each two segmenters, a dot per movie.",
                mask_agreement(masks, scores),
                topic=FOUND,
            )
        )
    return made


def pictures_of_analyses(
    analyses: pd.DataFrame, matched: pd.DataFrame, agreement: pd.DataFrame
) -> list[Picture]:
    """Bars of effect sizes per claim, and a Bland–Altman figure per pair of analyses."""
    made = []
    names = listed(unique(texts(analyses, Col.ANALYSIS)))
    for kind in unique(texts(analyses, Col.OBJECT)) or [""]:
        of_kind = only(analyses, object=kind) if kind else analyses
        suffix = f"_{kind}" if kind else ""
        for claim in unique(texts(of_kind, Col.CLAIM)):
            words = CLAIMS.get(claim, claim)
            made.append(
                picture(
                    f"effect_bars_{claim}{suffix}",
                    f"Effect sizes by analysis, {words}",
                    f"Cohen’s d and its 95 % interval in {names}. Bold: every analysis finds the "
                    "same direction, and no interval holds 0. – : cannot be told.",
                    f"Bars of Cohen’s d {words} per measure and contrast, one for each of {names}.",
                    effect_bars(only(of_kind, claim=claim)),
                    topic=EFFECTS,
                )
            )
    keys = [Col.ANALYSIS, Col.OTHER_ANALYSIS, Col.OBJECT]
    pairs = zip(*(texts(agreement, key) for key in keys), strict=True)
    for k, (first, second, kind) in enumerate(dict.fromkeys(pairs), start=1):
        wanted = {"analysis": first, "other_analysis": second, "object": kind}
        made.append(
            picture(
                f"agreement_{k}",
                f"{second} against {first}, cell by cell",
                f"Bland–Altman: difference ({second} − {first}) against the mean of both, a dot "
                "per cell. Line: bias; dashed: limits within which 95 % of the differences lie; "
                "shaded: their 95 % intervals.",
                f"Bland–Altman plots of {second} against {first}, a panel per measure.",
                bland_altman(only(matched, **wanted), only(agreement, **wanted)),
                topic=CELLS,
            )
        )
    return made
