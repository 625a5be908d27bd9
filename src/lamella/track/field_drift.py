"""Does the whole field drift? A test on tracks, with the cell as the unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from lamella.core.movie import Scale
from lamella.core.table import Col
from lamella.core.tracks import Tracks

Values = NDArray[np.float64]

_FEW_CELLS = 20
_FEWEST_CELLS = 6
_MOST_ENUMERATED = 12


@dataclass(frozen=True)
class FieldDrift:
    """What all cells have in common.

    Parameters
    ----------
    n_cells : int
        Cells that were found in two frames or more.
    velocity_px : (2,) float64 array
        Mean over cells of their mean velocity, (y, x) px per frame; NaN without cells.
    speed_px, speed_um_per_min : float
        Its length; NaN where scale or interval are not known.
    direction_deg : float
        From +x towards +y (to the right = 0, downwards = 90).
    t_squared : float
        Hotelling's T² of the mean; NaN with fewer than 3 cells.
    p : float
        Probability of a mean at least as far from 0 without drift; NaN with fewer than 6 cells.
    method : {"hotelling", "sign_flip"}
    per_step : DataFrame
        One row per step: `frame` (after the step), `n_cells`, `mean_dy_px`, `mean_dx_px`, their
        standard errors and `step_p`, over cells found in both frames; no p below 6 cells.
    shifted : tuple of int
        Frames before which all cells moved together: `step_p` times the number of steps is below
        the level. A stage that shakes shows here, even where it comes back.
    words : str
        The outcome in a sentence.
    """

    n_cells: int
    velocity_px: Values
    speed_px: float
    speed_um_per_min: float
    direction_deg: float
    t_squared: float
    p: float
    method: Literal["hotelling", "sign_flip"]
    per_step: pd.DataFrame
    shifted: tuple[int, ...]
    words: str


def field_drift(
    tracks: Tracks,
    *,
    scale: Scale | None = None,
    method: Literal["auto", "hotelling", "sign_flip"] = "auto",
    level: float = 0.05,
    n_flips: int = 9999,
    seed: int = 0,
) -> FieldDrift:
    """Whether the mean displacement of the cells differs from 0.

    Steps of one cell are not independent of each other (cells persist), cells that go their
    own ways are: every cell counts once, with its mean velocity from its first to its last
    frame. The test cannot tell a drifting stage from cells that all crawl one way (chemotaxis, a
    wound); registration on still structure can. Cells found in one frame alone, and rows that were
    filled in, do not count.

    Parameters
    ----------
    tracks : Tracks
    scale : Scale, optional
        For µm/min.
    method : {"auto", "hotelling", "sign_flip"}
        Hotelling's T² takes the cells' velocities for normal with one covariance. The sign-flip
        test takes them for symmetric about 0 alone: T² is held against those with the velocities of
        cells turned round at random (all ways up to 12 cells). "auto" = the sign-flip test below 20
        cells, where T² leans on its assumptions.
    level : float
        p below which the sentence speaks of drift; of steps, after Bonferroni.
    n_flips : int
        Random turns; the smallest p is 1 / (n_flips + 1).
    seed : int
        Of the turns.

    Returns
    -------
    FieldDrift
        Below 6 cells no p can be smaller than 0.03, and none is given.

    References
    ----------
    Hotelling 1931, https://doi.org/10.1214/aoms/1177732979
    """
    scale = scale or Scale()
    links = tracks.links
    if Col.INTERPOLATED in links.columns:
        links = links[~links[Col.INTERPOLATED].to_numpy(bool)]
    links = links.dropna(subset=[Col.Y_PX, Col.X_PX]).sort_values([Col.CELL, Col.FRAME])
    velocity = _velocities(links)
    n = len(velocity)
    if method == "auto":
        method = "sign_flip" if n < _FEW_CELLS else "hotelling"
    mean = velocity.mean(axis=0) if n else np.full(2, np.nan)
    t_squared, p = float("nan"), float("nan")
    if n > 2:
        t_squared = float(_t_squared(velocity[None])[0])
    if n >= _FEWEST_CELLS:
        if method == "hotelling":
            p = float(_hotelling_p(np.array(t_squared), np.array(n)))
        else:
            p = _by_flips(velocity, t_squared, n_flips=n_flips, seed=seed)
    per_step = _per_step(links)
    tested = per_step[Col.STEP_P].notna().sum()
    shifted = per_step.loc[per_step[Col.STEP_P] * tested < level, Col.FRAME]
    speed = float(np.hypot(*mean))
    interval = scale.interval_min
    um_per_min = speed * scale.um / (float("nan") if interval is None else interval)
    direction = float(np.degrees(np.arctan2(mean[0], mean[1])))
    return FieldDrift(
        n_cells=n,
        velocity_px=mean,
        speed_px=speed,
        speed_um_per_min=um_per_min,
        direction_deg=direction,
        t_squared=t_squared,
        p=p,
        method=method,
        per_step=per_step,
        shifted=tuple(shifted.astype(int).tolist()),
        words=_words(n, speed, um_per_min, direction, p, level) + _of_steps(per_step, shifted),
    )


def _velocities(links: pd.DataFrame) -> Values:
    """Mean velocity of every cell that was found twice, (n, 2) px per frame."""
    groups = links.groupby(Col.CELL)[[Col.FRAME, Col.Y_PX, Col.X_PX]]
    change = (groups.last() - groups.first()).to_numpy(np.float64)
    change = change[change[:, 0] > 0]
    out: Values = change[:, 1:] / change[:, :1]
    return out


def _t_squared(velocity: Values) -> Values:
    """Hotelling's T² of a mean of 0, for a batch of samples (k, n, 2); infinite without spread."""
    n = velocity.shape[1]
    mean = velocity.mean(axis=1)
    away = velocity - mean[:, None]
    covariance = np.einsum("kni,knj->kij", away, away) / (n - 1)
    (a, b), (c, d) = covariance.transpose(1, 2, 0)
    y, x = mean.T
    size = a * d - b * c
    with np.errstate(divide="ignore", invalid="ignore"):
        square = n * (d * y * y - (b + c) * y * x + a * x * x) / size
    still = (y == 0) & (x == 0)
    out: Values = np.where(size > 0, square, np.where(still, 0.0, np.inf))
    return out


def _by_flips(velocity: Values, observed: float, *, n_flips: int, seed: int) -> float:
    """Share of turns of cells' velocities whose T² is at least that observed, itself included."""
    n = len(velocity)
    if n <= _MOST_ENUMERATED:
        # The first cell stays as it is: turning all of them gives the same T².
        ways = (np.arange(2 ** (n - 1))[:, None] >> np.arange(n - 1)) & 1
        signs = np.column_stack([np.ones(len(ways)), 1.0 - 2.0 * ways])
        extra = 0
    else:
        signs = np.random.default_rng(seed).choice([-1.0, 1.0], size=(n_flips, n))
        extra = 1
    count = 0
    for part in np.array_split(signs, max(1, signs.size // 1_000_000)):
        count += int(np.count_nonzero(_t_squared(part[..., None] * velocity) >= observed - 1e-9))
    return (count + extra) / (len(signs) + extra)


def _hotelling_p(t_squared: Values, n: NDArray[np.int64]) -> Values:
    """Probability of a T² at least as large, of n vectors in the plane without a mean."""
    out: Values = special.fdtrc(2, n - 2, t_squared * (n - 2) / (2 * (n - 1)))
    return out


def _per_step(links: pd.DataFrame) -> pd.DataFrame:
    """Mean step over the cells found in both frames, for every frame that has such cells."""
    before = links.groupby(Col.CELL)[[Col.FRAME, Col.Y_PX, Col.X_PX]].shift()
    steps = pd.DataFrame(
        {
            Col.FRAME: links[Col.FRAME],
            "dy": links[Col.Y_PX] - before[Col.Y_PX],
            "dx": links[Col.X_PX] - before[Col.X_PX],
        }
    )[links[Col.FRAME] - before[Col.FRAME] == 1]
    groups = steps.groupby(Col.FRAME)
    p = [
        float(_hotelling_p(_t_squared(step[None]), np.array(len(step)))[0])
        if len(step) >= _FEWEST_CELLS
        else np.nan
        for step in (group[["dy", "dx"]].to_numpy() for _, group in groups)
    ]
    out = pd.DataFrame(
        {
            Col.N_CELLS: groups.size(),
            Col.MEAN_DY_PX: groups["dy"].mean(),
            Col.MEAN_DX_PX: groups["dx"].mean(),
            Col.SE_DY_PX: groups["dy"].sem(),
            Col.SE_DX_PX: groups["dx"].sem(),
            Col.STEP_P: np.array(p, np.float64),
        }
    )
    return out.rename_axis(Col.FRAME).reset_index()


def _of_steps(per_step: pd.DataFrame, shifted: pd.Series) -> str:
    """What to say of single steps in which the field moved; nothing where none did."""
    if shifted.empty:
        return ""
    here = per_step.loc[shifted.index]
    moved = np.hypot(here[Col.MEAN_DY_PX].to_numpy(), here[Col.MEAN_DX_PX].to_numpy())
    worst = int(np.argmax(moved))
    return (
        f" In {len(here)} of {len(per_step)} steps the cells moved together, most on the way to "
        f"frame {int(here[Col.FRAME].iloc[worst])} ({moved[worst]:.2g} px), as on a stage that "
        "shakes."
    )


def _words(
    n: int, speed: float, um_per_min: float, direction: float, p: float, level: float
) -> str:
    if np.isnan(p):
        return f"Too few cells ({n}) to tell whether the field drifts; {_FEWEST_CELLS} are needed."
    rate = f"{speed:.2g} px a frame"
    if not np.isnan(um_per_min):
        rate += f" ({um_per_min:.2g} µm/min)"
    sure = f"p {'< 0.001' if p < 0.001 else f'= {p:.2g}'}, {n} cells"
    if p >= level:
        return f"No sign that the field drifts: mean motion {rate}, {sure}."
    return (
        f"The cells have a motion in common: {rate} {_towards(direction)}, {sure}. Either the "
        "stage drifts (register the movie) or all cells crawl one way."
    )


def _towards(direction: float) -> str:
    """One of eight ways, as seen in the image."""
    ways = ["to the right", "down and right", "down", "down and left", "to the left",
            "up and left", "up", "up and right"]  # fmt: skip
    return ways[round(direction / 45) % 8]
