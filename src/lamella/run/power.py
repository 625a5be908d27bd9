"""Plan a study from a table of cells: what `lamella power` does."""

from __future__ import annotations

import math
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from lamella.core.claims import FEWEST_SESSIONS
from lamella.core.errors import InputError, SettingsError
from lamella.core.table import Col
from lamella.io.any_table import read_any_table
from lamella.io.atomic import whole_file
from lamella.io.tables import write_table
from lamella.run.single import refuse_existing
from lamella.run.stats import counting_cells, warn_of_counted_rows
from lamella.statistics.design import Design
from lamella.statistics.power import (
    Plan,
    least,
    power_across_sessions,
    power_table,
    power_these_sessions,
)
from lamella.statistics.spread import Spread, spread_of, with_cells_of
from lamella.statistics.units import (
    assigned,
    refuse_several_objects,
    refuse_unknown_measures,
    unit_means,
)

SESSIONS, UNITS, CELLS = (
    (1, 2, 3, 4, 5, 6, 8, 10, 12),
    (2, 3, 4, 5, 6, 8, 10, 15, 20),
    (1, 3, 10, 30, 100),
)
"""Sizes of studies in power.csv, beside that of the table."""
_MOST_UNITS, _MOST_SESSIONS = 500, 100


class Wanted(NamedTuple):
    """The effect to be found; either of the first two."""

    effect: float | None = None
    """In the unit of the measure."""
    effect_d: float | None = None
    """In SD of units within sessions and conditions."""
    power: float = 0.8
    sd_within: float | None = None
    """Instead of what the table says; None = from the table."""
    sd_interaction: float | None = None


class Planned(NamedTuple):
    """What a study needs."""

    table: pd.DataFrame
    """As `lamella.statistics.power.power_table` gives it."""
    words: list[str]
    notes: list[str]
    """What to know of these numbers before they are relied on."""


class _Table(NamedTuple):
    """What a table of cells says of studies like it."""

    design: Design
    spread: Spread
    reference: str
    mean_reference: float
    n_sessions: int
    n_per_session: int
    """In the median condition and session."""


def plan_study(
    table: Path,
    out: Path,
    wanted: Wanted,
    *,
    value: str,
    condition: str,
    session: str | None = None,
    unit: str | None = None,
    reference: str | None = None,
    force: bool = False,
) -> Planned:
    """Write power.csv and its figure (power.png, power.svg) into `out`.

    Raises
    ------
    SettingsError, InputError
        An effect or a power that makes no sense; a table that does not tell how units scatter.
    """
    from lamella.report.figures.power import power_figure
    from lamella.report.style import save

    _refuse_nonsense(wanted)
    files = [out / name for name in ("power.csv", "power.png", "power.svg")]
    for file in files:
        refuse_existing(file, force=force)
    cells = counting_cells(read_any_table(table), str(table))
    found = _read(cells, str(table), value, condition, session, unit, reference)
    warn_of_counted_rows(cells, unit, str(table))
    found = found._replace(spread=_as_given(found.spread, wanted, str(table)))
    effect = abs(_effect(wanted, found.spread))
    planned = _planned(found, effect, wanted)
    write_table(files[0], planned.table)
    images = save(power_figure(planned.table, wanted.power, n_per_session=found.n_per_session))
    for file, content in zip(files[1:], (images.png, images.svg), strict=True):
        with whole_file(file) as part:
            part.write_bytes(content)
    return planned


def _refuse_nonsense(wanted: Wanted) -> None:
    if (wanted.effect is None) == (wanted.effect_d is None):
        raise SettingsError(
            "--effect",
            "there is no effect to plan for" if wanted.effect is None else "there are two",
            "give either --effect, in the unit of the measure, or --effect-d; the smallest that "
            "would matter, not the one that was seen",
        )
    effect = wanted.effect if wanted.effect_d is None else wanted.effect_d
    if effect is None or not math.isfinite(effect) or effect == 0:
        raise SettingsError(
            "--effect", f"an effect of {effect:g} cannot be found", "give another than 0"
        )
    if not 0.05 < wanted.power < 1:
        raise SettingsError(
            f"--power {wanted.power:g}", "it is a chance", "give one between 0.05 and 1, as 0.8"
        )
    if wanted.sd_within is not None and not 0 < wanted.sd_within < math.inf:
        raise SettingsError(
            f"--sd-within {wanted.sd_within:g}",
            "units that scatter so cannot be",
            "give it above 0",
        )
    if wanted.sd_interaction is not None and not 0 <= wanted.sd_interaction < math.inf:
        raise SettingsError(
            f"--sd-interaction {wanted.sd_interaction:g}",
            "a spread is not negative",
            "give 0 or more",
        )


def _read(
    cells: pd.DataFrame,
    source: str,
    value: str,
    condition: str,
    session: str | None,
    unit: str | None,
    reference: str | None,
) -> _Table:
    refuse_unknown_measures(cells, [value])
    refuse_several_objects(cells)
    rows = assigned(cells, condition=condition, session=session, unit=unit)
    names = [str(name) for name in rows[Col.CONDITION].unique()]
    design = Design.of(unit_means(rows, value), value, names)
    if not len(design.value):
        raise InputError(source, f"no row has a {value}, a {condition} and a unit", "see its rows")
    if reference is not None and reference not in names:
        raise SettingsError(
            f"--reference {reference}",
            "it is not a condition of the table",
            f"its conditions are {', '.join(names)}",
        )
    first = reference or names[int(design.condition.min())]
    of_it = design.value[design.condition == names.index(first)]
    counts = design.counts
    return _Table(
        design,
        with_cells_of(spread_of(design), rows, value),
        first,
        float(of_it.mean()) if len(of_it) else math.nan,
        len(design.sessions),
        max(round(float(np.median(counts[counts > 0]))), 1),
    )


def _as_given(spread: Spread, wanted: Wanted, source: str) -> Spread:
    if wanted.sd_within is not None:
        spread = spread._replace(within=wanted.sd_within, cell=math.nan, n_cells=math.nan)
    if math.isnan(spread.within):
        raise InputError(
            source,
            "it has a single unit of each condition: nothing tells how units scatter",
            "give a table with several, or --sd-within",
        )
    if spread.within == 0:
        raise InputError(
            source,
            "units of the same condition and session all have the same value: there is no scatter",
            "give a table with more units, or --sd-within",
        )
    if wanted.sd_interaction is not None:
        spread = spread._replace(interaction=wanted.sd_interaction)
    return spread


def _effect(wanted: Wanted, spread: Spread) -> float:
    if wanted.effect is not None:
        return wanted.effect
    return (wanted.effect_d or math.nan) * spread.within


def _planned(found: _Table, effect: float, wanted: Wanted) -> Planned:
    n_conditions = max(len(found.design.conditions), 2)
    spread, power = found.spread, wanted.power
    table = power_table(
        spread,
        effect,
        n_conditions=n_conditions,
        n_sessions=sorted({*SESSIONS, found.n_sessions}),
        n_per_session=sorted({*UNITS, found.n_per_session}),
        n_cells=CELLS,
    )

    def units_for(spread: Spread) -> int | None:
        def enough(n: int) -> bool:
            plan = Plan(found.n_sessions, n, n_conditions)
            return power_these_sessions(plan, spread, effect) >= power

        return least(enough, range(2, _MOST_UNITS + 1))

    units = units_for(spread)
    share = effect / abs(found.mean_reference) if found.mean_reference else math.nan
    of_mean = f"{share:.0%} of the mean of {found.reference}, " if math.isfinite(share) else ""
    goal = (
        f"to find a difference of {effect:.3g} ({of_mean}d = {effect / spread.within:.2g} within "
        f"sessions) with {power:.0%} power"
    )
    across = _across(found, effect, power, units)
    words = [_spreads(spread), f"{goal} you need {_units_in(units, found.n_sessions)}{across}"]
    if math.isfinite(spread.n_cells) and units is not None:
        endless = units_for(spread._replace(within=spread.movie)) if spread.movie > 0 else 2
        words.append(
            f"units have {spread.n_cells:.3g} cells (harmonic mean); with endless cells each, the "
            f"first would still take {endless} units per condition"
        )
    return Planned(table, words, _notes(found, wanted))


def _units_in(units: int | None, n_sessions: int) -> str:
    where = "the session" if n_sessions == 1 else f"each of {n_sessions} sessions"
    if units is None:
        return f"more than {_MOST_UNITS} units per condition in {where}"
    return f"{units} units per condition in {where}"


def _across(found: _Table, effect: float, power: float, units: int | None) -> str:
    """What the claim across sessions needs, to end the sentence."""
    spread, n_conditions = found.spread, max(len(found.design.conditions), 2)
    if math.isnan(spread.interaction):
        return ""
    each = max(units or 0, found.n_per_session, 2)

    def enough(n_sessions: int) -> bool:
        plan = Plan(n_sessions, each, n_conditions)
        return power_across_sessions(plan, spread, effect) >= power

    sessions = least(enough, range(2, _MOST_SESSIONS + 1))
    if sessions is None:
        return f"; to claim it across sessions, more than {_MOST_SESSIONS} sessions of {each} units"
    return f"; to claim it across sessions, {sessions} sessions with {each} units per condition"


def _spreads(spread: Spread) -> str:
    parts = [f"{spread.within:.3g} between units within sessions"]
    if math.isfinite(spread.cell):
        parts.append(f"{spread.cell:.3g} between cells of a unit")
    if math.isfinite(spread.interaction):
        parts.append(f"{spread.interaction:.3g} in what a condition does between sessions")
    if math.isfinite(spread.session):
        parts.append(f"{spread.session:.3g} between sessions")
    return f"SD: {', '.join(parts)}"


def _notes(found: _Table, wanted: Wanted) -> list[str]:
    if math.isnan(found.spread.interaction):
        return [
            "the table does not tell how much the effect differs between sessions, so that the "
            "claim across sessions cannot be planned; assume a value with --sd-interaction"
        ]
    if wanted.sd_interaction is None and found.n_sessions < FEWEST_SESSIONS:
        return [
            f"how much the effect differs between sessions is a guess from {found.n_sessions}: an "
            f"SD of up to {found.spread.interaction_high:.2g} is not ruled out (90 %); see with "
            "--sd-interaction what it would ask for"
        ]
    return []
