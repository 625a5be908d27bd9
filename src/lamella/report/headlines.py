"""The first lines of a report: asked, found, how sure, in how many sessions, what is missing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from lamella.core.claims import ACROSS_SESSIONS, FEWEST_SESSIONS, THESE_SESSIONS
from lamella.report.answers import EQUIVALENT, UNTOLD, Answer, shown_of
from lamella.report.contents import ReportInput
from lamella.report.sentences import asked, left_out
from lamella.report.words import CLAIMS, count, listed, raised

MOST_NAMED = 5


class Headline(NamedTuple):
    """A question of the reader and its answer."""

    question: str
    shown: str
    """What was shown, if anything."""
    rest: str = ""


def headlines(report: ReportInput, found: Sequence[Answer]) -> list[Headline]:
    """Question and answer, in the order in which they are read."""
    lines = [Headline("Asked", "", asked(report))]
    if found:
        lines += [_claim(found, claim, report) for claim in CLAIMS]
        told = (_replicated(found, report), _outlines(found))
        lines += [line for line in told if line is not None]
    else:
        lines.append(
            Headline(
                "Found",
                "",
                "No comparison: it needs two conditions with two units each, and statistics that "
                "were run.",
            )
        )
    if len(report.samples) or len(report.status):
        lines.append(Headline("Left out", "", left_out(report)))
    return lines


def _claim(found: Sequence[Answer], claim: str, report: ReportInput) -> Headline:
    title = raised(report.said(CLAIMS[claim]))
    told = [(answer, said) for answer in found if (said := answer.of(claim)) is not None]
    able = [(answer, said) for answer, said in told if said.state != UNTOLD]
    shown = shown_of(found, claim)
    if not able:
        why = next((text for _, said in told for text in said.remarks), "")
        return Headline(title, "", f"Nothing can be told. {why}".strip())
    text = ""
    rest = len(able) - len(shown)
    if rest:
        text += f"No difference is shown in {'the other ' if shown else ''}" + (
            "comparison" if shown and rest == 1 else count(rest, "comparison")
        )
        same = sum(said.state == EQUIVALENT for _, said in able)
        text += f"; {count(same, 'is', 'are')} equivalent within the margin. " if same else ". "
        if claim == THESE_SESSIONS:
            text += "Not shown is not the same as not there. "
    most = max((answer.sessions[1] for answer in found if answer.sessions), default=0)
    if claim == ACROSS_SESSIONS and rest and 1 < most < FEWEST_SESSIONS:
        text += f"With {count(most, report.session)} only very steady effects can be shown here. "
    return Headline(title, f"{_phrases(shown, claim)}." if shown else "", text.strip())


def _phrases(shown: Sequence[Answer], claim: str) -> str:
    phrases = [
        f"{answer.title} is {said.word} in {answer.condition} than in {answer.reference}"
        f" by {said.by}"
        for answer in shown
        if (said := answer.of(claim)) is not None
    ]
    return raised(listed(phrases, MOST_NAMED))


def _replicated(found: Sequence[Answer], report: ReportInput) -> Headline | None:
    """In how many sessions the differences shown point the same way."""
    shown = [answer for answer in shown_of(found, THESE_SESSIONS) if answer.sessions]
    if not shown or max(answer.sessions[1] for answer in shown if answer.sessions) < 2:
        return None
    steady = [answer for answer in shown if answer.sessions and len({*answer.sessions}) == 1]
    others = [answer for answer in shown if answer not in steady]
    everywhere = report.said("in every session")
    if not others:
        whole = "The difference points" if len(steady) == 1 else f"{_all(steady)} point"
        return Headline("Replication", f"{whole} the same way {everywhere}.")
    named = listed(
        [f"{a.title}, {a.pair} ({report.said(a.replicated)})" for a in others], MOST_NAMED
    )
    return Headline(
        "Replication",
        "",
        f"{len(steady)} of {count(len(shown), 'difference')} point the same way {everywhere}; "
        f"not so {named}.",
    )


def _outlines(found: Sequence[Answer]) -> Headline | None:
    """Whether the differences shown survive another outline."""
    tried = [answer for answer in shown_of(found, THESE_SESSIONS) if answer.keeps_sign is not None]
    if not tried:
        return None
    lost = [f"{answer.title}, {answer.pair}" for answer in tried if not answer.keeps_sign]
    if lost:
        return Headline(
            "Outlines", "", f"With outlines a pixel off, the sign changes of {listed(lost)}."
        )
    whole = "The difference keeps its" if len(tried) == 1 else f"{_all(tried)} keep their"
    return Headline("Outlines", f"{whole} direction with outlines a pixel off.")


def _all(found: Sequence[Answer]) -> str:
    return "Both differences" if len(found) == 2 else f"All {len(found)} differences"
