"""What populations of tracks tell: displacement and memory by lag, persistent random walk."""

from __future__ import annotations

from lamella.core.columns.column import Column as _


class WalkColumns:
    """See `lamella.Col`."""

    # By lag: lags (of every cell) and msd (of every condition)
    LAG_FRAMES = _(
        "lag_frames",
        "frames",
        "Lag; per condition in units of the shortest usual interval of its movies.",
    )
    LAG_MIN = _("lag_min", "min", "Mean time between the two frames of the pairs of this lag.")
    MSD = _(
        "msd_um2",
        "µm²",
        "Mean squared displacement over this lag, over pairs of frames all of whose steps in "
        "between are valid; per condition the mean over cells of theirs.",
    )
    MSD_LOW = _("msd_um2_low", "µm²", "Lower end of the 95 % interval, over movies.")
    MSD_HIGH = _("msd_um2_high", "µm²", "Upper end of the 95 % interval, over movies.")
    MSD_OF_WALK = _(
        "msd_of_walk_um2",
        "µm²",
        "Mean squared displacement that the fitted persistent random walk gives at this lag.",
    )
    N_LAG_PAIRS = _("n_lag_pairs", "", "Pairs of frames that the mean squared displacement is of.")
    DIRECTION_AUTOCORRELATION = _(
        "direction_autocorrelation",
        "",
        "Mean cosine of the angle between two steps this lag apart; steps below min_step_um are "
        "left out.",
    )
    DIRECTION_AUTOCORRELATION_LOW = _(
        "direction_autocorrelation_low", "", "Lower end of the 95 % interval, over movies."
    )
    DIRECTION_AUTOCORRELATION_HIGH = _(
        "direction_autocorrelation_high", "", "Upper end of the 95 % interval, over movies."
    )
    N_DIRECTION_PAIRS = _(
        "n_direction_pairs", "", "Pairs of steps that the direction autocorrelation is of."
    )
    VELOCITY_AUTOCORRELATION = _(
        "velocity_autocorrelation_um2_per_min2",
        "µm²/min²",
        "Mean scalar product of the velocities of two steps this lag apart, not normalised.",
    )
    VELOCITY_AUTOCORRELATION_LOW = _(
        "velocity_autocorrelation_um2_per_min2_low",
        "µm²/min²",
        "Lower end of the 95 % interval, over movies.",
    )
    VELOCITY_AUTOCORRELATION_HIGH = _(
        "velocity_autocorrelation_um2_per_min2_high",
        "µm²/min²",
        "Upper end of the 95 % interval, over movies.",
    )
    VELOCITY_AUTOCORRELATION_NORMALISED = _(
        "velocity_autocorrelation_normalised",
        "",
        "Velocity autocorrelation over its value at lag 0, which localisation error inflates.",
    )
    N_VELOCITY_PAIRS = _(
        "n_velocity_pairs", "", "Pairs of steps that the velocity autocorrelation is of."
    )

    # The persistent random walk of a cell (cells) or of a condition (walks)
    WALK_SPEED = _(
        "walk_speed_um_per_min",
        "µm/min",
        "S of the persistent random walk: root mean square speed, free of localisation error; "
        "missing where it cannot be told.",
    )
    WALK_SPEED_LOW = _(
        "walk_speed_um_per_min_low", "µm/min", "Lower end of the 95 % interval; 0 = none is known."
    )
    WALK_SPEED_HIGH = _(
        "walk_speed_um_per_min_high",
        "µm/min",
        "Upper end of the 95 % interval; missing = none is known.",
    )
    PERSISTENCE_TIME = _(
        "persistence_time_min",
        "min",
        "P of the persistent random walk: time over which the velocity is remembered; missing "
        "where it cannot be told.",
    )
    PERSISTENCE_TIME_LOW = _(
        "persistence_time_min_low", "min", "Lower end of the 95 % interval; 0 = none is known."
    )
    PERSISTENCE_TIME_HIGH = _(
        "persistence_time_min_high",
        "min",
        "Upper end of the 95 % interval; missing = none is known.",
    )
    LOCALISATION_ERROR = _(
        "localisation_error_um",
        "µm",
        "σ of the persistent random walk: SD of the error of a position along each axis; missing "
        "where it cannot be told.",
    )
    LOCALISATION_ERROR_LOW = _(
        "localisation_error_um_low", "µm", "Lower end of the 95 % interval; 0 = none is known."
    )
    LOCALISATION_ERROR_HIGH = _(
        "localisation_error_um_high",
        "µm",
        "Upper end of the 95 % interval; missing = none is known.",
    )
    WALK_NOT_TOLD = _(
        "walk_not_told",
        "",
        "Which of S, P and σ cannot be told, and why; empty = all three are.",
    )
    MSD_ALPHA = _(
        "msd_alpha",
        "",
        "Slope of the logarithm of the mean squared displacement over that of the lag: 1 diffusion,"
        " 2 straight ahead; localisation error lowers it.",
    )
    MSD_ALPHA_LOW = _("msd_alpha_low", "", "Lower end of the 95 % interval, over movies.")
    MSD_ALPHA_HIGH = _("msd_alpha_high", "", "Upper end of the 95 % interval, over movies.")
    N_ALPHA_LAGS = _("n_alpha_lags", "", "Lags, from the shortest, that msd_alpha is of.")
    N_WALK_STEPS = _("n_walk_steps", "", "Steps that S, P and σ are of.")
    N_BRIDGED = _(
        "n_bridged_gaps",
        "",
        "Of these, steps across frames without a trusted position (bridged_frames).",
    )
    N_SHORT_STEPS = _(
        "n_short_steps", "", "Valid steps below min_step_um, which have no direction."
    )


WALK = (
    WalkColumns.WALK_SPEED,
    WalkColumns.WALK_SPEED_LOW,
    WalkColumns.WALK_SPEED_HIGH,
    WalkColumns.PERSISTENCE_TIME,
    WalkColumns.PERSISTENCE_TIME_LOW,
    WalkColumns.PERSISTENCE_TIME_HIGH,
    WalkColumns.LOCALISATION_ERROR,
    WalkColumns.LOCALISATION_ERROR_LOW,
    WalkColumns.LOCALISATION_ERROR_HIGH,
)
"""S, P and σ, each with the ends of its interval."""
