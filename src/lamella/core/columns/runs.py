"""status.csv: what became of every stage of a run; quality.csv: how good its outlines are."""

from __future__ import annotations

from lamella.core.columns.column import Column as _


class RunColumns:
    """See `lamella.Col`."""

    STAGE = _("stage", "", "Part of the pipeline.")
    STATE = _("state", "", "done, cached, failed or skipped.")
    SECONDS = _("seconds", "s", "Wall time of the stage.")
    PEAK_MB = _("peak_mb", "MB", "Peak memory of the worker up to the end of the stage.")
    MESSAGE = _("message", "", "What went wrong, or what to know.")
    N_INVALID_FRAMES = _(
        "n_invalid_frames", "", "Frames found, but filled in or too small to be trusted."
    )
    AREA_FLICKER = _(
        "area_flicker",
        "",
        "Median over trusted steps of 1 − smaller ÷ larger area: how unsteady the outline is.",
    )
    OUTLINE_SCORE = _(
        "outline_score",
        "",
        "Share of frames with a trusted outline (neither empty nor invalid nor a size break) times "
        "1 − area_flicker; from 0 to 1, the best. Ranks the movies of one study.",
    )
