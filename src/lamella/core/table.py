"""Tables and their vocabulary: every column of every table, with its unit and its meaning.

A column is named once, here, as a constant of `Col`; code writes ``table[Col.AREA_PX]``, and the
data dictionary of the documentation and of the report is read from this file.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Self

import pandas as pd


class Column(str):
    """A column's name, which also knows its unit and its meaning."""

    unit: str
    meaning: str

    def __new__(cls, name: str, unit: str, meaning: str) -> Self:
        column = super().__new__(cls, name)
        column.unit, column.meaning = unit, meaning
        return column

    def __reduce__(self) -> tuple[type[Column], tuple[str, str, str]]:
        return Column, (str(self), self.unit, self.meaning)

    def of(self, channel: str | None) -> Column:
        """The column of one channel; the bare name when only one channel is measured (None)."""
        if channel is None:
            return self
        return Column(f"{self}__{channel}", self.unit, f"{self.meaning} Channel {channel}.")


_ = Column


class Col:
    """Names of columns. Coordinates are (y, x) at pixel centres, the top-left one at (0, 0)."""

    # Keys
    MOVIE = _("movie", "", "Name of the movie, unique in the study.")
    OBJECT = _("object", "", "Set of objects, such as cell or nucleus.")
    CELL = _("cell", "", "Track id of the cell, from 1.")
    FRAME = _("frame", "", "Frame number, from 0.")
    LABEL = _("label", "", "Number of the object in its frame before tracking.")
    CONDITION = _("condition", "", "Experimental condition of the movie.")
    SESSION = _("session", "", "Imaging session (batch, day) of the movie.")
    UNIT = _("unit", "", "Experimental unit that statistics count; the movie by default.")
    PATH = _("path", "", "File, folder of frames or {channel} pattern, relative to the study.")
    INCLUDED = _(
        "included", "", "True where the results of the movie are up to date and in these tables."
    )
    EXCLUDE = _("exclude", "", "Reason to leave the movie out; empty = used.")

    # Tracks and lineage
    FIRST_FRAME = _("first_frame", "", "First frame of the cell's life.")
    LAST_FRAME = _("last_frame", "", "Last frame of the cell's life.")
    PARENT = _("parent", "", "Cell that it came from by division; 0 = none is known.")
    GENERATION = _(
        "generation", "", "Divisions since the first ancestor in the movie; 0 = that one."
    )
    INTERPOLATED = _(
        "interpolated",
        "",
        "True where the shape was filled in between the frames around; never measured as valid.",
    )

    # Many cells in a movie
    N_DAUGHTERS = _("n_daughters", "", "Cells that came from it; 2 after a division.")
    N_INTERPOLATED = _(
        "n_interpolated_frames", "", "Frames whose shape was filled in; no measure counts them."
    )
    IN_STATISTICS = _(
        "in_statistics",
        "",
        "False where the cell has too few valid steps (min_steps) to count in its movie's mean.",
    )
    N_CELLS_SHORT = _(
        "n_cells_short",
        "",
        "Cells of the condition left out: fewer valid steps than min_steps, while others of "
        "their movie have as many.",
    )
    N_CELLS_SHORT_REFERENCE = _(
        "n_cells_short_reference", "", "Cells of the reference left out as too short (min_steps)."
    )

    # Quality of tracks: one row per event that a person should look at
    KIND = _(
        "kind",
        "",
        "events.csv: what is suspicious (jump, swap, size_break, gap …); matches: what became of "
        "the object (matched, missed, spurious, merged or split).",
    )
    OTHER = _("other", "", "The other cell that takes part; 0 = none.")
    VALUE = _("value", "", "What was found, in the unit that the kind has.")
    LIMIT = _("limit", "", "What the value was held against, in the same unit.")
    SEVERITY = _("severity", "", "From 0 to 1; the event to look at first has the highest.")
    WORDS = _("words", "", "The event in a sentence.")
    INTENSITY = _("intensity", "grey", "Mean intensity of the object, in links of tracks.")
    LOOSE_FRACTION = _(
        "loose_fraction", "", "Share of the object's pixels that its largest piece does not have."
    )

    # Drift of all cells
    MEAN_DY_PX = _("mean_dy_px", "px/frame", "Mean step of the cells along the rows.")
    MEAN_DX_PX = _("mean_dx_px", "px/frame", "Mean step of the cells along the columns.")
    SE_DY_PX = _("se_dy_px", "px/frame", "Standard error of that mean, rows.")
    SE_DX_PX = _("se_dx_px", "px/frame", "Standard error of that mean, columns.")
    STEP_P = _(
        "step_p", "", "p of this step's mean against 0 (Hotelling), not adjusted for many steps."
    )

    # Per frame
    TIME_MIN = _("time_min", "min", "Time of the frame, frame 0 at 0; NaN where not known.")
    Y_PX = _("y_px", "px", "Row of the centroid of the cell's pixels.")
    X_PX = _("x_px", "px", "Column of the centroid of the cell's pixels.")
    Y_UM = _("y_um", "µm", "Row of the centroid in µm, drift taken off.")
    X_UM = _("x_um", "µm", "Column of the centroid in µm, drift taken off.")
    DRIFT_Y_PX = _(
        "drift_y_px", "px", "Rows by which the field, where the cell is, had moved since frame 0."
    )
    DRIFT_X_PX = _(
        "drift_x_px",
        "px",
        "Columns by which the field, where the cell is, had moved since frame 0.",
    )
    DRIFT_SUPPORT = _(
        "drift_support", "", "Share of the field in which still structure agrees on the drift."
    )
    DRIFT_ESTIMABLE = _(
        "drift_estimable", "", "False where nothing still was found; the drift of the last is kept."
    )
    AREA_PX = _("area_px", "px²", "Number of pixels of the cell.")
    AREA_UM2 = _("area_um2", "µm²", "Area: per frame, or its mean over valid frames per cell.")
    EMPTY = _("empty", "", "True where the cell was not found in this frame, nor filled in.")
    TOUCHES_BORDER = _("touches_border", "", "True where the cell touches the edge of the field.")
    VALID = _("valid", "", "True where the area is large enough to be trusted (min_area_fraction).")
    IOU_PREVIOUS = _(
        "iou_previous", "", "Intersection over union with the same cell in the frame before."
    )
    PAIR_VALID = _(
        "pair_valid",
        "",
        "True where this frame and the one before are valid, overlap (min_iou), and are of like "
        "area (max_area_change).",
    )
    SIZE_BREAK = _(
        "size_break",
        "",
        "True where the step is not valid for the area alone, which changed too much at once.",
    )
    STEP_UM = _(
        "step_um", "µm", "Distance of the centroid from the frame before, valid pairs only."
    )
    STEP_PX = _(
        "step_px", "px", "Distance of the centroid from the frame before, valid pairs only."
    )
    SPEED = _("speed_um_per_min", "µm/min", "Step divided by the time it took, valid pairs only.")
    LAM_THRESHOLD = _(
        "lam_threshold", "grey", "Intensity that splits the cell's pixels (the set percentile)."
    )
    LAM_MEAN = _("lam_mean", "grey", "Mean intensity of the bright part, lamellipodium.")
    CYTO_MEAN = _("cyto_mean", "grey", "Mean intensity of the dim part, cytoplasm.")
    LAM_CYTO_RATIO = _(
        "lam_cyto_ratio",
        "",
        "Bright mean over dim mean (published measure); above 1 even for a uniform cell.",
    )
    LAM_CYTO_RATIO_NOISE = _(
        "lam_cyto_ratio_noise",
        "",
        "The ratio that pixel noise alone would give in a uniform cell of this brightness.",
    )
    LAM_Y_PX = _("lam_y_px", "px", "Row of the centroid of the bright part.")
    LAM_X_PX = _("lam_x_px", "px", "Column of the centroid of the bright part.")
    CYTO_Y_PX = _("cyto_y_px", "px", "Row of the centroid of the dim part.")
    CYTO_X_PX = _("cyto_x_px", "px", "Column of the centroid of the dim part.")
    BAND_RATIO = _(
        "lam_band_ratio",
        "",
        "Mean of the bright pixels near the edge (band_um) over the mean of all other pixels.",
    )
    BAND_FRACTION = _(
        "lam_band_fraction", "", "Share of the cell's pixels that are bright and near the edge."
    )
    LAYER_BODY_MEAN = _("layer_body_mean", "grey", "Mean of the dimmest of three Otsu layers.")
    LAYER_TRANSITION_MEAN = _("layer_transition_mean", "grey", "Mean of the middle Otsu layer.")
    LAYER_LAM_MEAN = _("layer_lam_mean", "grey", "Mean of the brightest of three Otsu layers.")
    LAYER_BODY_FRACTION = _("layer_body_fraction", "", "Share of pixels in the dimmest layer.")
    LAYER_LAM_FRACTION = _("layer_lam_fraction", "", "Share of pixels in the brightest layer.")
    LAYER_RATIO = _(
        "layer_ratio", "", "Mean of the brightest Otsu layer over the mean of the dimmest."
    )
    BACKGROUND = _("background", "grey", "Level subtracted before intensities were measured.")
    NOISE_SD = _("noise_sd", "grey", "SD of the pixel noise inside the cell, estimated.")
    SATURATED_FRACTION = _(
        "saturated_fraction", "", "Share of the cell's pixels at the highest value of the type."
    )

    # Per cell
    N_FRAMES = _("n_frames", "", "Frames from the cell's first to its last.")
    N_EMPTY_FRAMES = _(
        "n_empty_frames", "", "Of these, frames in which it was not found, nor filled in."
    )
    N_VALID_FRAMES = _("n_valid_frames", "", "Frames with a trusted area.")
    N_VALID_PAIRS = _("n_valid_pairs", "", "Steps that entered speed and path.")
    N_SIZE_BREAKS = _(
        "n_size_breaks", "", "Steps left out because the area changed too much (max_area_change)."
    )
    EMPTY_RATE = _("empty_rate", "", "Empty frames over frames.")
    MEAN_SPEED = _("mean_speed_um_per_min", "µm/min", "Mean speed over valid pairs.")
    MEDIAN_SPEED = _("median_speed_um_per_min", "µm/min", "Median speed over valid pairs.")
    MAX_SPEED = _("max_speed_um_per_min", "µm/min", "Largest speed over valid pairs.")
    SD_SPEED = _("sd_speed_um_per_min", "µm/min", "SD (n−1) of speed over valid pairs.")
    MEAN_STEP_UM = _("mean_step_um", "µm/frame", "Mean step over valid pairs: speed per frame.")
    MEAN_STEP_PX = _("mean_step_px", "px/frame", "Mean step over valid pairs, in pixels.")
    PATH_UM = _("path_um", "µm", "Sum of the steps of valid pairs.")
    NET_UM = _("net_displacement_um", "µm", "Distance from the first to the last valid frame.")
    PERSISTENCE = _(
        "persistence",
        "",
        "Published definition: net displacement over path, at most 1; falls with movie length. "
        "The path skips rejected steps, the net displacement spans them: gaps can make it 1.",
    )
    STRAIGHTNESS_RUNS = _(
        "straightness_runs",
        "",
        "Σ net over Σ path of the contiguous runs of valid pairs: gaps bridge nothing.",
    )
    LAM_CYTO_RATIO_SD = _("lam_cyto_ratio_sd", "", "SD (n−1) of the ratio over frames.")
    N_UNDEFINED_RATIO = _(
        "n_undefined_ratio_frames",
        "",
        "Frames without a ratio: fewer than 2 pixels, a dim half whose mean is not positive, or "
        "no background to subtract.",
    )
    N_SATURATED = _("n_saturated_frames", "", "Frames in which the cell has saturated pixels.")
    N_BORDER = _("n_border_frames", "", "Frames in which the cell touches the field's edge.")

    # status.csv
    STAGE = _("stage", "", "Part of the pipeline.")
    STATE = _("state", "", "done, cached, failed or skipped.")
    SECONDS = _("seconds", "s", "Wall time of the stage.")
    PEAK_MB = _("peak_mb", "MB", "Peak memory of the worker up to the end of the stage.")
    MESSAGE = _("message", "", "What went wrong, or what to know.")

    # conditions.csv and effects.csv
    MEASURE = _("measure", "", "Column of cells.csv that is compared.")
    CLAIM = _("claim", "", "these_sessions: holds for the sessions studied, no further.")
    REFERENCE = _("reference", "", "Condition compared against.")
    N = _("n", "", "Units of the condition.")
    N_CELLS = _("n_cells", "", "Cells of the condition.")
    N_MOVIES = _("n_movies", "", "Movies of the condition.")
    N_REFERENCE = _("n_reference", "", "Units of the reference.")
    MEAN = _("mean", "of the measure", "Mean over units.")
    SD = _("sd", "of the measure", "SD (n−1) over units.")
    MEDIAN = _("median", "of the measure", "Median over units.")
    MEAN_LOW = _("mean_low", "of the measure", "Lower end of the 95 % t interval of the mean.")
    MEAN_HIGH = _("mean_high", "of the measure", "Upper end of the 95 % t interval of the mean.")
    MEAN_REFERENCE = _("mean_reference", "of the measure", "Mean over the reference's units.")
    DIFFERENCE = _("difference", "of the measure", "Mean minus mean of the reference.")
    COHENS_D = _(
        "cohens_d", "", "Difference over the pooled SD (n−1) of the two conditions' units."
    )
    COHENS_D_LOW = _("cohens_d_low", "", "Lower end of the 95 % interval (noncentral t).")
    COHENS_D_HIGH = _("cohens_d_high", "", "Upper end of the 95 % interval (noncentral t).")
    HEDGES_G = _("hedges_g", "", "Cohen's d corrected for small samples.")
    CLIFFS_DELTA = _(
        "cliffs_delta", "", "P(unit > reference unit) − P(unit < reference unit), ties count 0."
    )
    N_CELLS_MISSING = _("n_cells_missing", "", "Cells of the condition without a value.")
    N_CELLS_MISSING_REFERENCE = _(
        "n_cells_missing_reference", "", "Cells of the reference without a value."
    )
    N_CELLS_LEFT_OUT = _(
        "n_cells_left_out", "", "Rows of the table left out, without a condition or a unit."
    )

    # Areas of imported outlines
    AREA_UM2_WHOLE_NODES = _(
        "area_um2_whole_nodes", "µm²", "Area of an outline whose nodes are cut to whole pixels."
    )
    AREA_UM2_STATED = _("area_um2_stated", "µm²", "Area that the imported file states.")
    CROSSES_ITSELF = _("crosses_itself", "", "True where the imported outline crosses itself.")

    # comparison_per_frame.csv and comparison_summary.csv
    N_BOTH_EMPTY = _("n_both_empty", "", "Frames in which neither folder has a mask.")
    N_ONLY_A_EMPTY = _("n_only_a_empty", "", "Frames in which only the second folder has a mask.")
    N_ONLY_B_EMPTY = _("n_only_b_empty", "", "Frames in which only the first folder has a mask.")
    NAME = _("name", "", "File compared.")
    IOU = _("iou", "", "Intersection over union.")
    DICE = _("dice", "", "2 · intersection over the sum of the areas.")
    CENTROID_DISTANCE_PX = _("centroid_distance_px", "px", "Distance of the centroids.")
    AREA_A_PX = _("area_a_px", "px²", "Area in the first folder.")
    AREA_B_PX = _("area_b_px", "px²", "Area in the second folder.")
    AREA_DIFFERENCE_PX = _("area_difference_px", "px²", "Second area minus first.")
    AREA_RATIO = _("area_ratio", "", "Second area over first.")
    BOUNDARY_IOU = _("boundary_iou", "", "IoU of the inner boundaries (1 px, 8-connected).")
    HD95_PX = _(
        "hd95_px", "px", "Larger of the two directed 95th percentiles of boundary distance."
    )

    # matches.csv and switches.csv of evaluate
    REFERENCE_LABEL = _("reference_label", "", "Number of the reference's object; 0 = none.")
    RESULT_LABEL = _("result_label", "", "Number of the result's object; 0 = none.")
    REFERENCE_AREA_PX = _("reference_area_px", "px²", "Pixels of the reference's object.")
    RESULT_AREA_PX = _("result_area_px", "px²", "Pixels of the result's object.")
    PREVIOUS_FRAME = _("previous_frame", "", "Frame in which the cell was seen before.")
    RESULT_BEFORE = _("result_before", "", "Cell of the result that it was, in that frame.")
    RESULT_AFTER = _("result_after", "", "Cell of the result that it became.")

    # comparison_objects.csv
    LABEL_A = _("label_a", "", "Number of the first file's object; 0 = none.")
    LABEL_B = _("label_b", "", "Number of the second file's object; 0 = none.")

    @classmethod
    def all(cls) -> list[Column]:
        """Every column, in the order of this file."""
        return [value for value in vars(cls).values() if isinstance(value, Column)]

    @classmethod
    def describe(cls, name: str) -> Column:
        """The column called `name`, channel suffix understood.

        Raises
        ------
        KeyError
            When no column has this name.
        """
        bare, _, channel = name.partition("__")
        for column in cls.all():
            if column == bare:
                return column.of(channel or None)
        raise KeyError(name)


KEY_MEASURES: tuple[Column, ...] = (
    Col.PERSISTENCE,
    Col.STRAIGHTNESS_RUNS,
    Col.AREA_UM2,
    Col.LAM_CYTO_RATIO,
    Col.BAND_RATIO,
    Col.LAYER_RATIO,
)
"""What a study is about besides speed: compared by the statistics, shown by the report."""


def dictionary(tables: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Name, unit and meaning of every column of these tables that has one."""
    names = dict.fromkeys(str(name) for table in tables for name in table.columns)
    rows = []
    for name in names:
        try:
            column = Col.describe(name)
        except KeyError:  # a column of the user's
            continue
        rows.append({"column": name, "unit": column.unit, "meaning": column.meaning})
    return pd.DataFrame(rows, columns=["column", "unit", "meaning"])


def in_order(table: pd.DataFrame, first: Sequence[str]) -> pd.DataFrame:
    """The table with the columns of `first` in front, as far as it has them."""
    front = [name for name in first if name in table.columns]
    return table[[*front, *(name for name in table.columns if name not in front)]]


def stacked(tables: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Tables one below the other, columns united in order of appearance; empty ones are ignored."""
    filled = [table for table in tables if len(table)]
    return pd.concat(filled, ignore_index=True) if filled else pd.DataFrame()
