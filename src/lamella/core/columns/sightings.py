"""Where every cell was seen, how large, and whether that can be trusted."""

from __future__ import annotations

from lamella.core.columns.column import Column as _


class SightingColumns:
    """See `lamella.Col`."""

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
    TOUCHES_NEIGHBOUR = _(
        "touches_neighbour", "", "True where a pixel of another object lies against the cell."
    )
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

    # Movement over a window, per frame
    WINDOW_FRAMES = _(
        "window_frames", "frames", "Steps that window_movement is taken over: the setting window."
    )
    WINDOW_MOVEMENT_PX = _(
        "window_movement_px",
        "px",
        "Movement of the centroid since window_frames before, drift taken off; NaN unless all "
        "steps are valid.",
    )
    WINDOW_MOVEMENT_UM = _("window_movement_um", "µm", "The same in µm.")
    WINDOW_MOVEMENT_DY_UM = _("window_movement_dy_um", "µm", "Its part along the rows.")
    WINDOW_MOVEMENT_DX_UM = _("window_movement_dx_um", "µm", "Its part along the columns.")
    WINDOW_MOVEMENT_ANGLE = _(
        "window_movement_deg",
        "°",
        "Its direction, from +x growing towards +y, −180 to 180; NaN where it is shorter than "
        "min_movement_px.",
    )

    # Per cell
    N_FRAMES = _(
        "n_frames", "", "Frames from the cell's first to its last; in scores.csv, of the movie."
    )
    N_EMPTY_FRAMES = _(
        "n_empty_frames",
        "",
        "Of these, frames in which it was not found, nor filled in; in scores.csv, frames without "
        "any object.",
    )
    N_VALID_FRAMES = _("n_valid_frames", "", "Frames with a trusted area.")
    N_VALID_PAIRS = _("n_valid_pairs", "", "Steps from a frame to the next that can be trusted.")
    N_SIZE_BREAKS = _(
        "n_size_breaks", "", "Steps left out because the area changed too much (max_area_change)."
    )
    EMPTY_RATE = _("empty_rate", "", "Empty frames over frames.")
    N_BORDER = _("n_border_frames", "", "Frames in which the cell touches the field's edge.")
    N_NEIGHBOUR = _("n_neighbour_frames", "", "Frames in which another object lies against it.")
