"""Whether an effect shows in every session, and whether it hangs on one of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from lamella.core.table import Col
from lamella.statistics.blocks import Blocks, places
from lamella.statistics.design import Design, Pair
from lamella.statistics.fitted import Fitted
from lamella.statistics.fixed import fixed_session

Row = dict[str, Any]


def replication_rows(design: Design, pairs: Sequence[Pair], whole: Fitted) -> list[Row]:
    """Every session's own difference beside the whole, and the whole without that session.

    Parameters
    ----------
    design : Design
    pairs : sequence of Pair
    whole : Fitted
        The model whose estimates say which way the whole points.

    Returns
    -------
    list of dict
        One row per session and pair: `session`, `condition`, `reference`, `n`, `n_reference`,
        `difference`, `cohens_d`, `same_direction` (None where the session lacks a condition, or
        the whole has no estimate), and `fixed_session` fitted to the other sessions:
        `estimate_without`, its interval, `p_without`. Units without a session stay in every such
        fit and have no row.
    """
    rows: list[Row] = []
    for k, name in enumerate(design.sessions):
        if not name:
            continue
        inside = design.session == k
        of_session = design.only(inside)
        without = fixed_session(design.only(~inside), pairs)
        for pair in pairs:
            units = of_session.only(np.isin(of_session.condition, places(design, pair)))
            own = fixed_session(units, [pair]).estimates[pair]
            counts = units.counts.sum(axis=1)[list(places(design, pair))]
            left = without.estimates[pair]
            rows.append(
                {
                    Col.SESSION: name,
                    Col.CONDITION: pair[0],
                    Col.REFERENCE: pair[1],
                    Col.N: int(counts[0]),
                    Col.N_REFERENCE: int(counts[1]),
                    Col.DIFFERENCE: own.estimate,
                    Col.COHENS_D: own.estimate / Blocks.of(units).pooled_sd(places(units, pair)),
                    Col.SAME_DIRECTION: _same(own.estimate, whole.estimates[pair].estimate),
                    Col.ESTIMATE_WITHOUT: left.estimate,
                    Col.ESTIMATE_WITHOUT_LOW: left.low,
                    Col.ESTIMATE_WITHOUT_HIGH: left.high,
                    Col.P_WITHOUT: left.p,
                }
            )
    return rows


def agreeing(rows: Sequence[Row], pair: Pair, whole: float) -> int:
    """Sessions whose own difference points as `whole` does."""
    return sum(
        _same(row[Col.DIFFERENCE], whole) is True
        for row in rows
        if (row[Col.CONDITION], row[Col.REFERENCE]) == pair
    )


def _same(own: float, whole: float) -> bool | None:
    if not (math.isfinite(own) and math.isfinite(whole)):
        return None
    return own * whole > 0
