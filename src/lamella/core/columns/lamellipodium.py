"""How the signal of a cell is spread: lamellipodium, body, layers."""

from __future__ import annotations

from lamella.core.columns.column import Column as _


class LamellipodiumColumns:
    """See `lamella.Col`."""

    # Per frame
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

    # Areas of the parts, per frame
    LAM_FRACTION = _(
        "lam_fraction",
        "",
        "Share of the cell's pixels that is lamellipodium: 1 − percentile/100 unless closed.",
    )
    LAM_AREA_PX = _("lam_area_px", "px²", "Area of the bright part, lamellipodium.")
    LAM_AREA_UM2 = _("lam_area_um2", "µm²", "Area of the bright part, lamellipodium.")
    CYTO_AREA_PX = _("cyto_area_px", "px²", "Area of the dim part, cytoplasm.")
    CYTO_AREA_UM2 = _("cyto_area_um2", "µm²", "Area of the dim part, cytoplasm.")
    BAND_MEAN = _("lam_band_mean", "grey", "Mean of the bright pixels near the edge (band_um).")
    BAND_REST_MEAN = _(
        "lam_band_rest_mean", "grey", "Mean of all pixels that are not bright and near the edge."
    )
    BAND_AREA_PX = _(
        "lam_band_area_px", "px²", "Area of what is bright and near the edge (band_um)."
    )
    BAND_AREA_UM2 = _(
        "lam_band_area_um2", "µm²", "Area of what is bright and near the edge (band_um)."
    )
    LAYER_TRANSITION_FRACTION = _(
        "layer_transition_fraction", "", "Share of pixels in the middle layer."
    )
    LAYER_BODY_AREA_PX = _("layer_body_area_px", "px²", "Area of the dimmest of three Otsu layers.")
    LAYER_BODY_AREA_UM2 = _(
        "layer_body_area_um2", "µm²", "Area of the dimmest of three Otsu layers."
    )
    LAYER_TRANSITION_AREA_PX = _(
        "layer_transition_area_px", "px²", "Area of the middle Otsu layer."
    )
    LAYER_TRANSITION_AREA_UM2 = _(
        "layer_transition_area_um2", "µm²", "Area of the middle Otsu layer."
    )
    LAYER_LAM_AREA_PX = _("layer_lam_area_px", "px²", "Area of the brightest of three Otsu layers.")
    LAYER_LAM_AREA_UM2 = _(
        "layer_lam_area_um2", "µm²", "Area of the brightest of three Otsu layers."
    )

    # Polarity and movement, per frame; angles from +x growing towards +y, −180 to 180
    POLARITY_Y_PX = _(
        "polarity_y_px", "px", "Rows from the centroid of the body to that of the lamellipodium."
    )
    POLARITY_X_PX = _(
        "polarity_x_px", "px", "Columns from the centroid of the body to that of the lamellipodium."
    )
    POLARITY_Y_UM = _("polarity_y_um", "µm", "polarity_y_px in µm.")
    POLARITY_X_UM = _("polarity_x_um", "µm", "polarity_x_px in µm.")
    POLARITY_PX = _("polarity_px", "px", "Length of the polarity vector.")
    POLARITY_UM = _("polarity_um", "µm", "Length of the polarity vector.")
    POLARITY_ANGLE = _(
        "polarity_angle_deg", "°", "Direction of the polarity vector; NaN where its length is 0."
    )
    POLARITY_RELATIVE = _(
        "polarity_relative",
        "",
        "Length of the polarity vector over the radius of a disc of the cell's area.",
    )
    POLARITY_COS_MOVEMENT = _(
        "polarity_cos_movement",
        "",
        "Cosine of the angle between polarity and movement: 1 = the lamellipodium leads.",
    )

    # Front and back: the cell cut through its centroid at right angles to the polarity vector
    POLARITY_FRONT_AREA_PX = _(
        "polarity_front_area_px", "px²", "Area of the cell's front by the polarity vector."
    )
    POLARITY_FRONT_AREA_UM2 = _(
        "polarity_front_area_um2", "µm²", "Area of the cell's front by the polarity vector."
    )
    POLARITY_FRONT_MEAN = _(
        "polarity_front_mean", "grey", "Mean intensity of the cell's front by the polarity vector."
    )
    POLARITY_BACK_AREA_PX = _(
        "polarity_back_area_px", "px²", "Area of the cell's back by the polarity vector."
    )
    POLARITY_BACK_AREA_UM2 = _(
        "polarity_back_area_um2", "µm²", "Area of the cell's back by the polarity vector."
    )
    POLARITY_BACK_MEAN = _(
        "polarity_back_mean", "grey", "Mean intensity of the cell's back by the polarity vector."
    )
    POLARITY_FRONT_BACK_RATIO = _(
        "polarity_front_back_ratio", "", "Mean of the cell's front over that of its back."
    )
    POLARITY_LAM_FRONT_AREA_PX = _(
        "polarity_lam_front_area_px",
        "px²",
        "Area of the lamellipodium in the front by the polarity vector.",
    )
    POLARITY_LAM_FRONT_AREA_UM2 = _(
        "polarity_lam_front_area_um2",
        "µm²",
        "Area of the lamellipodium in the front by the polarity vector.",
    )
    POLARITY_LAM_FRONT_MEAN = _(
        "polarity_lam_front_mean",
        "grey",
        "Mean of the lamellipodium in the front by the polarity vector.",
    )
    POLARITY_LAM_BACK_AREA_PX = _(
        "polarity_lam_back_area_px",
        "px²",
        "Area of the lamellipodium in the back by the polarity vector.",
    )
    POLARITY_LAM_BACK_AREA_UM2 = _(
        "polarity_lam_back_area_um2",
        "µm²",
        "Area of the lamellipodium in the back by the polarity vector.",
    )
    POLARITY_LAM_BACK_MEAN = _(
        "polarity_lam_back_mean",
        "grey",
        "Mean of the lamellipodium in the back by the polarity vector.",
    )
    POLARITY_LAM_FRONT_FRACTION = _(
        "polarity_lam_front_fraction",
        "",
        "Share of the lamellipodium's area that lies in the front.",
    )
    POLARITY_LAM_FRONT_BACK_RATIO = _(
        "polarity_lam_front_back_ratio",
        "",
        "Mean of the lamellipodium in the front over that in the back.",
    )
    POLARITY_TIP_Y_PX = _(
        "polarity_tip_y_px",
        "px",
        "Row of the cell's pixel furthest along the polarity vector, ties averaged.",
    )
    POLARITY_TIP_X_PX = _(
        "polarity_tip_x_px",
        "px",
        "Column of the cell's pixel furthest along the polarity vector, ties averaged.",
    )
    POLARITY_TIP_ADVANCE_PX = _(
        "polarity_tip_advance_px",
        "px",
        "How much further the cell reaches along the polarity vector than in the frame "
        "before, drift taken off; valid pairs only.",
    )
    POLARITY_TIP_VELOCITY = _(
        "polarity_tip_velocity_um_per_min",
        "µm/min",
        "That advance over the time it took; positive outwards.",
    )

    # Front and back: the cell cut through its centroid at right angles to the movement
    MOVEMENT_FRONT_AREA_PX = _(
        "movement_front_area_px", "px²", "Area of the cell's front by the movement."
    )
    MOVEMENT_FRONT_AREA_UM2 = _(
        "movement_front_area_um2", "µm²", "Area of the cell's front by the movement."
    )
    MOVEMENT_FRONT_MEAN = _(
        "movement_front_mean", "grey", "Mean intensity of the cell's front by the movement."
    )
    MOVEMENT_BACK_AREA_PX = _(
        "movement_back_area_px", "px²", "Area of the cell's back by the movement."
    )
    MOVEMENT_BACK_AREA_UM2 = _(
        "movement_back_area_um2", "µm²", "Area of the cell's back by the movement."
    )
    MOVEMENT_BACK_MEAN = _(
        "movement_back_mean", "grey", "Mean intensity of the cell's back by the movement."
    )
    MOVEMENT_FRONT_BACK_RATIO = _(
        "movement_front_back_ratio", "", "Mean of the cell's front over that of its back."
    )
    MOVEMENT_LAM_FRONT_AREA_PX = _(
        "movement_lam_front_area_px",
        "px²",
        "Area of the lamellipodium in the front by the movement.",
    )
    MOVEMENT_LAM_FRONT_AREA_UM2 = _(
        "movement_lam_front_area_um2",
        "µm²",
        "Area of the lamellipodium in the front by the movement.",
    )
    MOVEMENT_LAM_FRONT_MEAN = _(
        "movement_lam_front_mean", "grey", "Mean of the lamellipodium in the front by the movement."
    )
    MOVEMENT_LAM_BACK_AREA_PX = _(
        "movement_lam_back_area_px", "px²", "Area of the lamellipodium in the back by the movement."
    )
    MOVEMENT_LAM_BACK_AREA_UM2 = _(
        "movement_lam_back_area_um2",
        "µm²",
        "Area of the lamellipodium in the back by the movement.",
    )
    MOVEMENT_LAM_BACK_MEAN = _(
        "movement_lam_back_mean", "grey", "Mean of the lamellipodium in the back by the movement."
    )
    MOVEMENT_LAM_FRONT_FRACTION = _(
        "movement_lam_front_fraction",
        "",
        "Share of the lamellipodium's area that lies in the front.",
    )
    MOVEMENT_LAM_FRONT_BACK_RATIO = _(
        "movement_lam_front_back_ratio",
        "",
        "Mean of the lamellipodium in the front over that in the back.",
    )
    MOVEMENT_TIP_Y_PX = _(
        "movement_tip_y_px",
        "px",
        "Row of the cell's pixel furthest along the movement, ties averaged.",
    )
    MOVEMENT_TIP_X_PX = _(
        "movement_tip_x_px",
        "px",
        "Column of the cell's pixel furthest along the movement, ties averaged.",
    )
    MOVEMENT_TIP_ADVANCE_PX = _(
        "movement_tip_advance_px",
        "px",
        "How much further the cell reaches along the movement than in the frame before, drift "
        "taken off; valid pairs only.",
    )
    MOVEMENT_TIP_VELOCITY = _(
        "movement_tip_velocity_um_per_min",
        "µm/min",
        "That advance over the time it took; positive outwards.",
    )

    # Cortex: a band under the edge, seen from the centroid; per frame
    CORTEX_STRENGTH = _(
        "cortex_strength",
        "",
        "How one-sided the cortex is: first harmonic of its profile over the mean, 0 = even.",
    )
    CORTEX_PEAK_ANGLE = _(
        "cortex_peak_angle_deg", "°", "Direction of that harmonic: where the cortex is bright."
    )
    CORTEX_COS_MOVEMENT = _(
        "cortex_cos_movement", "", "Cosine of the angle between that direction and the movement."
    )
    RING_MEAN = _(
        "ring_mean",
        "grey",
        "Mean of the ring just inside the edge (ring_um), background subtracted.",
    )
    RING_OUTSIDE_MEAN = _(
        "ring_outside_mean",
        "grey",
        "Mean of the ring just outside, pixels of other objects left out.",
    )
    RING_CONTRAST = _(
        "ring_contrast",
        "grey",
        "Ring inside minus ring outside: the level under both does not matter.",
    )

    # Tables cortex and cortex_mean: a row per angle
    CORTEX_ANGLE = _(
        "cortex_angle_deg",
        "°",
        "Angle seen from the centroid, from +x growing towards +y, 0 to 360.",
    )
    CORTEX_TO_MOVEMENT = _(
        "cortex_to_movement_deg",
        "°",
        "The same seen from the movement, −180 to 180: 0 = where the cell goes.",
    )
    CORTEX_PX = _("cortex_px", "px²", "Pixels of the band at this angle, by their shares.")
    CORTEX_MEAN = _("cortex_mean", "grey", "Mean of the band at this angle, background subtracted.")
    CORTEX_RELATIVE = _(
        "cortex_relative", "", "The same over its mean over all angles of the frame."
    )
    N_PROFILES = _("n_profiles", "", "Frames that entered: valid, with a movement.")

    # Table polarity_shifts: a row per cell and shift
    SHIFT_FRAMES = _(
        "shift_frames", "frames", "Frames by which polarity is looked at later than movement."
    )
    SHIFT_MIN = _("shift_min", "min", "The same in minutes.")
    SHIFT_COS = _(
        "shift_cos", "", "Mean cosine between movement and the polarity that many frames later."
    )
    N_SHIFT = _("n_shift_frames", "", "Frames that entered this mean.")

    # Per cell
    LAM_CYTO_RATIO_SD = _("lam_cyto_ratio_sd", "", "SD (n−1) of the ratio over frames.")
    N_UNDEFINED_RATIO = _(
        "n_undefined_ratio_frames",
        "",
        "Frames without a ratio: fewer than 2 pixels, a dim half whose mean is not positive, or "
        "no background to subtract.",
    )
    POLARITY_FORWARD = _(
        "polarity_forward_fraction",
        "",
        "Share of the frames with a cosine in which it is above 0: polarity points forward.",
    )
    N_COSINES = _(
        "n_polarity_cosines", "", "Valid frames that have both a polarity and a movement."
    )
    POLARITY_SHIFT_FRAMES = _(
        "polarity_shift_frames",
        "frames",
        "Shift at which the mean cosine is highest: above 0 where polarity follows movement.",
    )
    POLARITY_SHIFT_MIN = _("polarity_shift_min", "min", "The same in minutes.")
    POLARITY_SHIFT_COS = _(
        "polarity_shift_cos",
        "",
        "Mean cosine at that shift; a low one says that there is no shift to speak of.",
    )
