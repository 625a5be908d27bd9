"""What a reader must know before believing a figure or a column, in plain words."""

from __future__ import annotations

from lamella.core.table import Col

INTERVAL = (
    "Bar at the right of each condition: mean and 95 % interval over {units}, all sessions"
    " together, for these sessions only; whether conditions differ is told by the interval of their"
    " difference, not by whether two such bars overlap."
)

TRAJECTORIES = (
    "Each line is one cell, moved so that its first trusted position is the origin. Dot: start;"
    " star: end; grey: steps rejected because the area or the overlap with the frame before was"
    " too small, or the area changed too much at once. Gaps are not bridged. All panels have the"
    " same scale; y points down, as in the image. Longer movies travel further: compare the"
    " spread only between movies of like length."
)

SPEED = (
    "One mark per cell. Noise of the centroid adds to every step and never cancels, so slow cells"
    " look faster than they are (by 7 % at 3.2 px a step with 0.8 px of noise, by 68 % at 1 px a"
    " step); compare movies taken at the same interval and quality."
)

STEP = (
    "One mark per cell. The interval or the scale of the movies is not known, so steps per frame"
    " stand in for speed: compare only movies taken at the same interval and magnification."
)

PERSISTENCE = (
    "One mark per cell: net displacement over path (the published definition). It falls with the"
    " length of the movie even for the same cell; compare only movies of like length, or use the"
    " straightness over a fixed time beside it."
)

STRAIGHTNESS = (
    "One mark per cell: net displacement over path, mean over all stretches of equally many valid"
    " steps (column straightness_window_frames), so that the length of the movie does not matter."
    " Stretches of different duration are not comparable."
)

TIPS = (
    "One mark per cell: tips of protrusions, mean over valid frames. What the field’s edge cuts is"
    " no tip."
)

PROTRUDING = (
    "One mark per cell: mean speed of the edge where it moves out, free of the field’s border and"
    " of other cells. Jitter of the outline adds to it."
)

AREA = "One mark per cell: mean area of the mask over valid frames, as segmented."

RATIO = (
    "One mark per cell: mean of the pixels at or above the split over mean of those below. The"
    " split is the cell’s own median unless another was set, so the ratio is above 1 even for a"
    " uniform cell: the grey ticks show what noise alone would give. It depends on brightness and"
    " understates a contrast confined to a small part of the cell; sessions of different exposure"
    " are not comparable in absolute value."
)

BAND = (
    "One mark per cell: the bright pixels near the edge over all other pixels of the cell. Unlike"
    " the median split, it does not force half of the cell to be lamellipodium."
)

MSD = (
    "Left: mean squared displacement by lag, all sessions together; bands are 95 % intervals over"
    " movies, lines the persistent random walk that was fitted; grey guides have slope 1"
    " (wandering) and 2 (straight ahead). Noise of the centroid lifts the shortest lags. Right: how"
    " far the direction of a step is that of one a lag before; noise lowers the first lag."
)

CORTEX = (
    "Intensity of the cell’s rim by its angle to the movement, 1 = the cell’s own mean; thin:"
    " cells, thick: their mean per condition. Only frames in which the cell moved enter."
)

EDGE = (
    "Position on the edge (upwards, from an origin that is followed) against time: movement of the"
    " edge, positive outwards; curvature, positive where convex; intensity of the rim. Grey: edge"
    " on the border of the field or against another cell, and what was not measured. The cell with"
    " the most valid steps of the first movie of the condition."
)

SCATTER = (
    "One mark per cell on log axes. The ratio of a cell is its distance from the diagonal (1×);"
    " the thin lines mark other ratios. Marks that leave their line towards the lower left point"
    " to background or camera offset that was not removed."
)

EFFECTS = (
    "Cohen’s d: the difference over the pooled SD (n − 1) of the two conditions’ units, with its"
    " 95 % interval. Filled: all sessions, for the sessions studied and no further; thin: each of"
    " them alone (left out of long plots); open: across sessions like these, the effect’s scatter"
    " from session to session included. An interval that crosses 0 establishes no direction, and is"
    " no proof of equality."
    " The SD of all sessions together holds the difference between sessions too, so that an effect"
    " which is large in each may look small in the whole."
)
OUTLINES = "Grey bar: the effects that outlines a pixel larger or smaller would give."

OUTLINE_BANDS = (
    "Everything measured again with outlines a pixel wider, narrower, and smoother. Dot and line:"
    " Cohen’s d in these sessions and its 95 % interval with the outlines as they are; grey bar:"
    " from the smallest to the largest d over all outlines; small marks tell which is which. A bar"
    " that crosses 0, or is wide beside the interval, says that the effect hangs on the outline."
)

ESTIMATION = (
    "The marks are what is compared: {units}. Filled: how far a"
    " condition lies from the reference in the sessions studied; open: how far it should lie in"
    " sessions like these, where effects vary from session to session. Bars are 95 % intervals,"
    " made so that 95 of 100 such intervals hold the true difference of their claim: one that"
    " leaves out 0 shows a direction, one that holds 0 leaves it open and does not show that there"
    " is no difference. “not told”: the design cannot answer, effects.csv and models.csv say why."
)

REPLICATION = (
    "Does each session repeat the effect, and does one of them carry it alone? Open marks: the"
    " difference in one session, pale where it points the other way. Filled marks with 95 %"
    " interval: all sessions but that one. Band: the interval of all sessions together. Intervals"
    " hold for the sessions in them."
)

ROSE = (
    "Directions as in the image: 0° to the right, 90° downwards. The area of a wedge is the share"
    " of steps that go its way, every cell with the same say; the dashed ring is what no preferred"
    " direction would give. Ticks on the rim: from each cell’s first trusted position to its last."
    " Steps of one cell follow each other’s direction, so that a few cells make a lopsided rose by"
    " chance: go by the ticks."
)

MONTAGE = (
    "Movies ranked by outline_score: the share of frames whose outline is trusted (found, large"
    " enough, no sudden change of area) times 1 − flicker, the median change of the area from frame"
    " to frame. Cells that change their area fast flicker without fault of the outline. All scores"
    " are in tables/quality.csv."
)

EMPTY = (
    "Frames in which the cell was not found, for each movie that has any; in movies of several"
    " cells those of all its cells, between the first frame of each and its last. They enter no"
    " speed, no path and no intensity."
)

COURSE = (
    "Each line is one cell over time; each column has one scale, which ends at the 99.5th"
    " percentile of its values. A slow fall of the ratio over the movie may be bleaching."
)

SUPERPLOT = (
    "Small marks: cells, pale where too few of their steps are valid to count; larger marks: the"
    " means of {units}, which are what the statistics compare."
)

SHARES = (
    "One mark per unit: the share of its cells. A share is a number of a unit, not of a cell, so"
    " that no cell is drawn."
)

VIOLIN = (
    "How the cells of each condition are spread: the shape is widest where most of them are; box:"
    " quartiles and median; whiskers: 5th and 95th percentile. Marks: means of units, a marker per"
    " session. The spread of cells says nothing on whether conditions differ: the means of units"
    " do."
)

PLATE = (
    "Every well where it lies on its plate, all plates on one scale; frames tell conditions. A"
    " gradient towards the rim or along a row is the plate’s, not the treatment’s. Dash: no value;"
    " cross: left out or failed."
)

THRESHOLD = (
    "All objects of each plate by the measure that positives are told by; outlined, at a height of"
    " their own: those of the negative controls. Line and band: threshold and its 95 % interval."
    " Where the line cuts through a hump, the share hangs on it."
)

QUESTION = (
    "A mark per cell; line: least squares with its 95 % band. r is over cells; “within units” has"
    " the mean of its unit taken off every cell, so that units which differ in both measures make"
    " no correlation. Intervals come from leaving out units one by one; with fewer than three units"
    " they take cells for independent. Cause is told by neither."
)

SCALING = (
    "On axes of logarithms a slope of 1 says that nuclei grow in proportion to their cells, a"
    " smaller one that large cells have relatively small nuclei."
)

LEAK = (
    "A correlation above 0.8 suggests that light of one channel reaches the other, or that outlines"
    " do not separate the compartments."
)

SESSIONS = (
    "White marks: the mean of each session, joined by a line from condition to condition; lines"
    " that slope alike say that the sessions repeat the effect."
)

SHAPES = (
    "Cells are too many to be drawn one by one: the shaded outline of a condition and session is"
    " widest where most of its cells are. A thousandth of them at either end may lie beyond the"
    " axis, and is counted above it."
)

BACKGROUND_OFF = "No background was subtracted from these intensities."
BACKGROUND_ON = "A background level was subtracted (column background)."

DOTS: dict[str, str] = {
    Col.MEAN_SPEED: SPEED,
    Col.MEAN_STEP_UM: STEP,
    Col.MEAN_STEP_PX: STEP,
    Col.PERSISTENCE: PERSISTENCE,
    Col.STRAIGHTNESS_FIXED: STRAIGHTNESS,
    Col.AREA_UM2: AREA,
    Col.AREA_PX: AREA,
    Col.LAM_CYTO_RATIO: RATIO,
    Col.BAND_RATIO: BAND,
    Col.N_TIPS: TIPS,
    Col.EDGE_OUT_SPEED: PROTRUDING,
}
