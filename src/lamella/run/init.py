"""Make a study out of a folder of movies: samples.csv and study.toml."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pandas as pd

from lamella.core.errors import OutputError, SettingsError
from lamella.core.table import Col
from lamella.io.atomic import whole_file
from lamella.io.image_folder import SUFFIXES, natural_key
from lamella.io.tables import write_table
from lamella.run.pattern import PathPattern
from lamella.run.settings import Known
from lamella.run.stages import LOCK_FILE
from lamella.run.study import SAMPLES_FILE, SETTINGS_FILE, movie_name

_CARRIED = ("unit", "replicate", "well", "field", "position")
_FIELDS = ("condition", "session", "channel", "cell", *_CARRIED)
_ALL_CONDITIONS, _ONE_SESSION = "all", "1"

_TEMPLATE = """\
# Settings of this study. What is not set here has its default; `lamella check` names mistakes.
title = {title}

[scale]
# What the movies' files do not state themselves. A number, or "unknown" to go without.
{pixel_size}
{interval}
# axes = "TYX"            # for files whose time axis is tagged as something else

[objects.cell]
# channel = "GFP"         # the channel to segment; the first one by default
# fill_gaps = 2           # shapes between the frames around, where a tracked cell was missed
[objects.cell.segment]    # compare the methods by eye with: lamella suggest MOVIE
{segment}
{track}
# [objects.cell.normalise] # for "external" models; thresholds do not depend on the grey scale
# rule = "adaptive"       # stretch dim movies before segmentation; or "always", "never"

[measure]                 # all groups of measures are on; false turns one off
# migration = false       # steps, speed, turning, straightness
# walks = false           # mean squared displacement, persistent random walk
# lamellipodium = false   # bright and dim parts, polarity, front and back, cortex
# protrusion = false      # tips and their lengths, skeleton
# edge = false            # movement, curvature and intensity of the outline

[measure.background]
method = "none"           # or "offset" with offset = …, or "percentile" (outside the cells)
# [measure.bleaching]     # never undone unasked; masks stay those of the raw frames
# method = "exponential"  # or "ratio", "histogram"

[measure.sightings]       # which frames and steps are trusted
min_area_fraction = 0.3
min_iou = 0.3
max_area_change = 1.5

[measure.lamellipodium]   # choose a definition by eye with: lamella sweep MOVIE LABELS
percentile = 50

[statistics]
{reference}
"""


Method = Literal["motion", "multiotsu"]
_SEGMENT: dict[Method, str] = {
    "motion": """\
method = "motion"         # any modality: what moves is cell
# method = "multiotsu"    # thresholds; sharper edges for fluorescence on a dark field
# also "labels" (existing masks), "external" (your own function)""",
    "multiotsu": """\
method = "multiotsu"      # or "motion", "labels" (existing masks), "external" (your own function)
foreground = "bright"     # "bright", "dark" or "either\"""",
}


_SEVERAL = """\
[objects.cell.declump]    # cells that touch are cut apart before they are followed
method = "distance"       # or "intensity", "nucleus"
[objects.cell.track]"""
_TRACK = {
    "largest": """\
# [objects.cell.track]    # one cell a movie is followed, the largest object of every frame
# method = "lap"          # movies of several cells: follow each of them""",
    "lap": f"""\
{_SEVERAL}
method = "lap"            # every cell is followed; "largest" = one cell a movie""",
    "overlap": f"""\
{_SEVERAL}
method = "overlap"        # by overlap with the frame before; or "lap", "largest\"""",
}


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
    """

    samples: pd.DataFrame
    ambiguous: tuple[str, ...]
    ignored: tuple[str, ...]


def find_movies(folder: Path, pattern: str) -> Found:
    """Match every image file, and every folder that holds images, against a pattern.

    Raises
    ------
    SettingsError
        When the folder is not there, the pattern is wrong, or nothing fits it.
    """
    if not folder.is_dir():
        raise SettingsError(str(folder), "there is no such folder", "give the folder of the movies")
    wanted = PathPattern(pattern)
    _refuse_misspelt(wanted)
    candidates = list(_candidates(folder))
    rows: dict[str, dict[str, str]] = {}
    ambiguous = []
    fitting = set()
    for path in candidates:
        match = wanted.match(path)
        if match is None:
            continue
        fitting.add(path)
        if match.ambiguous:
            ambiguous.append(path)
        whole = wanted.without_channel(path)
        rows[whole] = {
            Col.MOVIE: movie_name(whole),
            Col.PATH: whole,
            Col.CONDITION: match.fields.get(Col.CONDITION, _ALL_CONDITIONS),
            Col.SESSION: match.fields.get(Col.SESSION, _ONE_SESSION),
            **{name: match.fields[name] for name in _CARRIED if name in match.fields},
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
    # Two paths may shorten to one name (a.tif and a.png): number them apart.
    again = samples.groupby(Col.MOVIE).cumcount()
    samples[Col.MOVIE] += again.map(lambda n: f"__{n + 1}" if n else "")
    files_ignored = tuple(p for p in ignored if not (folder / p).is_dir())
    return Found(samples, tuple(ambiguous), files_ignored)


def _refuse_misspelt(pattern: PathPattern) -> None:
    """A field nearly called condition would otherwise be thrown away in silence."""
    for name in pattern.fields:
        near = difflib.get_close_matches(name, _FIELDS, n=1, cutoff=0.75)
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
    force: bool = False,
) -> None:
    """Write samples.csv and study.toml into `into`.

    Parameters
    ----------
    method : {"motion", "multiotsu"}
        How the cells are to be found.
    track : {"largest", "lap", "overlap"}
        How they are to be followed: one cell a movie, or every cell.

    Raises
    ------
    SettingsError
        When there is no such tracker.
    OutputError
        When one of them is there already, unless `force`.
    """
    if track not in _TRACK:
        raise SettingsError(
            f"--track {track}", "there is no such tracker", f"use one of {', '.join(_TRACK)}"
        )
    for name in (SETTINGS_FILE, SAMPLES_FILE):
        if (into / name).exists() and not force:
            raise OutputError(str(into / name), "it is there already", "use --force to replace it")
    away = os.path.relpath(folder.resolve(), into.resolve())
    samples = found.samples.copy()
    if away != ".":
        samples[Col.PATH] = [f"{Path(away).as_posix()}/{path}" for path in samples[Col.PATH]]
    conditions = list(dict.fromkeys(samples[Col.CONDITION]))
    write_table(into / SAMPLES_FILE, samples)
    with whole_file(into / SETTINGS_FILE) as part:
        part.write_text(
            _TEMPLATE.format(
                title=_quoted(title or folder.resolve().name),
                pixel_size=_setting("pixel_size_um", pixel_size_um, "0.318"),
                interval=_setting("interval_min", interval_min, "1.0"),
                segment=_SEGMENT[method],
                track=_TRACK[track],
                reference=f"{'' if reference else '# '}reference = "
                f"{_quoted(reference or conditions[0])}"
                "   # compare every other condition with this one; all pairs by default",
            ),
            encoding="utf-8",
        )


def _candidates(folder: Path) -> Iterator[str]:
    """Image files and folders that hold some, as paths with forward slashes, in natural order."""
    for place, folders, files in os.walk(folder):
        if LOCK_FILE in files:  # the results of a run are not raw movies
            folders.clear()
            continue
        folders[:] = sorted((f for f in folders if f[0] != "."), key=natural_key)
        here = Path(place).relative_to(folder)
        images = [f for f in files if f[0] != "." and f.lower().endswith(SUFFIXES)]
        images.sort(key=natural_key)
        if images and here != Path():
            yield here.as_posix()
        yield from ((here / name).as_posix() for name in images)


def _setting(name: str, value: Known, example: str) -> str:
    if value is None:
        return f"# {name} = {example}"
    return f"{name} = {_quoted(value) if isinstance(value, str) else value}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
