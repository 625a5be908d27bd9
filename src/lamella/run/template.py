"""The study.toml that `lamella init` writes: for movies, and for still images."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Literal

from lamella.run.settings import Known

Method = Literal["motion", "multiotsu"]


_MOVIES = """\
# Settings of this study. What is not set here has its default; `lamella check` names mistakes.
title = {title}

[scale]
# What the movies' files do not state themselves. A number, or "unknown" to go without.
{pixel_size}
{interval}
# axes = "TYX"            # for files whose time axis is tagged as something else
# z = "max"               # of files with several slices; or "mean", or the number of one
{channels}
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

_STILLS = """\
# Settings of this study. What is not set here has its default; `lamella check` names mistakes.
title = {title}
outlines = false          # true: everything measured again with outlines a pixel wider and narrower

[scale]
# What the images' files do not state themselves. A number, or "unknown" to go without.
{pixel_size}
{channels}
{nucleus}
{cell}
[measure]                 # an image has no time: what needs one is off
migration = false
walks = false
lamellipodium = false
protrusion = false
edge = false
# region and compartment are on: shape and light of every object, nucleus and cytoplasm of each cell

[measure.background]     # ratios depend on it: look whether cells leave some ground bare
method = "percentile"     # the median outside of all objects; or "none", "offset" with offset = …
# method = "rolling_ball" # ImageJ's Subtract Background, for uneven ground; where cells lie side
# radius_px = 50          # by side it takes them for background, too

# [illumination]          # uneven light, estimated from all fields, is evened out

# [positives.edu]         # which nuclei are positive, and their share of every field and well
# measure = {measure}
# object = "nucleus"
# threshold = {{ method = "otsu" }} # or by control wells, or a mixture of two

[statistics]
adjust = "joint"          # Dunnett's test against a reference, Tukey's among all pairs; or "holm"
{unit}
{reference}
"""

_NUCLEUS = """\
[objects.{name}]
{channel}
centre = false
[objects.{name}.segment] # compare the methods by eye with: lamella suggest IMAGE
method = "multiotsu"
classes = 2               # 3 where nuclei differ much in brightness
smallest_px = 30
[objects.{name}.declump] # nuclei that touch are cut apart
method = "distance"
[objects.{name}.track]
method = "lap"            # every object counts
"""

_CELL = """\
[objects.cell]
channel = {channel}
centre = false
[objects.cell.segment]
method = "guided"         # every nucleus grows into its cell, and has its number
nuclei = "nucleus"
# borders = "bright"      # where membrane or actin is stained; "change" for the cytoplasm
[objects.cell.track]
method = "lap"
"""

_SEGMENT: dict[Method, str] = {
    "motion": """\
method = "motion"         # any modality: what moves is cell
# method = "multiotsu"    # thresholds; sharper edges for fluorescence on a dark field
# also "cellpose", "recurrent" (trained networks), "labels" (masks), "external" (your function)""",
    "multiotsu": """\
method = "multiotsu"      # or "motion", "recurrent", "cellpose", "labels", "external" (yours)
foreground = "bright"     # "bright", "dark" or "either\"""",
}

_SEVERAL = """\
[objects.cell.declump]    # cells that touch are cut apart before they are followed
method = "distance"       # or "intensity", "nucleus"
[objects.cell.track]"""
TRACKERS = {
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

_NUCLEAR = re.compile(r"dapi|hoechst|h33342|dna|nuc|to-?pro|draq|h2b|sytox", re.IGNORECASE)


def movies_toml(
    *,
    title: str,
    pixel_size_um: Known,
    interval_min: Known,
    marks: Mapping[str, str],
    method: Method,
    track: str,
    reference: str,
) -> str:
    """Settings for movies."""
    return _MOVIES.format(
        title=quoted(title),
        pixel_size=_setting("pixel_size_um", pixel_size_um, "0.318"),
        interval=_setting("interval_min", interval_min, "1.0"),
        channels=_channels(marks),
        segment=_SEGMENT[method],
        track=TRACKERS[track],
        reference=reference,
    )


def stills_toml(
    *,
    title: str,
    pixel_size_um: Known,
    marks: Mapping[str, str],
    channels: Sequence[str],
    nuclei: str | None,
    cells: str | None,
    wells: bool,
    reference: str,
) -> str:
    """Settings for still images: nuclei and the cells around them, or objects of one channel.

    Parameters
    ----------
    channels : sequence of str
        All that the images have; empty where that is not known.
    nuclei, cells : str or None
        Channels that show them; by default the first whose name sounds like a stain of nuclei, or
        else the first, and the last of the others. A channel between the two stands in the
        example of positives.
    """
    free = [name for name in channels if name != cells] or channels
    sounding = [name for name in free if _NUCLEAR.search(name)]
    nuclear = nuclei or next(iter([*sounding, *free]), None)
    others = [name for name in channels if name != nuclear]
    cellular = cells or (others[-1] if others else None)
    signals = [name for name in others if name != cellular] or others
    shown = '# channel = "DAPI"' if nuclear is None else f"channel = {quoted(nuclear)}"
    return _STILLS.format(
        title=quoted(title),
        pixel_size=_setting("pixel_size_um", pixel_size_um, "0.65"),
        channels=_channels(marks),
        nucleus=_NUCLEUS.format(name="nucleus", channel=shown),
        cell="" if cellular is None else _CELL.format(channel=quoted(cellular)),
        unit=f'{"" if wells else "# "}unit = "well"           # what is independent: not the cell',
        measure=quoted(_mean_in(signals[0] if signals else None, several=len(channels) != 1)),
        reference=reference,
    )


def _mean_in(channel: str | None, *, several: bool) -> str:
    """The column of the mean in a channel; without its name where there is one channel alone."""
    return f"intensity_mean__{channel or 'EdU'}" if several else "intensity_mean"


def reference_line(reference: str | None, conditions: Sequence[str]) -> str:
    """The condition that others are compared with; a comment where none was chosen."""
    return (
        f"{'' if reference else '# '}reference = {quoted(reference or conditions[0])}"
        "   # compare every other condition with this one; all pairs by default"
    )


def _channels(marks: Mapping[str, str]) -> str:
    """The table of channels that lie in files of their own."""
    if not marks:
        return ""
    names = "\n".join(f"{_key(name)} = {quoted(mark)}" for name, mark in marks.items())
    return (
        "\n[channels]\n"
        '# align = "translate"     # channels are shifted, or differ in size: lay them over\n'
        "[channels.names]          # a name of your own = what stands for {channel} in the paths\n"
        f"{names}\n"
    )


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else quoted(name)


def _setting(name: str, value: Known, example: str) -> str:
    if value is None:
        return f"# {name} = {example}"
    return f"{name} = {quoted(value) if isinstance(value, str) else value}"


def quoted(text: str) -> str:
    """A text as TOML has it."""
    return json.dumps(text, ensure_ascii=False)
