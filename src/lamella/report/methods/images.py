"""How objects were found, followed and measured, in sentences for a paper."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lamella.report.methods.citations import Citations
from lamella.report.words import count, listed, number

Settings = Mapping[str, Any]


def drift(settings: Settings) -> str:
    """What was done about a field of view that moves."""
    how = settings.get("drift")
    if not how:
        return ""
    return (
        f"The drift of the field of view was measured in every movie ({parameters(how)}) and taken"
        " off the positions of objects."
    )


def outlines(settings: Settings) -> str:
    """What other outlines everything was measured with again."""
    how = settings.get("outlines")
    if not how:
        return ""
    error, smoothing = (f"{float(how[name]):g} px" for name in ("error_px", "smoothing_px"))
    return (
        f"To see what hangs on the outlines, all that was compared was measured again with outlines"
        f" {error} wider, {error} narrower, and smoothed (Gaussian of SD {smoothing}, areas kept)."
    )


def normalisation(objects: Settings, movies: Sequence[Settings]) -> str:
    """What was done to frames before segmentation, and to how many movies."""
    if all((each.get("segment") or {}).get("method") == "labels" for each in objects.values()):
        return ""  # masks were given
    decided = [movie["stretched"] for movie in movies if "stretched" in movie]
    if not any(decided):
        return "Frames were segmented as recorded."
    rules = {name: each.get("normalise") or {} for name, each in objects.items()}
    rule = next((r for r in rules.values() if r), {})
    low, high = (f"{float(rule.get(k, v)):g}" for k, v in (("low", 1.0), ("high", 99.0)))
    text = (
        f"For segmentation alone, {count(sum(decided), 'movie')} of {len(decided)} had each frame "
        f"stretched between its percentiles {low} and {high}"
    )
    if rule.get("rule", "adaptive") == "adaptive":
        limit = number(float(rule.get("dim_below", 1000.0)))
        text += f" (those whose percentile {high} over the movie lies below {limit} grey values)"
    return f"{text}; intensities were measured on the raw frames."


def segmentation(name: str, each: Settings, cite: Citations) -> str:
    """How one set of objects was found."""
    how = each.get("segment") or {}
    channel = f" in channel {each['channel']}" if each.get("channel") else ""
    method = str(how.get("method", ""))
    ways: dict[str, Callable[[], str]] = {
        "multiotsu": lambda: (
            f"by multi-Otsu thresholding into {how.get('classes')} classes " + cite("otsu")
        ),
        "motion": lambda: (
            "by a classifier that learns in each movie from what moves " + cite("robitaille")
        ),
        "guided": lambda: (
            f"by growing a cell from every nucleus ({_nuclei(how)}) over what is brighter than the "
            f"ground, with borders {_borders(how)} {cite('jones')}"
        ),
        "cellpose": lambda: (
            f"by Cellpose {cite('cellpose')} with the {_weights(how)}" + _second_input(how)
        ),
        "recurrent": lambda: (
            "by a network that sees every frame together with those before it "
            f"{cite('protrusion')} with the {_weights(how, shipped='model of Lamella')}"
        ),
        "labels": lambda: "from existing label images",
        "external": lambda: f"by the user’s function {how.get('function')}",
    }
    text = f"Objects “{name}” were found{channel} "
    text += ways[method]() if method in ways else f"by the method “{method}”"
    shown = {k: v for k, v in how.items() if k not in _SAID}
    text += f" ({parameters(shown)})" if shown else ""
    if declump := each.get("declump"):
        shown = {k: v for k, v in declump.items() if k != "method" and v is not None}
        text += f"; touching objects were split by {declump.get('method')}"
        text += f" ({parameters(shown)})" if shown else ""
    return text + "."


_SAID = (
    "method", "classes", "function", "nuclei", "channel", "borders", "model", "nuclear_channel",
    "device", "batch_size", "tile_px",
)  # fmt: skip
"""Settings of a segmenter that its sentence tells, or that decide nothing."""


def _weights(how: Settings, *, shipped: str = "model of its release") -> str:
    return f"model {how['model']}" if how.get("model") else shipped


def _second_input(how: Settings) -> str:
    channel = how.get("nuclear_channel")
    return f", shown channel {channel} for nuclei besides" if channel else ""


def _borders(how: Settings) -> str:
    return "along bright lines" if how.get("borders") == "bright" else "where the light changes"


def _nuclei(how: Settings) -> str:
    if how.get("nuclei"):
        return f"the objects “{how['nuclei']}”"
    return f"found in channel {how.get('channel')}"


def tracking(name: str, each: Settings, cite: Citations) -> str:
    """How one set of objects was followed."""
    how = each.get("track") or {}
    method = str(how.get("method", ""))
    shown = {k: v for k, v in how.items() if k != "method" and v is not None}
    ways: dict[str, Callable[[], str]] = {
        "largest": lambda: "the largest object of each frame was taken for the cell",
        "lap": lambda: (
            "objects were linked over time by linear assignment " + cite("jaqaman", "jonker")
        ),
        "overlap": lambda: "objects were linked over time by the overlap of their masks",
    }
    text = ways[method]() if method in ways else f"objects were followed by “{method}”"
    text = f"For “{name}”, {text}" + (f" ({parameters(shown)})" if shown else "")
    if gaps := each.get("fill_gaps"):
        text += f"; gaps of up to {count(int(gaps), 'frame')} were filled by interpolated shapes,"
        text += " which enter no measure"
    return text + "."


def light(measure: Settings, cite: Citations) -> str:
    """What was done to intensities."""
    background = measure.get("background") or {}
    method = background.get("method", "none")
    if method == "none":
        text = "No background was subtracted"
    elif method == "rolling_ball":
        text = _rolling_ball(background, cite)
    else:
        shown = {k: v for k, v in background.items() if k != "method" and v is not None}
        text = f"A background level ({method}; {parameters(shown)}) was subtracted"
    if bleaching := measure.get("bleaching"):
        text += f"; bleaching was undone by {bleaching['method']} {cite('miura')}"
    on = "what was left" if method == "rolling_ball" else "raw frames"
    return f"{text}; intensities were measured on {on} with the masks of the same frame."


def _rolling_ball(how: Settings, cite: Citations) -> str:
    micron = how.get("radius_um")
    radius = f"{micron:g} µm" if micron is not None else f"{float(how['radius_px']):g} px"
    shape = "sliding paraboloid" if how.get("sliding") else "rolling ball"
    rest = {k: how[k] for k in ("light", "smoothing") if k in how}
    return (
        f"The background was subtracted by a {shape} of radius {radius}, as ImageJ does it "
        f"{cite('sternberg', 'imagej')}" + (f" ({parameters(rest)})" if rest else "")
    )


def trusted(measure: Settings) -> str:
    """Which frames and steps enter measures."""
    rules = measure.get("sightings") or {}
    if not rules:
        return ""
    share, iou = number(100 * float(rules["min_area_fraction"]), 2), rules["min_iou"]
    return (
        f"A frame entered where the object’s area was at least {share} % of its median, a step "
        f"where the masks of both frames overlapped with an IoU of at least {iou}"
        + (
            f" and the area changed by a factor of at most {rules['max_area_change']}"
            if "max_area_change" in rules
            else ""
        )
        + ". What was not measured is missing, never zero."
    )


def groups(measure: Settings, cite: Citations) -> str:
    """The published methods behind the groups of measures that were on."""
    told = []
    if measure.get("walks"):
        told.append(
            f"persistent random walks with the noise of the centroid {cite('furth', 'qian')}"
        )
    if measure.get("protrusion"):
        told.append(f"tips of protrusions {cite('protrusion')}")
    if measure.get("edge"):
        told.append(f"speed of the edge {cite('machacek')}")
    return f"Measured besides: {listed(told)}." if told else ""


def parameters(values: Settings) -> str:
    """Settings as a list; those that are tables are left to the provenance."""
    told = [
        f"{name} = {_value(value)}"
        for name, value in values.items()
        if value is not None and not isinstance(value, Mapping)
    ]
    return ", ".join(told) or "default settings"


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
