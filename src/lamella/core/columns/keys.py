"""What tells the rows of tables apart, and where they come from."""

from __future__ import annotations

from lamella.core.columns.column import Column as _


class KeyColumns:
    """See `lamella.Col`."""

    MOVIE = _("movie", "", "Name of the movie, unique in the study.")
    OBJECT = _("object", "", "Set of objects, such as cell or nucleus.")
    CELL = _("cell", "", "Track id of the cell, from 1.")
    FRAME = _("frame", "", "Frame number, from 0.")
    LABEL = _("label", "", "Number of the object in its frame before tracking.")
    CONDITION = _("condition", "", "Experimental condition of the movie.")
    SESSION = _("session", "", "Imaging session (batch, day) of the movie.")
    UNIT = _("unit", "", "Experimental unit that statistics count; the movie by default.")
    WELL = _("well", "", "Well of the plate, such as B03.")
    FIELD = _("field", "", "Field of view within the well.")
    REPLICATE = _("replicate", "", "Replicate of the condition, as told in samples.csv.")
    POSITION = _("position", "", "Stage position, as told in samples.csv.")
    Z = _("z", "", "Slices that are the movie: max, mean, or a number; only where one was chosen.")
    ONLY_CHANNEL = _("channel", "", "The only channel that was taken; only where one was chosen.")
    PATH = _("path", "", "File, folder of frames or {channel} pattern, relative to the study.")
    INCLUDED = _(
        "included", "", "True where the results of the movie are up to date and in these tables."
    )
    EXCLUDE = _("exclude", "", "Reason to leave the movie out; empty = used.")
