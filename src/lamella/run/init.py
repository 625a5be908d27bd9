"""Make a study out of a folder of movies: samples.csv and study.toml."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from lamella.core.errors import LamellaError, OutputError, SettingsError
from lamella.core.table import Col
from lamella.core.take import Take
from lamella.core.wells import row_letters, row_number, well_name, well_place
from lamella.io import open_movie, positions_of
from lamella.io.atomic import whole_file
from lamella.io.image_folder import SUFFIXES as IMAGES
from lamella.io.image_folder import natural_key
from lamella.io.ome_zarr import is_zarr
from lamella.io.readers import SUFFIXES
from lamella.io.tables import write_table
from lamella.run.pattern import PathPattern
from lamella.run.plate_map import WELL
from lamella.run.samples import SAMPLES_FILE, movie_name
from lamella.run.settings import Known
from lamella.run.stages import LOCK_FILE
from lamella.run.study import SETTINGS_FILE
from lamella.run.template import TRACKERS, Method, movies_toml, reference_line, stills_toml

_CARRIED = ("unit", "replicate", "well", "field", "position")
_FIELDS = ("condition", "session", "channel", "cell", "plate", "row", "column", *_CARRIED)
_ALL_CONDITIONS, _ONE_SESSION = "all", "1"


class Stills(NamedTuple):
    """Channels of still images that show nuclei and whole cells; None = guessed by their names."""

    nuclei: str | None = None
    cells: str | None = None


@dataclass(frozen=True)
class Found:
    """What a pattern found in a folder.

    Parameters
    ----------
    samples : DataFrame
        One row per movie, as in samples.csv; paths relative to the folder.
    ambiguous : tuple of str
        Paths that the pattern reads in more than one way.
    ignored : tuple of str
        Image files that do not fit the pattern.
    marks : mapping of str to str
        What stands for ``{channel}`` in the paths, by the name that the channel is to have.
    """

    samples: pd.DataFrame
    ambiguous: tuple[str, ...]
    ignored: tuple[str, ...]
    marks: Mapping[str, str] = field(default_factory=dict)


def find_movies(folder: Path, pattern: str) -> Found:
    """Match every image file, and every folder that holds images, against a pattern.

    A file with several positions gives a movie for each; those of an OME-Zarr plate
    (``A01``, ``A01/2``) fill the columns well and field.

    Raises
    ------
    SettingsError
        When the folder is not there or is a movie itself, the pattern is wrong, or nothing fits it.
    """
    if not folder.is_dir():
        raise SettingsError(str(folder), "there is no such folder", "give the folder of the movies")
    if is_zarr(folder):
        raise SettingsError(
            str(folder), "it is one file to Lamella, a store of zarr", "give the folder it lies in"
        )
    wanted = PathPattern(pattern)
    _refuse_misspelt(wanted)
    candidates = list(_candidates(folder))
    rows: dict[tuple[str, str], dict[str, str]] = {}
    ambiguous = []
    fitting = set()
    marks: set[str] = set()
    for path in candidates:
        match = wanted.match(path)
        if match is None:
            continue
        fitting.add(path)
        if match.ambiguous:
            ambiguous.append(path)
        whole = wanted.without_channel(path)
        told = _told(match.fields)
        marks |= {told["channel"]} if "channel" in told else set()
        given = dict(told)
        positions = _positions(folder / path) if whole == path else ("",)
        on_plate = is_zarr(folder / path) and all(map(_well_in, positions))
        for position in positions:
            # What the path says of a well or field wins over what the file calls its positions.
            told = _of_plate(position) | given if on_plate else dict(given)
            if position:
                told["position"] = position
            rows[whole, position] = {
                Col.MOVIE: movie_name(whole, position),
                Col.PATH: whole,
                Col.CONDITION: told.get(Col.CONDITION, _ALL_CONDITIONS),
                Col.SESSION: told.get(Col.SESSION, _ONE_SESSION),
                **{name: told[name] for name in _CARRIED if name in told},
                Col.EXCLUDE: "",
            }
    if not rows:
        example = f", such as {candidates[0]}" if candidates else ""
        raise SettingsError(
            f"pattern {pattern!r}",
            f"none of the {len(candidates)} image files and folders in {folder} fits it{example}",
            "write the path from that folder, with {condition}, {session} … for what varies",
        )
    inside = tuple(f"{path}/" for path in fitting)
    ignored = [p for p in candidates if p not in fitting and not p.startswith(inside)]
    samples = pd.DataFrame(rows.values())
    carried = [name for name in _CARRIED if name in samples]
    # A file of several positions has more columns than its neighbours.
    samples[carried] = samples[carried].fillna("")
    samples.insert(len(samples.columns) - 1, Col.EXCLUDE, samples.pop(Col.EXCLUDE))
    # Two paths may shorten to one name (a.tif and a.png): number them apart.
    again = samples.groupby(Col.MOVIE).cumcount()
    samples[Col.MOVIE] += again.map(lambda n: f"__{n + 1}" if n else "")
    files_ignored = tuple(p for p in ignored if not (folder / p).is_dir() or is_zarr(folder / p))
    names = {f"ch{m}" if m.isdecimal() else m: m for m in sorted(marks, key=natural_key)}
    return Found(samples, tuple(ambiguous), files_ignored, names)


def _positions(path: Path) -> tuple[str, ...]:
    """Names of the positions in a file that has several; otherwise one without a name."""
    try:
        found = positions_of(path)
    except LamellaError:
        return ("",)  # lamella check tells what is wrong with it
    return found if len(found) > 1 else ("",)


def _well_in(position: str) -> bool:
    """Whether a position is called after a well as those of plates are; P1 of a series is not."""
    well = position.partition("/")[0]
    return well_place(well) is not None and well == well_name(well)


def _of_plate(position: str) -> dict[str, str]:
    """Well and field of a position of a plate, such as ``A01/2``."""
    well, _, number = position.partition("/")
    return {WELL: well} | ({"field": number} if number else {})


def _told(fields: Mapping[str, str]) -> dict[str, str]:
    """Fields as samples.csv has them: wells under one name, a plate as the session that it is."""
    told = dict(fields)
    if "plate" in told:
        told.setdefault(Col.SESSION, told["plate"])
    if WELL not in told and {"row", "column"} <= set(told) and (row := row_number(told["row"])):
        told[WELL] = f"{row_letters(row)}{told['column']}"
    if WELL in told:
        told[WELL] = well_name(told[WELL])
    return told


def _refuse_misspelt(pattern: PathPattern) -> None:
    """A field nearly called condition would otherwise be thrown away in silence."""
    for name in pattern.fields:
        near = difflib.get_close_matches(name, _FIELDS, n=1, cutoff=0.75)
        near = near or [each for each in _FIELDS if len(name) > 2 and each.startswith(name)]
        if near and name not in _FIELDS:
            raise SettingsError(
                f"pattern {pattern.text!r}",
                f"{{{name}}} is not a field that Lamella knows",
                f"did you mean {{{near[0]}}}? Other names are free, and only tell paths apart",
            )


def write_study(
    folder: Path,
    found: Found,
    into: Path,
    *,
    pixel_size_um: Known = None,
    interval_min: Known = None,
    title: str | None = None,
    reference: str | None = None,
    method: Method = "motion",
    track: str = "largest",
    stills: Stills | None = None,
    force: bool = False,
) -> None:
    """Write samples.csv and study.toml into `into`.

    Parameters
    ----------
    method : {"motion", "multiotsu"}
        How the cells are to be found.
    track : {"largest", "lap", "overlap"}
        How they are to be followed: one cell a movie, or every cell.
    stills : Stills, optional
        Still images: what they show; `method`, `track` and the interval are then of no use.

    Raises
    ------
    SettingsError
        When there is no such tracker, or a channel named in `stills` is not there.
    OutputError
        When one of them is there already, unless `force`.
    """
    if track not in TRACKERS:
        raise SettingsError(
            f"--track {track}", "there is no such tracker", f"use one of {', '.join(TRACKERS)}"
        )
    for name in (SETTINGS_FILE, SAMPLES_FILE):
        if (into / name).exists() and not force:
            raise OutputError(str(into / name), "it is there already", "use --force to replace it")
    samples = found.samples.copy()
    chosen = reference_line(reference, list(dict.fromkeys(samples[Col.CONDITION])))
    title = title or folder.resolve().name
    if stills is None:
        settings = movies_toml(
            title=title,
            pixel_size_um=pixel_size_um,
            interval_min=interval_min,
            marks=found.marks,
            method=method,
            track=track,
            reference=chosen,
        )
    else:
        channels = list(found.marks) or _channels_of_first(folder, found)
        _refuse_strange(channels, stills)
        settings = stills_toml(
            title=title,
            pixel_size_um=pixel_size_um,
            marks=found.marks,
            channels=channels,
            nuclei=stills.nuclei,
            cells=stills.cells,
            wells=WELL in samples,
            reference=chosen,
        )
    away = os.path.relpath(folder.resolve(), into.resolve())
    if away != ".":
        samples[Col.PATH] = [f"{Path(away).as_posix()}/{path}" for path in samples[Col.PATH]]
    write_table(into / SAMPLES_FILE, samples)
    with whole_file(into / SETTINGS_FILE) as part:
        part.write_text(settings, encoding="utf-8")


def _channels_of_first(folder: Path, found: Found) -> list[str]:
    """Names of the channels that lie in one file; none where the first file cannot be opened."""
    first = found.samples.iloc[0]
    take = Take(first.get("position") or None)
    try:
        return list(open_movie(folder / first[Col.PATH], take=take).channel_names)
    except LamellaError:
        return []  # lamella check tells what is wrong with it


def _refuse_strange(channels: list[str], stills: Stills) -> None:
    for option, name in (("--nuclei", stills.nuclei), ("--cells", stills.cells)):
        if name is not None and channels and name not in channels:
            raise SettingsError(
                f"{option} {name}",
                "the images have no such channel",
                f"use one of {', '.join(channels)}",
            )


def _candidates(folder: Path) -> Iterator[str]:
    """Movies and folders that hold images, as paths with forward slashes, in natural order.

    An OME-Zarr is one movie, whatever lies in it.
    """
    for place, folders, files in os.walk(folder):
        if LOCK_FILE in files:  # the results of a run are not raw movies
            folders.clear()
            continue
        here = Path(place).relative_to(folder)
        visible = sorted((f for f in folders if f[0] != "."), key=natural_key)
        stores = [f for f in visible if is_zarr(Path(place, f))]
        folders[:] = [f for f in visible if f not in stores]
        shown = [f for f in files if f[0] != "."]
        if here != Path() and any(f.lower().endswith(IMAGES) for f in shown):
            yield here.as_posix()
        movies = [*(f for f in shown if f.lower().endswith(SUFFIXES)), *stores]
        yield from ((here / name).as_posix() for name in sorted(movies, key=natural_key))
