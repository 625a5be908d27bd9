"""What the edge of a cell does."""

from __future__ import annotations

from lamella.core.columns.column import Column as _


class EdgeColumns:
    """See `lamella.Col`."""

    # Per frame; what moved belongs to the step from the frame before
    EDGE_PERIMETER_PX = _("edge_perimeter_px", "px", "Length of the smoothed outline.")
    EDGE_PERIMETER_UM = _("edge_perimeter_um", "µm", "Length of the smoothed outline.")
    EDGE_FOLLOWED = _(
        "edge_followed_fraction",
        "",
        "Share of the cell's pixels in the piece whose edge is followed, the largest.",
    )
    EDGE_RUN = _(
        "edge_run",
        "",
        "Run of frames joined by valid steps, from 1, in which positions on the edge are followed.",
    )
    EDGE_CONTACT_FRACTION = _(
        "edge_contact_fraction",
        "",
        "Share of the edge on the field's border or against another object; left out of what the "
        "edge does.",
    )
    EDGE_PROTRUDING = _(
        "edge_protruding_fraction", "", "Share of the free edge that moves out by over still_px."
    )
    EDGE_RETRACTING = _(
        "edge_retracting_fraction", "", "Share of the free edge that moves in by over still_px."
    )
    EDGE_OUT_STEP_PX = _(
        "edge_protrusion_step_px", "px/frame", "Mean movement of the edge that protrudes."
    )
    EDGE_IN_STEP_PX = _(
        "edge_retraction_step_px",
        "px/frame",
        "Mean movement of the edge that retracts, as a positive number.",
    )
    EDGE_OUT_SPEED = _(
        "edge_protrusion_speed_um_per_min", "µm/min", "Mean speed of the edge that protrudes."
    )
    EDGE_IN_SPEED = _(
        "edge_retraction_speed_um_per_min",
        "µm/min",
        "Mean speed of the edge that retracts, as a positive number.",
    )
    EDGE_GAINED_PX2 = _(
        "edge_gained_px2", "px²/frame", "Area that the free edge swept outwards, still or not."
    )
    EDGE_LOST_PX2 = _(
        "edge_lost_px2", "px²/frame", "Area that the free edge swept inwards, still or not."
    )
    EDGE_GAINED = _(
        "edge_gained_um2_per_min", "µm²/min", "Area gained along the free edge per minute."
    )
    EDGE_LOST = _("edge_lost_um2_per_min", "µm²/min", "Area lost along the free edge per minute.")
    EDGE_CURVATURE_MEAN = _(
        "edge_curvature_mean_per_um", "1/µm", "Mean curvature of the free edge, convex positive."
    )
    EDGE_CURVATURE_MAX = _(
        "edge_curvature_max_per_um", "1/µm", "Largest curvature of a free position: most convex."
    )
    EDGE_CURVATURE_MIN = _(
        "edge_curvature_min_per_um", "1/µm", "Smallest curvature of a free position: most concave."
    )

    # edge: a row per cell, frame and position
    EDGE_POSITION = _(
        "edge_position",
        "",
        "Number of the place on the outline, clockwise on the screen from 0: a point that lies to "
        "the right in the run's first frame, and is followed.",
    )
    EDGE_Y_PX = _("edge_y_px", "px", "Row of the position.")
    EDGE_X_PX = _("edge_x_px", "px", "Column of the position.")
    EDGE_STEP_PX = _(
        "edge_step_px", "px/frame", "Normal movement since the frame before, outwards positive."
    )
    EDGE_VELOCITY = _(
        "edge_velocity_um_per_min", "µm/min", "Normal velocity of the edge, outwards positive."
    )
    EDGE_SWEPT_PX2 = _(
        "edge_swept_px2",
        "px²/frame",
        "Area that the position swept since the frame before; all positions add up to the change "
        "of area.",
    )
    EDGE_CURVATURE_PX = _(
        "edge_curvature_per_px", "1/px", "Mean curvature of the position, convex positive."
    )
    EDGE_CURVATURE = _(
        "edge_curvature_per_um", "1/µm", "Mean curvature of the position, convex positive."
    )
    EDGE_CONTACT = _(
        "edge_contact",
        "",
        "1 where the position lies on the field's border, 2 against another object, in this frame "
        "or where it came from in the same run; 0 where the edge is free.",
    )
    EDGE_BAND_PX = _("edge_band_px", "px²", "Pixels of the band whose nearest edge this is.")
    EDGE_BAND_MEAN = _(
        "edge_band_mean", "grey", "Mean intensity of these pixels (band_um), background taken off."
    )

    # edge_windows: a row per cell, frame, band and window
    EDGE_BAND = _("edge_band", "", "Band, from 0 at the edge.")
    EDGE_FROM_UM = _("edge_from_um", "µm", "Distance from the edge at which the band begins.")
    EDGE_TO_UM = _("edge_to_um", "µm", "Distance from the edge at which the band ends.")
    EDGE_WINDOW = _("edge_window", "", "Window, from 0 at the followed origin, clockwise.")
    EDGE_FIRST_POSITION = _("edge_first_position", "", "First position of the window.")
    EDGE_N_POSITIONS = _("edge_n_positions", "", "Positions in the window.")
    EDGE_WINDOW_PX = _("edge_window_px", "px²", "Pixels in the window.")
    EDGE_WINDOW_MEAN = _("edge_window_mean", "grey", "Mean intensity in the window.")
    EDGE_WINDOW_SD = _("edge_window_sd", "grey", "SD (n−1) of the intensity in the window.")
    EDGE_WINDOW_MIN = _("edge_window_min", "grey", "Smallest intensity in the window.")
    EDGE_WINDOW_MEDIAN = _("edge_window_median", "grey", "Median intensity in the window.")
    EDGE_WINDOW_MAX = _("edge_window_max", "grey", "Largest intensity in the window.")
    EDGE_STEP_MEAN = _(
        "edge_step_mean_px", "px/frame", "Mean movement of the window's free positions."
    )
    EDGE_STEP_SD = _("edge_step_sd_px", "px/frame", "SD (n−1) of their movement.")
    EDGE_STEP_MIN = _("edge_step_min_px", "px/frame", "Least of their movements.")
    EDGE_STEP_MEDIAN = _("edge_step_median_px", "px/frame", "Median of their movements.")
    EDGE_STEP_MAX = _("edge_step_max_px", "px/frame", "Largest of their movements.")
    EDGE_WINDOW_VELOCITY = _(
        "edge_window_velocity_um_per_min", "µm/min", "Mean velocity of the window's free positions."
    )

    # edge_events: a row per protrusion or retraction
    EDGE_EVENT = _("edge_event", "", "Number of the event of the cell, from 1.")
    EDGE_MOTION = _("edge_motion", "", "protrusion or retraction.")
    EDGE_START_FRAME = _(
        "edge_start_frame", "", "Frame into which the event's first step leads; it began before."
    )
    EDGE_END_FRAME = _("edge_end_frame", "", "Frame into which its last step leads.")
    EDGE_START_MIN = _("edge_start_min", "min", "Time at which its first step begins.")
    EDGE_END_MIN = _("edge_end_min", "min", "Time at which its last step ends.")
    EDGE_STEPS = _("edge_steps", "", "Steps that it lasts.")
    EDGE_EXTENT_UM = _(
        "edge_extent_um", "µm", "Edge that took part at one time or another, at its mean length."
    )
    EDGE_MAX_STEP_PX = _("edge_max_step_px", "px/frame", "Largest movement, as a positive number.")
    EDGE_MAX_SPEED = _("edge_max_speed_um_per_min", "µm/min", "Largest speed in the event.")
    EDGE_SWEPT_UM2 = _("edge_swept_um2", "µm²", "Area that it gained or lost, signed.")
    EDGE_CENSORED_START = _(
        "edge_censored_start", "", "True where it was under way when the run began."
    )
    EDGE_CENSORED_END = _("edge_censored_end", "", "True where it was under way at the run's end.")
    EDGE_BESIDE_CONTACT = _(
        "edge_beside_contact", "", "True where it borders on edge that is not free: it may go on."
    )

    # edge_lags: a row per cell, channel and lag
    EDGE_CHANNEL = _("edge_channel", "", "Channel whose intensity is held against the movement.")
    EDGE_LAG_FRAMES = _(
        "edge_lag_frames", "frames", "Frames by which the intensity comes after the movement."
    )
    EDGE_LAG_MIN = _("edge_lag_min", "min", "The same in minutes.")
    EDGE_CORRELATION = _(
        "edge_correlation", "", "Correlation over time at each position, mean over positions."
    )
    EDGE_CORRELATION_LOW = _("edge_correlation_low", "", "Lower end of its 95 % interval.")
    EDGE_CORRELATION_HIGH = _("edge_correlation_high", "", "Upper end of its 95 % interval.")
    EDGE_INDEPENDENT = _(
        "edge_independent_positions",
        "",
        "Independent positions that those that entered are worth, since neighbours are alike.",
    )
    EDGE_N_PAIRS = _("edge_n_pairs", "", "Pairs of values, over all positions.")

    # Per cell
    N_EDGE_STEPS = _("n_edge_steps", "", "Valid steps over which the movement of the edge is told.")
    N_EDGE_RUNS = _("n_edge_runs", "", "Runs of frames, after each of which positions start anew.")
    N_PROTRUSIONS = _("n_edge_protrusions", "", "Protrusion events, censored ones among them.")
    N_RETRACTIONS = _("n_edge_retractions", "", "Retraction events, censored ones among them.")
    EDGE_BEST_LAG_FRAMES = _(
        "edge_best_lag_frames",
        "frames",
        "Lag of the largest correlation of intensity with movement; above 0: intensity follows.",
    )
    EDGE_BEST_LAG_MIN = _("edge_best_lag_min", "min", "The same in minutes.")
    EDGE_BEST_CORRELATION = _("edge_best_correlation", "", "The correlation at that lag.")
    EDGE_BEST_CORRELATION_LOW = _(
        "edge_best_correlation_low", "", "Lower end of its 95 % interval, of this lag alone."
    )
