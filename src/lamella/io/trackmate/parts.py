"""The parts of a TrackMate file that are the same for every movie, and its units."""

from __future__ import annotations

import json
from typing import NamedTuple, Self
from xml.sax.saxutils import escape, quoteattr

import numpy as np
from numpy.typing import NDArray

from lamella.core.table import Col
from lamella.core.tracked import Tracked

# Feature, name, short name, dimension, whole number; the names are TrackMate's own.
_SPOT = [
    ("QUALITY", "Quality", "Quality", "QUALITY", False),
    ("POSITION_X", "X", "X", "POSITION", False),
    ("POSITION_Y", "Y", "Y", "POSITION", False),
    ("POSITION_Z", "Z", "Z", "POSITION", False),
    ("POSITION_T", "T", "T", "TIME", False),
    ("FRAME", "Frame", "Frame", "NONE", True),
    ("RADIUS", "Radius", "R", "LENGTH", False),
    ("VISIBILITY", "Visibility", "Visibility", "NONE", True),
]
_EDGE = [
    ("SPOT_SOURCE_ID", "Source spot ID", "Source ID", "NONE", True),
    ("SPOT_TARGET_ID", "Target spot ID", "Target ID", "NONE", True),
    ("LINK_COST", "Edge cost", "Cost", "COST", False),
]
_TRACK = [
    ("TRACK_ID", "Track ID", "ID", "NONE", True),
    ("TRACK_INDEX", "Track index", "Index", "NONE", True),
    ("NUMBER_SPOTS", "Number of spots in track", "N spots", "NONE", True),
    ("NUMBER_GAPS", "Number of gaps", "N gaps", "NONE", True),
    ("NUMBER_SPLITS", "Number of split events", "N splits", "NONE", True),
    ("NUMBER_MERGES", "Number of merge events", "N merges", "NONE", True),
    ("NUMBER_COMPLEX", "Number of complex points", "N complex", "NONE", True),
    ("LONGEST_GAP", "Longest gap", "Lgst gap", "NONE", True),
    ("TRACK_DURATION", "Track duration", "Duration", "TIME", False),
    ("TRACK_START", "Track start", "Track start", "TIME", False),
    ("TRACK_STOP", "Track stop", "Track stop", "TIME", False),
    ("TRACK_DISPLACEMENT", "Track displacement", "Track disp.", "LENGTH", False),
]


def _declared(kind: str, features: list[tuple[str, str, str, str, bool]]) -> str:
    lines = "".join(
        f'        <Feature feature="{feature}" name="{name}" shortname="{short}" '
        f'dimension="{dimension}" isint="{str(whole).lower()}" />\n'
        for feature, name, short, dimension, whole in features
    )
    return f"      <{kind}>\n{lines}      </{kind}>\n"


FEATURES = (
    "    <FeatureDeclarations>\n"
    + _declared("SpotFeatures", _SPOT)
    + _declared("EdgeFeatures", _EDGE)
    + _declared("TrackFeatures", _TRACK)
    + "    </FeatureDeclarations>\n"
)

# All fields of TrackMate's DisplaySettings: one that is missing would be null there.
_LOOK = {
    "name": "Lamella",
    "spotUniformColor": "204, 51, 204, 255",
    "spotColorByType": "TRACKS",
    "spotColorByFeature": "TRACK_INDEX",
    "spotDisplayRadius": 1.0,
    "spotDisplayedAsRoi": True,
    "spotMin": 0.0,
    "spotMax": 10.0,
    "spotShowName": False,
    "trackMin": 0.0,
    "trackMax": 10.0,
    "trackColorByType": "TRACKS",
    "trackColorByFeature": "TRACK_INDEX",
    "trackUniformColor": "204, 204, 51, 255",
    "undefinedValueColor": "0, 0, 0, 255",
    "missingValueColor": "89, 89, 89, 255",
    "highlightColor": "51, 230, 51, 255",
    "trackDisplayMode": "FULL",
    "colormap": "Jet",
    "limitZDrawingDepth": False,
    "drawingZDepth": 10.0,
    "fadeTracks": True,
    "fadeTrackRange": 30,
    "useAntialiasing": True,
    "spotVisible": True,
    "trackVisible": True,
    "font": {
        "name": "Arial",
        "style": 1,
        "size": 12,
        "pointSize": 12.0,
        "fontSerializedDataVersion": 1,
    },
    "lineThickness": 1.0,
    "selectionLineThickness": 4.0,
    "trackschemeBackgroundColor1": "128, 128, 128, 255",
    "trackschemeBackgroundColor2": "192, 192, 192, 255",
    "trackschemeForegroundColor": "0, 0, 0, 255",
    "trackschemeDecorationColor": "0, 0, 0, 255",
    "trackschemeFillBox": False,
    "spotFilled": False,
    "spotTransparencyAlpha": 1.0,
}
DISPLAY = f"  <DisplaySettings>{escape(json.dumps(_LOOK, indent=2))}</DisplaySettings>\n"


class Ruler(NamedTuple):
    """The file's units: pixels and frames where a movie's own are not known."""

    space_unit: str
    pixel: float
    time_unit: str
    interval: float
    times: NDArray[np.float64]

    @classmethod
    def of(cls, tracked: Tracked) -> Self:
        pixel, times = tracked.scale.pixel_size_um, tracked.scale.time_min
        interval = tracked.scale.interval_min
        timed = times is not None and interval is not None and len(times) >= tracked.n_frames
        return cls(
            "µm" if pixel is not None else "pixel",
            pixel if pixel is not None else 1.0,
            "min" if timed else "frame",
            float(interval) if timed and interval is not None else 1.0,
            times if timed and times is not None else np.arange(tracked.n_frames, dtype=float),
        )

    def length(self, pixels: float) -> float:
        """A length in the file's unit."""
        return float(pixels * self.pixel)

    def time(self, t: int) -> float:
        """Time of a frame in the file's unit."""
        return float(self.times[t])


def settings(tracked: Tracked, ruler: Ruler, *, folder: str, name: str) -> str:
    """The Settings element: the image, and detector and tracker of manual annotation."""
    height, width = tracked.frame_shape or _reach(tracked)
    t_end = tracked.n_frames - 1
    empty = "".join(f"      <{kind}Analyzers />\n" for kind in ("Spot", "Edge", "Track"))
    return (
        "  <Settings>\n"
        f"    <ImageData filename={quoteattr(name)} folder={quoteattr(folder)} "
        f'width="{width}" height="{height}" nslices="1" nframes="{tracked.n_frames}" '
        f'pixelwidth="{ruler.pixel}" pixelheight="{ruler.pixel}" voxeldepth="1.0" '
        f'timeinterval="{ruler.interval}" />\n'
        f'    <BasicSettings xstart="0" xend="{width - 1}" ystart="0" yend="{height - 1}" '
        f'zstart="0" zend="0" tstart="0" tend="{t_end}" />\n'
        f'    <DetectorSettings DETECTOR_NAME="MANUAL_DETECTOR" RADIUS="{5 * ruler.pixel}" />\n'
        '    <InitialSpotFilter feature="QUALITY" value="0.0" isabove="true" />\n'
        "    <SpotFilterCollection />\n"
        '    <TrackerSettings TRACKER_NAME="MANUAL_TRACKER" />\n'
        "    <TrackFilterCollection />\n"
        f"    <AnalyzerCollection>\n{empty}    </AnalyzerCollection>\n"
        "  </Settings>\n"
    )


def _reach(tracked: Tracked) -> tuple[int, int]:
    """The smallest frame that holds all places, where nobody knows the movie's own."""
    links = tracked.tracks.links
    if not len(links):
        return 1, 1
    y, x = links[Col.Y_PX].max(), links[Col.X_PX].max()
    return max(1, int(y) + 2), max(1, int(x) + 2)
