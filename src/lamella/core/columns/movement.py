"""How a cell moves."""

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
    SPEED = _("speed_um_per_min", "µm/min", "Step divided by the time it took, valid pairs only.")

    # Per cell
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
