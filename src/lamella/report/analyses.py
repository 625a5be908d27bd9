"""The figures of a comparison of analyses, with their captions."""

from __future__ import annotations

import pandas as pd

from lamella.core.table import Col
from lamella.report.figures.agreement import bland_altman
from lamella.report.figures.analyses import effect_bars
from lamella.report.picture import Picture, picture
from lamella.report.tables import only, texts, unique
from lamella.report.words import CLAIMS, listed


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
            )
        )
    return made
