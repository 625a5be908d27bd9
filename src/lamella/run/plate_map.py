"""A plate map: what stands in every well, as a list of wells or as a picture of the plate."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from lamella.core.errors import InputError, SettingsError
from lamella.core.table import Col
from lamella.core.wells import row_letters, row_number, well_name, well_place
from lamella.io.delimited import MISSING, Delimited, open_delimited

WELL, PLATE = "well", "plate"
NOT_IN_MAP = "not in the plate map"
"""The reason to exclude an image of a well of which the map says nothing."""

_FILLED = (Col.CONDITION, "replicate", Col.SESSION, Col.UNIT, "position", Col.EXCLUDE)
_MOST_TOLD = 6


@dataclass(frozen=True)
class Mapped:
    """Samples with what a plate map says of them, and where the two do not meet.

    Parameters
    ----------
    samples : DataFrame
        As in samples.csv; images of wells that the map lacks are excluded, with the reason.
    without_images : tuple of str
        Wells of the map of which there is no image.
    not_in_map : tuple of str
        Wells with images that the map does not have.
    """

    samples: pd.DataFrame
    without_images: tuple[str, ...]
    not_in_map: tuple[str, ...]


def read_plate_map(path: Path) -> pd.DataFrame:
    """A row per well: `well` (A01, B12 …) and what else the map says, as text.

    Either a table with a column `well`, `condition` and, where given, others that samples.csv has
    (replicate, session, unit, position, exclude; plate stands for session); or a grid with the
    columns' numbers above and the rows' letters before, a condition in each well. Wells without a
    condition are left out.

    Raises
    ------
    InputError
        When the file is neither, has an unknown column, or names a well twice or that is none.
    """
    table = open_delimited(path, least_columns=2)
    header = [name.casefold() for name in table.header]
    return _listed(table, header) if WELL in header else _grid(table)


def with_plate_map(samples: pd.DataFrame, wells: pd.DataFrame) -> Mapped:
    """Fill in conditions (and replicates, plates …) of samples from the map of their wells.

    Where the map or the samples have several sessions, as several plates are, a well is looked up
    in its own; where each has one, it is that of the map.

    Raises
    ------
    SettingsError
        When the samples name no wells, or none of the map's several plates.
    """
    if WELL not in samples:
        raise SettingsError(
            "--plate-map",
            "the pattern names no well",
            "write {well}, or {row} and {column}, where it stands in the paths",
        )
    keys = [WELL]
    theirs = dict.fromkeys(wells[Col.SESSION]) if Col.SESSION in wells else {}
    ours = dict.fromkeys(samples[Col.SESSION])
    if theirs and (max(len(theirs), len(ours)) > 1 or theirs == ours):
        keys = [Col.SESSION, WELL]
        if not theirs.keys() & ours.keys():
            raise SettingsError(
                "--plate-map",
                f"its plates {', '.join(theirs)} are none of the images', {', '.join(ours)}",
                "write {plate} where it stands in the paths, and the plates in the map as they "
                "stand there",
            )
    known = wells.set_index(keys)
    asked = samples.set_index(keys).index
    there = asked.isin(known.index)
    filled = samples.copy()
    for name in known.columns:
        if name not in filled:
            filled[name] = ""
        filled.loc[there, name] = known[name].reindex(asked[there]).to_numpy()
    filled.loc[~there, Col.EXCLUDE] = NOT_IN_MAP
    first = [name for name in filled.columns if name != Col.EXCLUDE]
    return Mapped(
        filled[[*first, Col.EXCLUDE]],
        tuple(_told(key) for key in known.index if key not in set(asked)),
        tuple(dict.fromkeys(_told(key) for key in asked[~there])),
    )


def shortened(wells: tuple[str, ...]) -> str:
    """The first of some wells, for a message."""
    return ", ".join(wells[:_MOST_TOLD]) + (" …" if len(wells) > _MOST_TOLD else "")


def _told(key: str | tuple[str, str]) -> str:
    return key if isinstance(key, str) else " ".join(key)


def _listed(table: Delimited, header: list[str]) -> pd.DataFrame:
    names = [Col.SESSION if name == PLATE else name for name in header]
    unknown = [name for name in names if name not in (WELL, *_FILLED)]
    if unknown or len(set(names)) < len(names):
        fault = (
            f"unknown columns {', '.join(unknown)}" if unknown else "a column stands there twice"
        )
        raise InputError(str(table.path), fault, f"the columns are {', '.join((WELL, *_FILLED))}")
    if Col.CONDITION not in names:
        raise InputError(str(table.path), "it has no column condition", "add it")
    lines, texts = table.columns(table.header)
    wells = pd.DataFrame(dict(zip(names, texts, strict=True)), dtype="str")
    for line, text in zip(lines, wells[WELL], strict=True):
        if well_place(text) is None:
            raise InputError(
                str(table.path), f"line {line}: {text!r} is no well", "write A1, B12 or H01"
            )
    wells[WELL] = wells[WELL].map(well_name)
    return _checked(table.path, wells)


def _grid(table: Delimited) -> pd.DataFrame:
    columns = [text.strip() for text in table.header[1:]]
    if not all(text.isdecimal() for text in columns):
        raise InputError(
            str(table.path),
            f"it has neither a column well nor the numbers of a plate's columns, but "
            f"{', '.join(table.header)}",
            "give a table with the columns well and condition, or a grid with 1, 2 … above and "
            "A, B … before",
        )
    lines, texts = table.columns(table.header)
    found = []
    for i, (line, letters) in enumerate(zip(lines, texts[0], strict=True)):
        row = row_number(letters)
        if not row or letters.isdecimal():
            raise InputError(
                str(table.path), f"line {line}: {letters!r} is no row of a plate", "write A, B, C …"
            )
        for column, of_column in zip(columns, texts[1:], strict=True):
            well = well_name(f"{row_letters(row)}{column}")
            found.append({WELL: well, Col.CONDITION: of_column[i]})
    return _checked(table.path, pd.DataFrame(found, columns=[WELL, Col.CONDITION], dtype="str"))


def _checked(path: Path, wells: pd.DataFrame) -> pd.DataFrame:
    filled = wells[~wells[Col.CONDITION].str.casefold().isin(MISSING)].reset_index(drop=True)
    keys = [name for name in (Col.SESSION, WELL) if name in filled]
    again = filled[keys].duplicated()
    if again.any():
        raise InputError(
            str(path),
            f"it names well {filled.loc[again, WELL].iloc[0]} twice",
            "give every well one row (of several plates: fill in the column session)",
        )
    if filled.empty:
        raise InputError(str(path), "no well has a condition", "fill in the column condition")
    return filled
