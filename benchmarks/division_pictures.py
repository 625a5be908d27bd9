"""Sheets of pictures on which a person judges candidate divisions one by one.

``python division_pictures.py RAW LABELS EVENTS.csv OUT`` draws candidates (columns frame, y_px,
x_px) of labels whose numbers are track ids; other programs call :func:`division_sheets`.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from lamella.core.frames import Frames
from lamella.core.table import Col
from lamella.core.tracks import Tracks
from lamella.io import open_labels, open_movie
from lamella.io.track_ids import tracked_from_ids
from lamella.report.filmstrip import stretched

Picture = NDArray[np.uint8]

MOTHER, DAUGHTERS, OTHERS = (255, 90, 90), ((90, 230, 120), (90, 180, 255)), (150, 150, 150)
BETWEEN, CAPTION, MARGIN = 4, 16, 190


def candidates_of(tracks: Tracks) -> pd.DataFrame:
    """Divisions that the tracks tell: frame and mean place of the daughters when first found.

    Returns
    -------
    DataFrame
        `frame`, `y_px`, `x_px`, `cell` (the mother), in order of frames.
    """
    links = tracks.links.sort_values([Col.CELL, Col.FRAME])
    first = links.groupby(Col.CELL)[[Col.FRAME, Col.Y_PX, Col.X_PX]].first()
    rows = []
    for mother, cells in tracks.daughters.items():
        born = first.loc[[cell for cell in cells if cell in first.index]]
        if len(born) > 1:
            place = born[[Col.Y_PX, Col.X_PX]].mean()
            rows.append((int(born[Col.FRAME].min()), *place, mother))
    columns = [Col.FRAME, Col.Y_PX, Col.X_PX, Col.CELL]
    return pd.DataFrame(rows, columns=columns).sort_values(Col.FRAME, ignore_index=True)


def division_sheets(
    raw: Frames,
    labels: Frames,
    tracks: Tracks,
    events: pd.DataFrame | None = None,
    *,
    folder: Path,
    around: int = 3,
    crop_px: int = 61,
    enlarge: int = 3,
    per_sheet: int = 8,
) -> list[Path]:
    """Draw every candidate over the frames around it, bare above and with outlines below.

    The grey values of a candidate are stretched together. The mother's outline is red, those of her
    daughters green and blue, of all other cells grey; where an event has no mother (`cell`) that
    has daughters, cells are told apart by the colours of their numbers.

    Parameters
    ----------
    raw, labels : Frames
        (T, Y, X); the labels are those that `tracks` links.
    tracks : Tracks
    events : DataFrame, optional
        `frame` (first after the division), `y_px`, `x_px`, and `cell` where known; those that the
        tracks tell when None.
    folder : Path
        Gets ``divisions_01.png`` and so on.
    around : int
        Frames before and after.
    crop_px, enlarge : int
        Side of the square that is shown, and pixels of the sheet for one of the movie.
    per_sheet : int
        Candidates on one sheet.

    Returns
    -------
    list of Path
        The sheets; none where there is no candidate.
    """
    if events is None:
        events = candidates_of(tracks)
    painted = tracks.relabel(labels)
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for n, event in enumerate(events.to_dict("records"), start=1):
        rows.append(_row(n, event, raw, painted, tracks, around, crop_px, enlarge))
    paths = []
    for start in range(0, len(rows), per_sheet):
        path = folder / f"divisions_{start // per_sheet + 1:02d}.png"
        Image.fromarray(np.concatenate(rows[start : start + per_sheet])).save(path)
        paths.append(path)
    return paths


def _row(
    n: int,
    event: dict[str, Any],
    raw: Frames,
    painted: Frames,
    tracks: Tracks,
    around: int,
    crop_px: int,
    enlarge: int,
) -> Picture:
    """One candidate: its description on the left, its frames beside it."""
    frame, place = int(event[Col.FRAME]), (float(event[Col.Y_PX]), float(event[Col.X_PX]))
    mother = event.get(Col.CELL)
    daughters = () if mother is None else tracks.daughters.get(int(mother), ())
    shown = [t for t in range(frame - around, frame + around + 1) if t in raw.span]
    side = crop_px * enlarge
    grey = stretched(
        [_enlarged(_crop(raw.frame(t).astype(np.float32), place, crop_px, np.nan), side)
         for t in shown]
    )  # fmt: skip
    width = MARGIN + (2 * around + 1) * (side + BETWEEN)
    picture = Image.new("RGB", (width, 2 * (side + BETWEEN) + CAPTION))
    pen, font = ImageDraw.Draw(picture), ImageFont.load_default(12)
    told = [f"{n}: frame {frame}", f"y {place[0]:.0f}, x {place[1]:.0f} px"]
    if daughters:
        told += [f"cell {int(mother or 0)}", "into " + ", ".join(map(str, daughters))]
    pen.multiline_text((6, CAPTION), "\n".join(told), fill="white", font=font)
    for t, tile in zip(shown, grey, strict=True):
        left = MARGIN + (t - frame + around) * (side + BETWEEN)
        ids = _crop(painted.frame(t).astype(np.int64), place, crop_px, 0)
        plain = np.repeat(tile[..., None], 3, axis=2)
        lined = _outlined(plain, np.kron(ids, np.ones((enlarge, enlarge), np.int64)),
                          None if mother is None else int(mother), daughters)  # fmt: skip
        pen.text((left, 1), f"t = {t}", fill="yellow" if t == frame else "white", font=font)
        picture.paste(Image.fromarray(plain), (left, CAPTION))
        picture.paste(Image.fromarray(lined), (left, CAPTION + side + BETWEEN))
    return np.asarray(picture)


def _crop(image: NDArray[Any], place: tuple[float, float], side: int, fill: float) -> NDArray[Any]:
    """A square round a place, `fill` beyond the frame."""
    padded = np.pad(image, side, constant_values=fill)
    top, left = (round(at) - side // 2 + side for at in place)
    top = int(np.clip(top, 0, padded.shape[0] - side))
    left = int(np.clip(left, 0, padded.shape[1] - side))
    out: NDArray[Any] = padded[top : top + side, left : left + side]
    return out


def _enlarged(tile: NDArray[np.float32], side: int) -> NDArray[np.float32]:
    missing = np.isnan(tile)
    out = cv2.resize(np.where(missing, 0, tile), (side, side), interpolation=cv2.INTER_LINEAR)
    hole = cv2.resize(missing.view(np.uint8), (side, side), interpolation=cv2.INTER_NEAREST)
    return np.where(hole > 0, np.float32(np.nan), out)


def _outlined(
    tile: Picture, ids: NDArray[np.int64], mother: int | None, daughters: Sequence[int]
) -> Picture:
    """The tile with a line along the inner edge of every cell."""
    edge = np.zeros(ids.shape, bool)
    for axis in (0, 1):
        for shift in (-1, 1):
            edge |= ids != np.roll(ids, shift, axis)
    edge[[0, -1]] = edge[:, [0, -1]] = False
    out = tile.copy()
    for cell in np.unique(ids[edge & (ids > 0)]).tolist():
        out[edge & (ids == cell)] = _colour(cell, mother, daughters)
    return out


def _colour(cell: int, mother: int | None, daughters: Sequence[int]) -> tuple[int, int, int]:
    if not daughters:
        hue = (cell * 67) % 180  # far apart for numbers in a row
        red, green, blue = cv2.cvtColor(np.array([[[hue, 170, 255]]], np.uint8), cv2.COLOR_HSV2RGB)[
            0, 0
        ].tolist()
        return red, green, blue
    if cell == mother:
        return MOTHER
    if cell in daughters:
        return DAUGHTERS[list(daughters).index(cell) % len(DAUGHTERS)]
    return OTHERS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("raw", "labels", "events", "out"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--crop-px", type=int, default=61)
    parser.add_argument("--enlarge", type=int, default=3)
    chosen = parser.parse_args()
    labels = open_labels(chosen.labels)
    for path in division_sheets(
        open_movie(chosen.raw).channel(),
        labels.frames,
        tracked_from_ids(labels).tracks,
        pd.read_csv(chosen.events),
        folder=chosen.out,
        crop_px=chosen.crop_px,
        enlarge=chosen.enlarge,
    ):
        print(path)


if __name__ == "__main__":
    main()
