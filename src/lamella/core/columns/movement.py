"""How a cell moves.

*Trusted* steps are those of valid pairs of frames (``pair_valid``); a *run* is a sequence of
trusted steps one after the other. Angles are in degrees in the plane of the image: 0° points along
+x (right), 90° along +y (down the rows).
"""

from __future__ import annotations

from lamella.core.columns.column import Column as _


class MovementColumns:
    """See `lamella.Col`."""

    # Per frame
    STEP_UM = _(
        "step_um", "µm", "Distance of the centroid from the frame before, valid pairs only."
    )
    STEP_PX = _(
        "step_px", "px", "Distance of the centroid from the frame before, valid pairs only."
    )
    STEP_DY_UM = _("step_dy_um", "µm", "The step along the rows, down positive; valid pairs only.")
    STEP_DX_UM = _("step_dx_um", "µm", "The step along the columns; valid pairs only.")
    SPEED = _("speed_um_per_min", "µm/min", "Step divided by the time it took, valid pairs only.")
    HEADING = _(
        "heading_deg", "°", "Direction of the step, −180 to 180; NaN for a step of length 0."
    )
    TURNING_ANGLE = _(
        "turning_angle_deg",
        "°",
        "Angle in this frame between the step that ends and the step that begins here, 0 to 180; "
        "NaN unless both are trusted and have a length.",
    )
    TURNING_ANGLE_SIGNED = _(
        "turning_angle_signed_deg",
        "°",
        "The same with its sign: positive from +x to +y, clockwise as the image is seen.",
    )
    DIRECTIONAL_CHANGE_RATE = _(
        "directional_change_rate_deg_per_min",
        "°/min",
        "Turning angle over the time from the middle of the one step to the middle of the other.",
    )
    STEPS_IN_RUN = _(
        "steps_in_run",
        "",
        "Trusted steps one after the other up to this frame; 0 where a run begins, NaN where the "
        "frame is not valid.",
    )
    DIRECTIONALITY_RATIO = _(
        "directionality_ratio",
        "",
        "Distance from where the run of trusted steps began over the path since then (DiPer's "
        "d/D); begins anew after a gap or a rejected step; falls with time, see steps_in_run.",
    )
    WINDOW_TURN = _(
        "window_turn_deg",
        "°",
        "Angle in this frame between the movement of the window_frames before and of those "
        "after, 0 to 180; NaN unless all their steps are trusted.",
    )
    TURNING_EVENT = _(
        "turning_event",
        "",
        "True where window_turn_deg is above turn_deg and highest among the frames nearer than "
        "window_frames (of equal ones where the cell moved most); never where it is NaN.",
    )
    ANGLE_TO_DIRECTION = _(
        "angle_to_direction_deg", "°", "Angle of the step to the direction `towards`, 0 to 180."
    )
    ANGLE_TO_POINT = _(
        "angle_to_point_deg",
        "°",
        "Angle of the step to the way from its start to the point `point_um`, 0 to 180.",
    )

    # Per cell: what was seen
    START_MIN = _("start_min", "min", "Time of the first valid frame.")
    STOP_MIN = _("stop_min", "min", "Time of the last valid frame.")
    DURATION_MIN = _(
        "duration_min", "min", "From the first to the last valid frame, gaps included."
    )
    N_GAPS = _("n_gaps", "", "Times that the cell was lost (or its shape filled in) and came back.")
    LONGEST_GAP = _("longest_gap_frames", "", "Most frames in a row in which it was lost.")
    N_REJECTED_STEPS = _(
        "n_rejected_steps",
        "",
        "Steps of its life that are not trusted, those of gaps among them: n_frames − 1 less "
        "n_valid_pairs.",
    )
    N_RUNS = _("n_runs", "", "Runs of trusted steps one after the other.")
    LONGEST_RUN = _("longest_run_steps", "", "Steps of the longest run.")
    N_SPLITS = _("n_splits", "", "1 where the cell ends by dividing into two or more, else 0.")
    N_MERGES = _("n_merges", "", "1 where the cell came from two or more that merged, else 0.")

    # Per cell: speed
    MEAN_SPEED = _(
        "mean_speed_um_per_min", "µm/min", "Mean speed over valid pairs of frames (`pair_valid`)."
    )
    MEDIAN_SPEED = _(
        "median_speed_um_per_min", "µm/min", "Median speed over valid pairs of frames."
    )
    MAX_SPEED = _("max_speed_um_per_min", "µm/min", "Largest speed over valid pairs of frames.")
    MIN_SPEED = _("min_speed_um_per_min", "µm/min", "Smallest speed over valid pairs of frames.")
    SD_SPEED = _("sd_speed_um_per_min", "µm/min", "SD (n−1) of speed over valid pairs of frames.")
    MEAN_STEP_UM = _(
        "mean_step_um", "µm/frame", "Mean step over valid pairs of frames: speed per frame."
    )
    MEAN_STEP_PX = _("mean_step_px", "px/frame", "Mean step over valid pairs of frames, in pixels.")
    MEAN_STRAIGHT_LINE_SPEED = _(
        "mean_straight_line_speed_um_per_min",
        "µm/min",
        "Net displacement over duration; both span gaps and rejected steps.",
    )
    LINEARITY = _(
        "linearity_of_forward_progression",
        "",
        "Mean straight-line speed over mean speed. The former spans rejected steps, the latter "
        "leaves them out: a jump that was rejected can lift it above 1.",
    )

    # Per cell: lengths
    PATH_UM = _("path_um", "µm", "Sum of the steps of valid pairs of frames.")
    PATH_BRIDGED_UM = _(
        "path_bridged_um",
        "µm",
        "Path through all valid frames, straight over gaps and rejected steps.",
    )
    NET_UM = _("net_displacement_um", "µm", "Distance from the first to the last valid frame.")
    NET_RUNS_UM = _(
        "net_displacement_runs_um",
        "µm",
        "Sum over runs of the distance from the first to the last place: gaps bridge nothing.",
    )
    NET_HEADING = _(
        "net_heading_deg", "°", "Direction from the first to the last valid frame, −180 to 180."
    )
    MAX_DISTANCE_UM = _(
        "max_distance_um", "µm", "Largest distance of a valid frame from the first valid frame."
    )
    HULL_AREA_UM2 = _(
        "hull_area_um2", "µm²", "Area of the convex hull of the places in all valid frames."
    )

    # Per cell: straightness
    PERSISTENCE = _(
        "persistence",
        "",
        "Published definition: net displacement over path, at most 1; falls with movie length. "
        "The path skips rejected steps, the net displacement spans them: gaps can make it 1.",
    )
    CONFINEMENT_RATIO = _(
        "confinement_ratio",
        "",
        "Net displacement over path_bridged_um, both spanning gaps and rejected steps (TrackMate); "
        "falls with movie length.",
    )
    STRAIGHTNESS_RUNS = _(
        "straightness_runs",
        "",
        "Σ net over Σ path of the contiguous runs of valid pairs: gaps bridge nothing.",
    )
    TORTUOSITY = _("tortuosity", "", "Σ path over Σ net of the runs: 1 over straightness_runs.")
    OUTREACH_RATIO = _(
        "outreach_ratio",
        "",
        "Σ over runs of the largest distance from the run's start, over Σ path of the runs.",
    )
    DISPLACEMENT_RATIO = _(
        "displacement_ratio",
        "",
        "Σ net of the runs over Σ of the largest distance from the run's start.",
    )
    DIRECTIONALITY_RATIO_LAST = _(
        "directionality_ratio_last",
        "",
        "directionality_ratio at the last point of the longest run (longest_run_steps).",
    )
    STRAIGHTNESS_FIXED = _(
        "straightness_fixed",
        "",
        "Mean of net over path over all windows of straightness_window_frames trusted steps: does "
        "not fall with movie length.",
    )
    STRAIGHTNESS_FIXED_POOLED = _(
        "straightness_fixed_pooled", "", "Σ net over Σ path of the same windows."
    )
    STRAIGHTNESS_WINDOW_FRAMES = _(
        "straightness_window_frames", "", "Steps of a window of straightness_fixed."
    )
    N_STRAIGHTNESS_WINDOWS = _(
        "n_straightness_windows", "", "Windows in straightness_fixed; they overlap."
    )
    N_STILL_WINDOWS = _(
        "n_still_windows", "", "Windows left out of straightness_fixed: the cell never moved."
    )
    ASPHERICITY = _(
        "asphericity",
        "",
        "Elongation of the cloud of places in valid frames, 0 (round) to 1 (a line), from the "
        "eigenvalues of their covariance; blind to going back and forth.",
    )

    # Per cell: turning
    MEAN_TURNING_ANGLE = _(
        "mean_turning_angle_deg", "°", "Mean turning angle where two trusted steps meet."
    )
    TOTAL_TURNING_ANGLE = _(
        "total_turning_angle_deg", "°", "Sum of these turning angles; grows with movie length."
    )
    N_TURNING_ANGLES = _("n_turning_angles", "", "Frames that have a turning angle.")
    OVERALL_ANGLE = _(
        "overall_angle_deg",
        "°",
        "Angle between the first and the last trusted step, 0 to 180, whatever lies between.",
    )
    MEAN_DIRECTIONAL_CHANGE_RATE = _(
        "mean_directional_change_rate_deg_per_min",
        "°/min",
        "Mean directional change rate where two trusted steps meet.",
    )
    N_TURNING_EVENTS = _("n_turning_events", "", "Frames with turning_event.")
    TURNING_EVENT_RATE = _(
        "turning_events_per_min",
        "1/min",
        "Turning events over the time of the frames in which one could be seen.",
    )
    N_WINDOW_TURNS = _(
        "n_window_turns", "", "Frames in which a turning event could be seen (window_turn_deg)."
    )

    # Per cell: whither
    FMI_X = _(
        "fmi_x",
        "",
        "Forward migration index along +x (right), −1 to 1: Σ of the trusted steps' share along x "
        "over their path.",
    )
    FMI_Y = _("fmi_y", "", "Forward migration index along +y (down the rows), −1 to 1.")
    FMI_DIRECTION = _(
        "fmi_direction", "", "Forward migration index along the direction `towards`, −1 to 1."
    )
    FMI_POINT = _(
        "fmi_point",
        "",
        "Forward migration index to `point_um`, −1 to 1: by how much the trusted steps came nearer "
        "over their path.",
    )
    MEAN_ANGLE_TO_DIRECTION = _(
        "mean_angle_to_direction_deg", "°", "Mean angle of the trusted steps to `towards`."
    )
    MEAN_ANGLE_TO_POINT = _(
        "mean_angle_to_point_deg", "°", "Mean angle of the trusted steps to the way to `point_um`."
    )
