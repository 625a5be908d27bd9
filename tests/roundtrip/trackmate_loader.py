"""TrackMate's loader in a few lines: what it asks of a file, and nothing else.

Followed from TmXmlReader, ManualDetectorFactory and ManualTrackerFactory of TrackMate 7 and 8:
they read attributes with Java's parsers, look features up among those declared, and break off at
edges to unknown spots.
"""

import json
import xml.etree.ElementTree as ET
from types import MappingProxyType


class Reader:
    """Walks a file as TmXmlReader of TrackMate 7 and 8 does, and fails where that would."""

    FACTORIES = MappingProxyType({"MANUAL_DETECTOR": ("RADIUS",), "MANUAL_TRACKER": ()})
    DIMENSIONS = (
        *("QUALITY", "COST", "INTENSITY", "INTENSITY_SQUARED", "POSITION", "VELOCITY", "LENGTH"),
        *("AREA", "TIME", "ANGLE", "ANGLE_RATE", "RATE", "STRING", "NONE"),
    )

    def __init__(self, path):
        self.root = ET.parse(path).getroot()
        assert self.root.tag == "TrackMate"
        assert [int(n) for n in self.root.attrib["version"].split(".")] >= [2, 1, 0]
        self.model = self.root.find("Model")
        self.is_int = {"SpotFeatures": {}, "EdgeFeatures": {}, "TrackFeatures": {}}
        for kind, known in self.is_int.items():
            for child in self.model.find("FeatureDeclarations").find(kind).findall("Feature"):
                assert child.attrib["name"]
                assert child.attrib["shortname"]
                assert child.attrib["dimension"] in self.DIMENSIONS
                known[child.attrib["feature"]] = {"true": True, "false": False}[
                    child.attrib["isint"]
                ]
        self.spots()
        self.tracks()
        self.settings()
        assert self.root.find("GUIState").attrib["state"] == "ConfigureViews"
        look = json.loads(self.root.find("DisplaySettings").text)
        assert len(look["spotUniformColor"].split(",")) == 4

    def value(self, text, whole):
        return int(text) if whole else float(text)

    def spots(self):
        self.frame_of = {}
        collection = self.model.find("AllSpots")
        for frame in collection.findall("SpotsInFrame"):
            t = int(frame.attrib["frame"])
            for spot in frame.findall("Spot"):
                features = dict(spot.attrib)
                number = int(features.pop("ID"))
                assert number not in self.frame_of
                self.frame_of[number] = t
                assert features.pop("name")
                n_points = int(features.pop("ROI_N_POINTS", 0))
                if n_points > 2:
                    values = spot.text.split()  # Java's split keeps an empty first word: none here
                    assert not spot.text[0].isspace()
                    assert len([float(v) for v in values]) == 2 * n_points
                for feature, text in features.items():
                    self.value(text, self.is_int["SpotFeatures"][feature])
                assert int(features["FRAME"]) == t
                for needed in [
                    "POSITION_X",
                    "POSITION_Y",
                    "POSITION_Z",
                    "RADIUS",
                    "QUALITY",
                    "POSITION_T",
                ]:
                    assert needed in features
        assert int(collection.attrib["nspots"]) == len(self.frame_of)

    def tracks(self):
        seen, self.in_track = set(), {}
        for track in self.model.find("AllTracks").findall("Track"):
            number = int(track.attrib["TRACK_ID"])
            for feature, text in track.attrib.items():
                if feature != "name":
                    self.value(text, self.is_int["TrackFeatures"][feature])
            spots = set()
            for edge in track.findall("Edge"):
                for feature, text in edge.attrib.items():
                    self.value(text, self.is_int["EdgeFeatures"][feature])
                ends = (int(edge.attrib["SPOT_SOURCE_ID"]), int(edge.attrib["SPOT_TARGET_ID"]))
                assert self.frame_of[ends[0]] < self.frame_of[ends[1]]
                assert frozenset(ends) not in seen  # a second edge is null in a simple graph
                seen.add(frozenset(ends))
                spots.update(ends)
            assert int(track.attrib["NUMBER_SPOTS"]) == len(spots)
            assert not spots & set(self.in_track)  # tracks are not connected
            self.in_track.update(dict.fromkeys(spots, number))
        shown = [int(e.attrib["TRACK_ID"]) for e in self.model.find("FilteredTracks")]
        assert sorted(shown) == sorted(set(self.in_track.values()))

    def settings(self):
        settings = self.root.find("Settings")
        image = settings.find("ImageData").attrib
        for key in ["pixelwidth", "pixelheight", "voxeldepth", "timeinterval"]:
            assert float(image[key]) > 0
        for key in ["width", "height", "nslices", "nframes"]:
            assert int(image[key]) > 0
        assert {"filename", "folder"} <= set(image)
        for key in ["xstart", "xend", "ystart", "yend", "zstart", "zend", "tstart", "tend"]:
            int(settings.find("BasicSettings").attrib[key])
        for element, key in (
            ("DetectorSettings", "DETECTOR_NAME"),
            ("TrackerSettings", "TRACKER_NAME"),
        ):
            stated = settings.find(element).attrib
            for needed in self.FACTORIES[stated[key]]:
                float(stated[needed])
        first = settings.find("InitialSpotFilter").attrib
        assert first["feature"] in self.is_int["SpotFeatures"]
        float(first["value"])
        assert first["isabove"] in ("true", "false")
        assert settings.find("SpotFilterCollection") is not None
        assert settings.find("TrackFilterCollection") is not None
        for kind in ("SpotAnalyzers", "EdgeAnalyzers", "TrackAnalyzers"):
            assert settings.find("AnalyzerCollection").find(kind) is not None
