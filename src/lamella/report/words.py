"""Numbers and columns in plain words."""

from __future__ import annotations

from typing import Any

import numpy as np

from lamella.core.claims import ACROSS_SESSIONS, THESE_SESSIONS
from lamella.core.table import CELL_PREFIX, NUCLEUS_PREFIX, Col
from lamella.report.frame_words import FRAME_LABELS
from lamella.report.tables import missing, plain

NOT_MEASURED = "–"

LABELS: dict[str, str] = {
    Col.MEAN_SPEED: "mean speed",
    Col.MEDIAN_SPEED: "median speed",
    Col.MAX_SPEED: "largest speed",
    Col.SD_SPEED: "SD of speed",
    Col.SPEED: "speed",
    Col.STEP_UM: "step",
    Col.STEP_PX: "step",
    Col.MEAN_STEP_UM: "mean step",
    Col.MEAN_STEP_PX: "mean step",
    Col.PATH_UM: "path",
    Col.NET_UM: "net displacement",
    Col.STRAIGHTNESS_FIXED: "straightness",
    Col.STRAIGHTNESS_RUNS: "straightness of runs",
    Col.AREA_UM2: "area",
    Col.AREA_PX: "area",
    Col.LAM_MEAN: "bright mean",
    Col.CYTO_MEAN: "dim mean",
    Col.LAM_CYTO_RATIO: "bright ÷ dim ratio",
    Col.LAM_CYTO_RATIO_NOISE: "ratio from noise alone",
    Col.LAM_CYTO_RATIO_SD: "SD of the ratio",
    Col.BAND_RATIO: "edge band ratio",
    Col.LAYER_RATIO: "layer ratio",
    Col.CONFINEMENT_RATIO: "confinement ratio",
    Col.TURNING_EVENT_RATE: "turning events per minute",
    Col.FMI_X: "forward migration index, x",
    Col.FMI_Y: "forward migration index, y",
    Col.FMI_DIRECTION: "forward migration index",
    Col.FMI_POINT: "forward migration index to the point",
    Col.WALK_SPEED: "walk speed S",
    Col.PERSISTENCE_TIME: "persistence time P",
    Col.LOCALISATION_ERROR: "position error σ",
    Col.WALK_SPEED_LOW: "S from",
    Col.WALK_SPEED_HIGH: "S to",
    Col.PERSISTENCE_TIME_LOW: "P from",
    Col.PERSISTENCE_TIME_HIGH: "P to",
    Col.LOCALISATION_ERROR_LOW: "σ from",
    Col.LOCALISATION_ERROR_HIGH: "σ to",
    Col.WALK_NOT_TOLD: "not told",
    Col.MSD_ALPHA: "α of the MSD",
    Col.N_WALK_STEPS: "steps",
    Col.POLARITY_COS_MOVEMENT: "cosine of polarity with movement",
    Col.POLARITY_FORWARD: "share of frames polarised forwards",
    Col.CORTEX_RELATIVE: "cortex over its mean",
    Col.RING_CONTRAST: "contrast of the rings",
    Col.N_TIPS: "protrusions",
    Col.LONGEST_TIP_UM: "longest protrusion",
    Col.LONGEST_TIP_PX: "longest protrusion",
    Col.MEAN_TIP_UM: "mean protrusion length",
    Col.OUTSIDE_BODY: "share outside the body",
    Col.MEAN_TIP_LIFE: "life of protrusions",
    Col.TIP_BIRTHS: "births of protrusions",
    Col.TIP_GROWTH: "growth of protrusions",
    Col.TIP_RETRACTION: "retraction of protrusions",
    Col.EDGE_PROTRUDING: "share of the edge protruding",
    Col.EDGE_RETRACTING: "share of the edge retracting",
    Col.EDGE_OUT_SPEED: "protrusion speed of the edge",
    Col.EDGE_IN_SPEED: "retraction speed of the edge",
    Col.EDGE_GAINED: "area gained at the edge",
    Col.EDGE_LOST: "area lost at the edge",
    Col.EDGE_BEST_LAG_MIN: "lag of intensity behind the edge",
    Col.EDGE_BEST_CORRELATION: "best correlation of intensity with the edge",
    Col.N_PROTRUSIONS: "protrusion events",
    Col.N_RETRACTIONS: "retraction events",
    Col.N_FRAMES: "frames",
    Col.N_EMPTY_FRAMES: "empty frames",
    Col.N_VALID_FRAMES: "valid frames",
    Col.N_VALID_PAIRS: "valid steps",
    Col.N_TURNING_EVENTS: "turning events",
    Col.N_UNDEFINED_RATIO: "frames without a ratio",
    Col.INTENSITY_MEAN: "mean intensity",
    Col.CELL_NUCLEUS_AREA_RATIO: "cell ÷ nucleus area",
    Col.CYTOPLASM_NUCLEUS_AREA_RATIO: "cytoplasm ÷ nucleus area",
    Col.NUCLEUS_CELL_AREA_RATIO: "nucleus ÷ cell area",
    Col.NUCLEUS_CYTOPLASM_RATIO: "nucleus ÷ cytoplasm intensity",
    Col.POSITIVE: "share positive",
    Col.POSITIVE_FRACTION: "share positive",
    Col.N_POSITIVE: "positive objects",
    Col.N_OBJECTS: "objects",
    Col.N_MEASURED: "measured",
    Col.N_TOTAL: "objects in all",
    Col.N_CONTROLS: "controls",
    Col.N_FIELDS: "fields",
    Col.N_FIELDS_EMPTY: "empty fields",
    Col.N_UNITS: "units",
    Col.N_CELLS_LACKING: "cells without",
    Col.X_COLUMN: "x",
    Col.Y_COLUMN: "y",
    Col.X_MEDIAN: "median",
    Col.X_MEAN: "mean",
    Col.R_WITHIN: "r within units",
    Col.SPEARMAN: "Spearman’s ρ",
    Col.R_INTERVAL_BY: "intervals by",
    Col.N_CELL_OUTLINES: "cells",
    Col.N_NUCLEUS_OUTLINES: "nuclei",
    Col.N_CELLS_WITHOUT: "cells without a nucleus",
    Col.N_NUCLEI_WITHOUT: "nuclei in no cell",
    Col.N_NUCLEI_SHARED: "nuclei shared",
    Col.N_CELLS_SHARING: "cells that share one",
    Col.N_CELLS_SEVERAL: "cells with several",
    Col.DOUBTFUL_SHARE: "share in doubt",
    Col.OBJECTS_PER_FRAME: "objects in a frame",
    Col.OBJECTS_PER_FRAME_MIN: "fewest objects in a frame",
    Col.OBJECTS_PER_FRAME_MAX: "most objects in a frame",
    Col.N_OBJECTS_FOUND: "objects found",
    Col.TEMPORAL_IOU: "IoU with the frame before",
    Col.AREA_JITTER: "change of area from frame to frame",
    Col.N_FRAMES_SCORED: "frames with a truth",
    Col.N_OBJECTS_TRUE: "true objects",
    Col.N_OBJECTS_SCORED: "objects found in these frames",
    Col.IOU: "IoU",
    Col.PIXEL_F1: "F1 of pixels",
    Col.PIXEL_PRECISION: "precision of pixels",
    Col.PIXEL_RECALL: "recall of pixels",
    Col.SEG: "SEG",
    Col.SD_OF_STEPS: "SD over steps of a cell",
    Col.AP50: "AP at IoU 0.5",
    Col.AP75: "AP at IoU 0.75",
    Col.AP50_95: "AP, mean of IoU 0.5 to 0.95",
    Col.COHENS_D: "Cohen’s d",
    Col.HEDGES_G: "Hedges’ g",
    Col.CLIFFS_DELTA: "Cliff’s δ",
    Col.SD: "SD",
    Col.MAD: "MAD",
    Col.SE: "SE",
    Col.COHENS_D_WITHIN: "d within sessions",
    Col.P_ADJUSTED: "p adjusted",
    Col.INTERVAL_BY: "interval by",
    Col.VAR_SESSION: "variance: sessions",
    Col.VAR_INTERACTION: "variance: effect between sessions",
    Col.VAR_MOVIE: "variance: movies",
    Col.VAR_RESIDUAL: "variance: rest",
    Col.MEAN_LOW: "95 % from",
    Col.MEAN_HIGH: "95 % to",
    Col.COHENS_D_LOW: "d from",
    Col.COHENS_D_HIGH: "d to",
    Col.MEAN_REFERENCE: "mean of reference",
    Col.N_REFERENCE: "n of reference",
    Col.N_CELLS: "cells",
    Col.N_CELLS_SHORT: "too short",
    Col.IN_STATISTICS: "counts",
    Col.EXCLUDED: "left out because",
    Col.FIRST_EXCLUDED: "left out from frame",
    Col.LAST_EXCLUDED: "to frame",
    Col.STANDING_WORDS: "why it does not count",
    Col.WHO: "by",
    Col.WHEN: "when (UTC)",
    Col.N_EVENTS: "events",
    Col.OUTLINE_SCORE: "outline score",
    Col.N_DAUGHTERS: "daughters",
    Col.N_INTERPOLATED: "filled-in frames",
    Col.N_CORRECTED: "corrected frames",
    Col.WORDS: "what",
    Col.N_MOVIES: "movies",
    Col.EXCLUDE: "reason",
    Col.PEAK_MB: "peak memory",
    Col.SECONDS: "time",
} | FRAME_LABELS
"""Short names where the column's own name does not read well."""

_ENDS = {"_low": "from", "_high": "to"}
"""The ends of an interval."""

CLAIMS: dict[str, str] = {
    THESE_SESSIONS: "in these sessions",
    ACROSS_SESSIONS: "across sessions",
}
"""The two claims in words, in the order in which they are told; see `Col.CLAIM`."""


_WHOSE = {CELL_PREFIX: "of cells", NUCLEUS_PREFIX: "of nuclei"}
"""What columns of cells_and_nuclei begin with."""


def label(name: str) -> str:
    """A column's name for people, without its unit, its channel in brackets.

    >>> label("lam_cyto_ratio__VASP"), label("max_distance_um"), label("edge_window_min")
    ('bright ÷ dim ratio (VASP)', 'max distance', 'edge window min')
    >>> label("walk_speed_um_per_min"), label("msd_um2_high")
    ('walk speed S', 'msd to')
    """
    bare, _, channel = name.partition("__")
    text = LABELS.get(bare) or _of_part(bare) or _in_words(bare)
    return f"{text} ({channel})" if channel else text


def _of_part(column: str) -> str:
    """A measure of cells or of nuclei in words; empty of another column."""
    for prefix, whose in _WHOSE.items():
        rest = column.removeprefix(prefix)
        if rest != column and Col.find(rest) is not None:
            return f"{label(rest)} {whose}"
    return ""


def _in_words(column: str) -> str:
    for end, word in _ENDS.items():
        if column.endswith(end) and Col.find(whole := column.removesuffix(end)):
            return f"{label(whole)} {word}"
    # "1/µm" ends a column's name as "per_um", "px/frame" as "px".
    of = unit(column).replace("µ", "u").replace("²", "2").replace("°", "deg")
    written = of.removesuffix("/frame").removeprefix("1/").replace("/", "_per_")
    written = f"per_{written}" if of.startswith("1/") else written
    return column.removesuffix(f"_{written}").replace("_", " ")


def unit(name: str) -> str:
    """A column's unit; empty where it has none or is not in the vocabulary."""
    column = Col.find(name)
    return column.unit if column else ""


def in_brackets(name: str) -> str:
    """A column's unit as it follows its name; empty where it has none.

    >>> in_brackets("area_um2"), in_brackets("persistence")
    (' (µm²)', '')
    """
    return f" ({unit(name)})" if unit(name) else ""


def raised(text: str) -> str:
    """The first letter raised, as a sentence or a heading begins.

    >>> raised("d of the area"), raised("")
    ('D of the area', '')
    """
    return text[:1].upper() + text[1:]


def axis_label(name: str) -> str:
    """Name and unit, as on an axis, first letter raised."""
    return raised(label(name)) + in_brackets(name)


def number(value: Any, digits: int = 3) -> str:
    """A number to so many significant digits, with a true minus sign; text stays as it is.

    >>> number(-1.40056), number(360), number(0.00012), number(float("nan")), number(2.0)
    ('−1.40', '360', '1.2e−4', '–', '2.00')
    """
    if missing(value):
        return NOT_MEASURED
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, int | np.integer):
        text = f"{int(value):,}".replace(",", "\u202f")
    elif isinstance(value, float | np.floating):
        text = _significant(float(value), digits)
    else:
        return plain(value)
    return text.replace("-", "−")


def _significant(value: float, digits: int) -> str:
    if not np.isfinite(value):
        return "∞" if value > 0 else "-∞"
    if value == 0:
        return "0"
    exponent = int(np.floor(np.log10(abs(value))))
    if exponent < -3 or exponent > 6:
        mantissa, _, power = f"{value:.{max(digits - 2, 0)}e}".partition("e")
        return f"{mantissa}e{int(power)}"
    return f"{value:,.{max(digits - 1 - exponent, 0)}f}".replace(",", "\u202f")


def p_value(p: float) -> str:
    """A p value, to two significant digits.

    >>> p_value(0.0312), p_value(0.5), p_value(0.00004), p_value(float("nan"))
    ('0.031', '0.50', '< 0.0001', '–')
    """
    if missing(p):
        return NOT_MEASURED
    return f"{min(p, 1.0):#.2g}" if p >= 0.0001 else "< 0.0001"


def probability(p: float) -> str:
    """The same as part of a sentence.

    >>> probability(0.0312), probability(0.00004), probability(float("nan"))
    ('p = 0.031', 'p < 0.0001', 'p not told')
    """
    if missing(p):
        return "p not told"
    text = p_value(p)
    return f"p {text}" if text.startswith("<") else f"p = {text}"


def decimals(value: float, places: int = 2) -> str:
    """A number to so many decimals, with a true minus sign and no minus zero.

    >>> decimals(-1.40056), decimals(-0.0001), decimals(float("nan"))
    ('−1.40', '0.00', '–')
    """
    if missing(value):
        return NOT_MEASURED
    return f"{value:z,.{places}f}".replace(",", "\u202f").replace("-", "−")


DECIDED = {"accept": "right as it is", "fix": "to correct", "exclude": "left out"}
"""What a person decided about a suspicious event, in words."""


def count(n: int, thing: str, things: str | None = None) -> str:
    """So many of a thing.

    >>> count(1, "movie"), count(3, "movie"), count(2, "series", "series")
    ('1 movie', '3 movies', '2 series')
    """
    return f"{number(n)} {thing if n == 1 else things or thing + 's'}"


def listed(names: list[str], most: int = 12) -> str:
    """Names in a row, the tail of a long list counted.

    >>> listed(["wt", "ko", "ki"]), listed(["a", "b", "c"], most=2)
    ('wt, ko and ki', 'a, b and 1 more')
    """
    if len(names) > most:
        return f"{', '.join(names[:most])} and {len(names) - most} more"
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def shortened(name: str, most: int = 28) -> str:
    """A long name shortened in its middle: both of its ends tell movies apart.

    >>> shortened("experiment__2024__position_07", most=12)
    'exper…ion_07'
    """
    return name if len(name) <= most else f"{name[: most // 2 - 1]}…{name[-(most // 2) :]}"
