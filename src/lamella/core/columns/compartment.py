"""Nucleus and cytoplasm of a cell: who belongs to whom, and the signal in every compartment."""

from __future__ import annotations

from lamella.core.columns.column import Column as _


class CompartmentColumns:
    """See `lamella.Col`."""

    # Per frame, and in the table of cells their means over valid frames
    NUCLEUS = _(
        "nucleus",
        "",
        "Track id of the cell's nucleus, the one that shares most pixels with it; per cell the one "
        "of most of its valid frames; NaN without.",
    )
    N_NUCLEI = _("n_nuclei", "", "Nuclei that lie in the cell more than in any other.")
    NUCLEUS_INSIDE = _(
        "nucleus_inside_fraction", "", "Share of the nucleus that lies in the cell; NaN without."
    )
    NUCLEUS_SHARED = _(
        "nucleus_shared",
        "",
        "1 where another cell has the same nucleus, else 0; of a cell the share of its frames.",
    )
    NUCLEUS_CLAIMS = _(
        "nucleus_n_cells", "", "Cells that have this nucleus, the cell itself among them."
    )
    NUCLEUS_AREA_PX = _("nucleus_area_px", "px²", "Area of the cell's nucleus, the whole of it.")
    NUCLEUS_AREA_UM2 = _("nucleus_area_um2", "µm²", "Area of the cell's nucleus, the whole of it.")
    CYTOPLASM_AREA_PX = _(
        "cytoplasm_area_px", "px²", "Area of the cell without any nucleus; NaN without a nucleus."
    )
    CYTOPLASM_AREA_UM2 = _("cytoplasm_area_um2", "µm²", "The same in µm².")
    PERINUCLEAR_AREA_PX = _(
        "perinuclear_area_px",
        "px²",
        "Area of the ring round the nucleus (ring_um) that lies in the cell's cytoplasm.",
    )
    PERINUCLEAR_AREA_UM2 = _("perinuclear_area_um2", "µm²", "The same in µm².")
    MEMBRANE_AREA_PX = _(
        "membrane_area_px",
        "px²",
        "Area of the band inside the cell's edge (membrane_um), without nuclei; none along the "
        "field's edge.",
    )
    MEMBRANE_AREA_UM2 = _("membrane_area_um2", "µm²", "The same in µm².")
    CELL_NUCLEUS_AREA_RATIO = _(
        "cell_nucleus_area_ratio", "", "Area of the cell over that of its nucleus."
    )
    CYTOPLASM_NUCLEUS_AREA_RATIO = _(
        "cytoplasm_nucleus_area_ratio", "", "Area of the cytoplasm over that of the nucleus."
    )
    NUCLEUS_CELL_AREA_RATIO = _(
        "nucleus_cell_area_ratio", "", "Area of the nucleus over that of its cell."
    )

    # Of every channel
    NUCLEUS_MEAN = _("nucleus_mean", "grey", "Mean of the nucleus, background subtracted.")
    NUCLEUS_MEDIAN = _("nucleus_median", "grey", "Median of the nucleus, background subtracted.")
    NUCLEUS_SUM = _("nucleus_sum", "grey", "Sum of the nucleus, background subtracted.")
    CYTOPLASM_MEAN = _("cytoplasm_mean", "grey", "Mean of the cytoplasm, background subtracted.")
    CYTOPLASM_MEDIAN = _(
        "cytoplasm_median", "grey", "Median of the cytoplasm, background subtracted."
    )
    CYTOPLASM_SUM = _("cytoplasm_sum", "grey", "Sum of the cytoplasm, background subtracted.")
    PERINUCLEAR_MEAN = _(
        "perinuclear_mean", "grey", "Mean of the ring round the nucleus, background subtracted."
    )
    PERINUCLEAR_MEDIAN = _(
        "perinuclear_median", "grey", "Median of the ring round the nucleus, background subtracted."
    )
    PERINUCLEAR_SUM = _(
        "perinuclear_sum", "grey", "Sum of the ring round the nucleus, background subtracted."
    )
    MEMBRANE_MEAN = _(
        "membrane_mean", "grey", "Mean of the band inside the edge, background subtracted."
    )
    MEMBRANE_MEDIAN = _(
        "membrane_median", "grey", "Median of the band inside the edge, background subtracted."
    )
    MEMBRANE_SUM = _(
        "membrane_sum", "grey", "Sum of the band inside the edge, background subtracted."
    )
    NUCLEUS_CYTOPLASM_RATIO = _(
        "nucleus_cytoplasm_ratio",
        "",
        "Mean of the nucleus over that of the cytoplasm; NaN where the latter is not positive.",
    )
    NUCLEUS_RING_RATIO = _(
        "nucleus_ring_ratio",
        "",
        "Mean of the nucleus over that of the ring round it; NaN where the latter is not positive.",
    )
    MEMBRANE_CYTOPLASM_RATIO = _(
        "membrane_cytoplasm_ratio",
        "",
        "Mean of the band inside the edge over that of the cytoplasm; NaN where the latter is not "
        "positive.",
    )

    # Per cell
    N_NO_NUCLEUS = _("n_no_nucleus_frames", "", "Valid frames in which the cell has no nucleus.")
    N_SEVERAL_NUCLEI = _(
        "n_several_nuclei_frames", "", "Valid frames in which two or more nuclei lie in the cell."
    )
    N_UNDEFINED_NUCLEUS_RATIO = _(
        "n_undefined_nucleus_ratio_frames",
        "",
        "Valid frames with nucleus and cytoplasm whose ratio is missing: the mean of the cytoplasm "
        "is not positive.",
    )

    # Table nuclei_check: a row per movie
    N_CELL_OUTLINES = _("n_cell_outlines", "", "Cells of all frames, a cell once for every frame.")
    N_NUCLEUS_OUTLINES = _(
        "n_nucleus_outlines", "", "Nuclei of all frames, a nucleus once for every frame."
    )
    N_CELLS_WITHOUT = _("n_cells_without_nucleus", "", "Of these cells, those without a nucleus.")
    N_NUCLEI_WITHOUT = _("n_nuclei_without_cell", "", "Of these nuclei, those that lie in no cell.")
    N_NUCLEI_SHARED = _(
        "n_nuclei_shared", "", "Of these nuclei, those that two or more cells have as theirs."
    )
    N_CELLS_SHARING = _(
        "n_cells_sharing_nucleus", "", "Of these cells, those that share their nucleus."
    )
    N_CELLS_SEVERAL = _(
        "n_cells_with_several_nuclei", "", "Of these cells, those in which several nuclei lie."
    )
    DOUBTFUL_SHARE = _(
        "doubtful_nuclei_share",
        "",
        "Share of the cells without a nucleus, with a shared one or with several.",
    )
