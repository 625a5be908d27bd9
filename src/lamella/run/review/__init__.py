"""What a person decides about suspicious events, and how that reaches tables and report.

`lamella.run.review.events.Review` goes through the events of a run.
"""

from lamella.run.review.decision import REASONS, Decision, Verdict
from lamella.run.review.record import decisions_of, record

__all__ = ["REASONS", "Decision", "Verdict", "decisions_of", "record"]
