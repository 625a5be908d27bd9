"""Paragraphs and references in their order, as text to copy."""

from __future__ import annotations

from typing import NamedTuple

from lamella.core.table import Col
from lamella.report.contents import ReportInput
from lamella.report.decided import n_excluded, n_short
from lamella.report.methods import comparisons, images, signal
from lamella.report.methods.citations import Citations
from lamella.report.style import Key
from lamella.report.tables import distinct, numbers
from lamella.report.unit_words import objects_counted, units_word
from lamella.report.words import count, in_brackets, label, listed

_CITED = ("numpy", "scipy", "scikit-image", "statsmodels")
_OF_NETWORKS = ("torch", "cellpose")


class Methods(NamedTuple):
    """What a paper may say, paragraph by paragraph, and the works that it names."""

    paragraphs: tuple[tuple[str, str], ...]
    references: tuple[str, ...]


def methods_of(report: ReportInput, version: str) -> Methods:
    """The methods of a report; parts whose settings are not known are left out."""
    cite = Citations()
    settings = report.provenance.get("settings", {})
    objects, measure = settings.get("objects") or {}, settings.get("measure") or {}
    movies = list(report.provenance.get("movies", {}).values())
    found = [
        ("Data", _data(report, version)),
        (
            "Segmentation and tracking",
            _joined(
                images.drift(settings),
                images.normalisation(objects, movies),
                *(images.segmentation(name, each, cite) for name, each in objects.items()),
                *(
                    images.tracking(name, each, cite)
                    for name, each in objects.items()
                    if not report.stills
                ),
            ),
        ),
        (
            "Measures",
            _joined(
                images.trusted(measure) if not report.stills else "",
                signal.illumination(settings, cite),
                images.light(measure, cite) if measure else "",
                signal.compartments(measure, report.cells),
                signal.positives(settings, report.thresholds, cite, session=report.session),
                images.groups(measure, cite) if not report.stills else "",
                _meanings(report),
                images.outlines(settings) if len(report.outlines) else "",
            ),
        ),
        (
            "Statistics",
            _joined(
                report.said(
                    comparisons.statistics(report.effects, report.models, units_word(report), cite)
                ),
                signal.questions(report.questions, cite),
            ),
        ),
        ("Software", _software(report, version, cite)),
    ]
    paragraphs = tuple((title, text) for title, text in found if text)
    return Methods(paragraphs, tuple(cite.listed))


def _joined(*sentences: str) -> str:
    return " ".join(sentence for sentence in sentences if sentence)


def _data(report: ReportInput, version: str) -> str:
    cells = report.cells
    key = Key.of(cells, report.samples, report.effects)
    movies = distinct(cells, Col.MOVIE)
    text = objects_counted(report.cells)
    text += f" of {count(len(movies), report.movie)}" if movies else ""
    if key.conditions:
        text += f", {count(len(key.conditions), 'condition')} ({listed(list(key.conditions))})"
    if key.sessions:
        text += f" and {count(len(key.sessions), report.session)}"
    text += f", were analysed with Lamella {version}.".replace("  ", " ")
    if short := n_short(cells):
        least = report.provenance.get("settings", {}).get("statistics", {}).get("min_steps")
        text += f" {count(short, 'cell')} with too few steps to count{_of(least)} entered no mean"
        text += f" of a {report.movie}."
    if excluded := n_excluded(cells):
        verb = "was" if excluded == 1 else "were"
        text += f" {count(excluded, 'cell')} {verb} left out after a look at suspicious events."
    empty = int(sum(n for n in numbers(cells, Col.N_EMPTY_FRAMES) if n > 0))
    frames = int(sum(n for n in numbers(cells, Col.N_FRAMES) if n > 0))
    if frames and not report.stills:
        text += (
            f" Of {count(frames, 'frame')} in which a cell was followed, {empty} did not show it."
        )
    return text


def _of(least: object) -> str:
    return f" (min_steps = {least})" if least is not None else ""


def _meanings(report: ReportInput) -> str:
    """What each measure that was compared is, from the dictionary of columns."""
    told = []
    for name in distinct(report.effects, Col.MEASURE):
        column = Col.find(name)
        if column is not None:
            meaning = column.meaning.rstrip(".")
            told.append(f"{label(name)}{in_brackets(name)}: {meaning[:1].lower()}{meaning[1:]}")
    return f"Compared were {'; '.join(told)}." if told else ""


def _software(report: ReportInput, version: str, cite: Citations) -> str:
    versions = dict(report.provenance.get("versions", {}))
    ours = versions.pop("lamella", version)
    if not _by_network(report):
        # They are installed, and took no part.
        versions = {name: each for name, each in versions.items() if name not in _OF_NETWORKS}
    text = f"Lamella {ours}"
    others = [
        f"{name} {release}" + (f" {cite(name)}" if name in _CITED else "")
        for name, release in versions.items()
    ]
    text += f" with {listed(others, 20)}" if others else ""
    return f"{text}. Plots of cells, units and {report.session}s follow {cite('lord')}."


def _by_network(report: ReportInput) -> bool:
    objects = report.provenance.get("settings", {}).get("objects", {})
    return any(
        each.get("segment", {}).get("method") in ("cellpose", "recurrent")
        for each in objects.values()
    )
