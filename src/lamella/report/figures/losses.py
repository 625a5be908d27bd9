"""How a network learnt: the loss on training and on held-out images, epoch by epoch."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from lamella.report.style import COLOURS, FAINT, figure, nothing, styled
from lamella.report.tables import numbers

_ROUND_MM, _MOST = 60.0, 3
_CURVES = (("train_loss", "training", COLOURS[0]), ("held_out_loss", "held-out", COLOURS[1]))


@styled
def learning_curves(losses: pd.DataFrame) -> Figure:
    """A panel per round; the epoch whose network was kept is marked.

    Parameters
    ----------
    losses : pandas.DataFrame
        Rows of losses.csv: round, epoch, train_loss, held_out_loss, kept.
    """
    rounds = list(dict.fromkeys(losses["round"])) if len(losses) else []
    if not rounds:
        return nothing("Nothing was trained.")
    across = min(len(rounds), _MOST)
    down = -(-len(rounds) // across)
    drawn = figure(max(_ROUND_MM * across, 85), 52 * down)
    panels = drawn.subplots(down, across, squeeze=False, sharey=True).ravel()
    for axes, number in zip(panels, rounds, strict=False):
        rows = losses[losses["round"] == number]
        epochs = numbers(rows, "epoch")
        for column, name, colour in _CURVES:
            values = numbers(rows, column)
            if np.isfinite(values).any():
                axes.plot(epochs, values, color=colour, label=name)
        kept = epochs[rows["kept"].to_numpy(bool)]
        for epoch in kept:
            axes.axvline(epoch, color=FAINT, lw=0.8, ls=":", zorder=0, label="kept")
        axes.set_title(f"Round {number}" if len(rounds) > 1 else "")
        axes.set_xlabel("epoch (0 = before training)")
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        axes.set_ylim(bottom=0)
    panels[0].set_ylabel("loss (0 = perfect)")
    panels[0].legend()
    for axes in panels[len(rounds) :]:
        axes.set_axis_off()
    return drawn
