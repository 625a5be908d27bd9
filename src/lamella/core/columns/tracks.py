"""Tracks, lineage, and the events of both that a person should look at."""

from __future__ import annotations

from lamella.core.columns.column import Column as _


class TrackColumns:
    """See `lamella.Col`."""

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
    CORRECTED = _(
        "corrected",
        "",
        "True where a person corrected the cell's shape or its number in this frame, or removed "
        "it. What belongs to a step rests on the row before, too.",
    )
    PIXEL_SIZE_UM = _(
        "pixel_size_um", "µm", "Size of a pixel, the same in every row; empty = not known."
    )

    # Many cells in a movie
    N_DAUGHTERS = _("n_daughters", "", "Cells that came from it; 2 after a division.")
    N_INTERPOLATED = _(
        "n_interpolated_frames", "", "Frames whose shape was filled in; no measure counts them."
    )
    N_CORRECTED = _(
        "n_corrected_frames", "", "Frames in which a person corrected the cell's shape or number."
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
