"""Tips, branches and skeleton of a cell."""

from __future__ import annotations

from lamella.core.columns.column import Column as _


class ProtrusionColumns:
    """See `lamella.Col`."""

    # Per frame, and in the table of cells their means over valid frames
    N_TIPS = _("n_tips", "", "Tips of protrusions, without those that the field's edge cuts.")
    N_TIPS_CUT = _("n_tips_cut", "", "Protrusions that the field's edge cuts: no tip was seen.")
    N_BRANCH_POINTS = _(
        "n_branch_points", "", "Places where protrusions part; the body counts where three do."
    )
    N_FRAGMENTS = _("n_fragments", "", "Pieces of the cell's mask that do not touch each other.")
    BODY_Y_PX = _("body_y_px", "px", "Row of the pixel furthest from the edge, the body's centre.")
    BODY_X_PX = _("body_x_px", "px", "Column of the pixel furthest from the edge.")
    BODY_RADIUS_PX = _(
        "body_radius_px", "px", "Radius of the largest disc round the body's centre in the cell."
    )
    BODY_RADIUS_UM = _(
        "body_radius_um", "µm", "Radius of the largest disc round the body's centre in the cell."
    )
    SKELETON_PX = _(
        "skeleton_px", "px", "Length of the skeleton, without branches that do not stand out."
    )
    SKELETON_UM = _(
        "skeleton_um", "µm", "Length of the skeleton, without branches that do not stand out."
    )
    LONGEST_TIP_PX = _("longest_tip_px", "px", "Length of the longest protrusion; NaN without one.")
    LONGEST_TIP_UM = _("longest_tip_um", "µm", "Length of the longest protrusion; NaN without one.")
    MEAN_TIP_UM = _("mean_tip_um", "µm", "Mean length of the protrusions; NaN without one.")
    DENDRITICITY = _(
        "dendriticity",
        "",
        "Lengths of the protrusions beyond the body, summed, over the body's radius; 0 without.",
    )
    OUTSIDE_BODY = _(
        "outside_body_fraction",
        "",
        "Share of the cell's pixels outside the largest disc round the body's centre.",
    )

    # tips: a row per cell, frame and protrusion
    TIP = _("tip", "", "Number of the tip in its cell, from 1, the same in all frames; 0 = none.")
    TIP_Y_PX = _("tip_y_px", "px", "Row of the cell's pixel in which the protrusion ends.")
    TIP_X_PX = _("tip_x_px", "px", "Column of that pixel.")
    TIP_LENGTH_PX = _(
        "tip_length_px", "px", "From the body's centre to the tip, as of a string pulled tight."
    )
    TIP_LENGTH_UM = _(
        "tip_length_um", "µm", "From the body's centre to the tip, as of a string pulled tight."
    )
    TIP_STEPS_PX = _(
        "tip_steps_px",
        "px",
        "The same in steps of 1 and √2 between pixels: as published, up to 8 % long.",
    )
    TIP_STEPS_UM = _(
        "tip_steps_um",
        "µm",
        "The same in steps of 1 and √2 between pixels: as published, up to 8 % long.",
    )
    TIP_BEYOND_PX = _("tip_beyond_px", "px", "Length less the body's radius.")
    TIP_BEYOND_UM = _("tip_beyond_um", "µm", "Length less the body's radius.")
    TIP_WIDTH_PX = _(
        "tip_width_px", "px", "2 × median distance of its skeleton's pixels to the edge."
    )
    TIP_WIDTH_UM = _(
        "tip_width_um", "µm", "2 × median distance of its skeleton's pixels to the edge."
    )
    TIP_BASE_WIDTH_PX = _(
        "tip_base_width_px", "px", "Width where it leaves the body or a longer protrusion."
    )
    TIP_BASE_WIDTH_UM = _(
        "tip_base_width_um", "µm", "Width where it leaves the body or a longer protrusion."
    )
    TIP_ANGLE = _(
        "tip_angle_deg", "°", "Direction from the body's centre, from +x towards +y, −180 to 180."
    )
    TIP_CUT = _(
        "tip_cut_by_border", "", "True where the field's edge cuts it, so that it may be longer."
    )
    TIP_SPEED = _(
        "tip_speed_um_per_min",
        "µm/min",
        "Change of its length since it was last seen, positive outwards; not from or to a cut.",
    )

    # tip_lives: a row per cell and tip
    TIP_BORN = _("tip_first_frame", "", "First frame in which the tip was seen.")
    TIP_LAST = _("tip_last_frame", "", "Last frame in which the tip was seen.")
    TIP_N_SEEN = _("n_tip_frames", "", "Frames in which the tip was seen.")
    TIP_BIRTH_SEEN = _(
        "tip_birth_seen",
        "",
        "True where the cell was seen without it just before, for longer than missed_frames: it "
        "did not begin with the movie, behind a gap or at the field's edge.",
    )
    TIP_DEATH_SEEN = _(
        "tip_death_seen",
        "",
        "True where the cell was seen without it just after, for longer than missed_frames: it did "
        "not end with the movie, before a gap or at the field's edge.",
    )
    TIP_LIFE = _(
        "tip_life_min",
        "min",
        "Life of the tip; of birth and death that were not seen, a lower bound.",
    )
    TIP_MAX_LENGTH = _("tip_max_length_um", "µm", "Its largest length, where it was not cut.")
    TIP_GROWTH = _(
        "tip_growth_um_per_min",
        "µm/min",
        "From its first length to its largest, over the time between; per cell, mean over lives.",
    )
    TIP_RETRACTION = _(
        "tip_retraction_um_per_min",
        "µm/min",
        "From its largest length to its last, over the time between, positive; per cell, mean.",
    )

    # Per cell
    TIP_BIRTHS = _(
        "tip_births_per_min",
        "1/min",
        "Births of tips that were seen, over the time in which they could have been.",
    )
    N_TIP_LIVES = _("n_tip_lives", "", "Tips that were followed.")
    N_TIP_LIVES_CENSORED = _(
        "n_tip_lives_censored", "", "Of these, tips whose birth or death was not seen."
    )
    MEAN_TIP_LIFE = _(
        "mean_tip_life_min",
        "min",
        "Mean life of tips whose birth and death were seen; short movies miss the long ones.",
    )
