"""status.csv: what became of every stage of a run."""

from __future__ import annotations

from lamella.core.columns.column import Column as _


class RunColumns:
    """See `lamella.Col`."""

    STAGE = _("stage", "", "Part of the pipeline.")
    STATE = _("state", "", "done, cached, failed or skipped.")
    SECONDS = _("seconds", "s", "Wall time of the stage.")
    PEAK_MB = _("peak_mb", "MB", "Peak memory of the worker up to the end of the stage.")
    MESSAGE = _("message", "", "What went wrong, or what to know.")
