"""What the columns `claim` and `session` say in the tables of the statistics."""

from __future__ import annotations

THESE_SESSIONS = "these_sessions"
"""The claim holds for the sessions studied: their own scatter is not in the interval."""
ACROSS_SESSIONS = "across_sessions"
"""The claim holds for sessions like those studied: the effect's scatter over them is in it."""
ALL_SESSIONS = "all"
"""A row of all sessions together."""
FEWEST_SESSIONS = 5
"""Below this many, sessions do not tell their own variance well enough to model it: it is little
more than a guess, and is said to be."""
ALL_CONDITIONS = "all conditions"
"""A row of all conditions together."""
