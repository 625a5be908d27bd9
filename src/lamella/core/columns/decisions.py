"""decisions.csv: what people decided about suspicious events; cells that they left out."""

from __future__ import annotations

from lamella.core.columns.column import Column as _


class DecisionColumns:
    """See `lamella.Col`."""

    DECISION = _(
        "decision",
        "",
        "accept = right as it is, fix = to be corrected, exclude = the cell, or some of its "
        "frames, are left out.",
    )
    STANDING = _(
        "standing",
        "",
        "counts; mended (the event that was to be corrected is gone), replaced (somebody decided "
        "anew), withdrawn, or outdated: the cell is no longer where it was, and the decision is "
        "not applied.",
    )
    STANDING_WORDS = _(
        "standing_words", "", "Why a decision does not count, or no longer; empty = it does."
    )
    FIRST_EXCLUDED = _(
        "first_excluded_frame", "", "First of the frames left out; empty = the whole cell is."
    )
    LAST_EXCLUDED = _("last_excluded_frame", "", "Last of the frames left out.")
    WHO = _("who", "", "Who decided.")
    WHEN = _("when", "", "When, in UTC.")
    EXCLUDED = _(
        "excluded",
        "",
        "cells: why a person left the cell out of all statistics; frames: why this frame of it. "
        "Empty = not; the column is there only where somebody did.",
    )
    N_EVENTS = _("n_events", "", "Suspicious events of the cell, see events.csv.")
    EVENT_KINDS = _("event_kinds", "", "Kinds of them, the worst first, such as `vanishes, gap`.")
    WORST_SEVERITY = _("worst_severity", "", "Severity of the worst of them, 0 to 1.")
    MOVIE_CORRECTED = _(
        "movie_corrected", "", "True where a person corrected such objects of the movie."
    )
    WHY_NOT_COUNTED = _(
        "why_not_counted", "", "Why the cell is in no statistics; empty where it is."
    )
