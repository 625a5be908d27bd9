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
    SATURATED_FRACTION = _(
        "saturated_fraction", "", "Share of the cell's pixels at the highest value of the type."
    )

    # Per cell
    LAM_CYTO_RATIO_SD = _("lam_cyto_ratio_sd", "", "SD (n−1) of the ratio over frames.")
    N_UNDEFINED_RATIO = _(
        "n_undefined_ratio_frames",
        "",
        "Frames without a ratio: fewer than 2 pixels, a dim half whose mean is not positive, or "
        "no background to subtract.",
    )
    N_SATURATED = _("n_saturated_frames", "", "Frames in which the cell has saturated pixels.")
