"""What networks learn from: frames with labels, and what was left out."""

from __future__ import annotations

from lamella.core.columns.column import Column as _
from lamella.core.columns.column import NamedColumn


class AnnotationColumns:
    """See `lamella.Col`."""

    SOURCE = _("source", "", "Where the labels come from, such as quimp, imagej or correction.")
    N_LABELLED = _("n_labelled", "", "Objects labelled, in the frame or in all of them.")
    N_AT_BORDER = _("n_at_border", "", "Of these, those that touch the edge of the frame.")
    N_CUT_BY_VIEW = _(
        "n_cut_by_view",
        "",
        "Of these, those that reach where the centred view ended, though the raw frame goes on.",
    )
    CUT_BY_VIEW_PX = _(
        "cut_by_view_px", "px", "Length along which the centred view cut them, added up."
    )
    KEPT = _("kept", "", "True where the frame is learnt from.")
    REASON = _(
        "reason",
        "",
        "Why the frame is left out, empty where it is kept; decisions.csv: why it was decided so.",
    )

    # annotators.csv of a model
    ANNOTATOR = _("annotator", "", "Who drew: the name of the folder or file.")
    N_ANNOTATORS = _("n_annotators", "", "People who annotated the frame.")
    N_FUSED = _("n_fused", "", "Objects that more than half of them drew.")
    N_UNANIMOUS = _("n_unanimous", "", "Objects that all of them drew.")
    N_DRAWN_BY_FEW = _("n_drawn_by_few", "", "Objects that half of them or fewer drew: left out.")
    DISPUTED_PX = _(
        "disputed_px", "px²", "Area that most call cell, in no object that most of them drew."
    )
    IOU_FUSED = _("iou_fused", "", "IoU of their mask with that of the fused labels.")
    IOU_WITH = NamedColumn(
        "iou_with", "", "IoU of their mask with that of another; NaN where both are empty."
    )

    # data.csv of a model
    N_IMAGES = _("n_images", "", "Frames learnt from.")
    STRIDE = _("stride", "", "Median distance of these frames; NaN of a single one.")
    HEIGHT_PX = _("height_px", "px", "Rows of the frames.")
    WIDTH_PX = _("width_px", "px", "Columns of the frames.")
    N_CHANNELS = _("n_channels", "", "Channels of the images: 2 with nuclei.")
    PIXEL_TYPE = _("pixel_type", "", "Type of the grey values, such as uint16.")
    DIAMETER_PX = _(
        "diameter_px",
        "px",
        "Median equivalent diameter of whole objects, debris and those at the border left out.",
    )
    DIAMETER_LOW_PX = _("diameter_low_px", "px", "First quartile of these diameters.")
    DIAMETER_HIGH_PX = _("diameter_high_px", "px", "Third quartile of these diameters.")
    HELD_OUT = _(
        "held_out", "", "True where the movie is not learnt from, only the model judged by it."
    )
