"""Shape and light of every region."""

from __future__ import annotations

from lamella.core.columns.column import Column as _

_ELLIPSE = "of the ellipse with the region's area and moments (ImageJ's Fit Ellipse)"
_UP = "from +x upwards, 0 to 180 as in ImageJ; over frames the axial mean."


class RegionColumns:
    """See `lamella.Col`."""

    # Shape per frame, and in the table of cells means over valid frames
    PERIMETER_PX = _(
        "perimeter_px",
        "px",
        "Length of all outlines along the pixels' edges, corners cut (ImageJ's traced Perim.).",
    )
    PERIMETER_UM = _("perimeter_um", "µm", "The same in µm.")
    PERIMETER_CROFTON_PX = _(
        "perimeter_crofton_px",
        "px",
        "Perimeter by Cauchy and Crofton in four directions, without bias for round shapes.",
    )
    PERIMETER_CROFTON_UM = _("perimeter_crofton_um", "µm", "The same in µm.")
    EQUIVALENT_DIAMETER_PX = _(
        "equivalent_diameter_px", "px", "Diameter of the circle with the region's area."
    )
    EQUIVALENT_DIAMETER_UM = _("equivalent_diameter_um", "µm", "The same in µm.")
    FERET_PX = _(
        "feret_px", "px", "Maximum Feret diameter: largest distance of two points of the outline."
    )
    FERET_UM = _("feret_um", "µm", "The same in µm.")
    MIN_FERET_PX = _(
        "min_feret_px", "px", "Smallest distance of two parallel lines that hold the region."
    )
    MIN_FERET_UM = _("min_feret_um", "µm", "The same in µm.")
    FERET_DEG = _("feret_deg", "°", f"Direction of the maximum Feret diameter, {_UP}")
    MAJOR_AXIS_PX = _("major_axis_px", "px", f"Major axis {_ELLIPSE}.")
    MAJOR_AXIS_UM = _("major_axis_um", "µm", "The same in µm.")
    MINOR_AXIS_PX = _("minor_axis_px", "px", f"Minor axis {_ELLIPSE}.")
    MINOR_AXIS_UM = _("minor_axis_um", "µm", "The same in µm.")
    AXIS_RATIO = _(
        "axis_ratio", "", "Minor over major axis of that ellipse; 1 = round. ImageJ's AR inverted."
    )
    ECCENTRICITY = _(
        "eccentricity", "", "√(1 − axis_ratio²): 0 for a circle, towards 1 for a line."
    )
    ORIENTATION_DEG = _(
        "orientation_deg",
        "°",
        f"Direction of the major axis, {_UP} NaN where both axes are equal.",
    )
    ROUNDNESS = _(
        "roundness",
        "",
        "4 · area over π · major axis² (ImageJ's Round): equal to axis_ratio in each frame.",
    )
    CIRCULARITY = _(
        "circularity",
        "",
        "4π · area over perimeter_px² (ImageJ's Circ.), 1 where that is above 1.",
    )
    SOLIDITY = _("solidity", "", "Area over that of the convex hull of the region's pixels.")
    EXTENT = _("extent", "", "Area over that of the upright box round the region.")
    CONVEX_AREA_PX = _("convex_area_px", "px²", "Area of the convex hull of the region's pixels.")
    EULER_NUMBER = _(
        "euler_number", "", "Pieces (pixels that touch at a corner are one) less holes."
    )

    # Light per frame and channel, level subtracted, and in the table of cells as above
    INTENSITY_MEAN = _("intensity_mean", "grey", "Mean of the region's pixels.")
    INTENSITY_MEDIAN = _("intensity_median", "grey", "Median of the region's pixels.")
    INTENSITY_UPPER_MEDIAN = _(
        "intensity_upper_median",
        "grey",
        "Median; of an even number of pixels the upper of the two middle ones: ImageJ's Median of "
        "8- and 16-bit images.",
    )
    INTENSITY_SD = _("intensity_sd", "grey", "SD of the region's pixels, n − 1; NaN of one pixel.")
    INTENSITY_MODE = _(
        "intensity_mode",
        "grey",
        "Most frequent value, the lowest of several; of values that are not whole, the middle of "
        "the fullest of 256 bins.",
    )
    INTENSITY_MIN = _("intensity_min", "grey", "Smallest value.")
    INTENSITY_MAX = _("intensity_max", "grey", "Largest value.")
    INTENSITY_SUM = _(
        "intensity_sum", "grey", "Sum of the region's pixels (ImageJ's RawIntDen; × pixel² IntDen)."
    )
    INTENSITY_P01 = _("intensity_p01", "grey", "1st percentile of the region's pixels.")
    INTENSITY_P05 = _("intensity_p05", "grey", "5th percentile of the region's pixels.")
    INTENSITY_P10 = _("intensity_p10", "grey", "10th percentile of the region's pixels.")
    INTENSITY_P25 = _("intensity_p25", "grey", "25th percentile of the region's pixels.")
    INTENSITY_P75 = _("intensity_p75", "grey", "75th percentile of the region's pixels.")
    INTENSITY_P90 = _("intensity_p90", "grey", "90th percentile of the region's pixels.")
    INTENSITY_P95 = _("intensity_p95", "grey", "95th percentile of the region's pixels.")
    INTENSITY_P99 = _("intensity_p99", "grey", "99th percentile of the region's pixels.")
    INTENSITY_SKEWNESS = _(
        "intensity_skewness", "", "Third central moment over the cubed SD (n), as in ImageJ."
    )
    INTENSITY_KURTOSIS = _(
        "intensity_kurtosis",
        "",
        "Fourth central moment over the squared variance (n), less 3, as in ImageJ.",
    )
    SURROUND_MEAN = _(
        "surround_mean", "grey", "Mean of the ring round the region, other regions left out."
    )
    INTENSITY_CONTRAST = _(
        "intensity_contrast",
        "",
        "(mean − surround) over (mean + surround), as in TrackMate; NaN unless that is above 0.",
    )
    MASS_Y_PX = _("mass_y_px", "px", "Row of the centre of mass of the region's light.")
    MASS_X_PX = _("mass_x_px", "px", "Column of the centre of mass of the region's light.")
    MASS_SHIFT_PX = _("mass_shift_px", "px", "Distance of that centre from the region's centroid.")
    MASS_SHIFT_UM = _("mass_shift_um", "µm", "The same in µm.")
    RADIAL_FRACTION_1 = _(
        "radial_fraction_1",
        "",
        "Share of the region's light in the outermost part of the way from its edge to its deepest "
        "place; NaN where no pixel lies there.",
    )
    RADIAL_FRACTION_2 = _("radial_fraction_2", "", "The same of the second part from the edge.")
    RADIAL_FRACTION_3 = _("radial_fraction_3", "", "The same of the third part from the edge.")
    RADIAL_FRACTION_4 = _("radial_fraction_4", "", "The same of the fourth part from the edge.")
    RADIAL_FRACTION_5 = _("radial_fraction_5", "", "The same of the fifth part from the edge.")
    RADIAL_FRACTION_6 = _("radial_fraction_6", "", "The same of the sixth part from the edge.")
    RADIAL_FRACTION_7 = _("radial_fraction_7", "", "The same of the seventh part from the edge.")
    RADIAL_FRACTION_8 = _("radial_fraction_8", "", "The same of the eighth part from the edge.")
    N_SATURATED_PX = _(
        "n_saturated_px",
        "",
        "Pixels at the highest value of the pixel type, or at the set saturation and above; per "
        "cell, of the frame with the most. NaN of floating-point images unless it is set.",
    )
    N_NEGATIVE_PX = _(
        "n_negative_px",
        "",
        "Pixels below 0 after subtraction of the level; per cell, of the frame with the most.",
    )

    # Per cell and channel
    N_SATURATED = _("n_saturated_frames", "", "Frames in which the cell has saturated pixels.")
