"""Large movies cut into chunks of frames, which different workers process."""

from lamella.run.chunks.cutting import Cutting
from lamella.run.chunks.parts import FOLDER, Part, PartDone, Parts, PartsWanted

__all__ = ["FOLDER", "Cutting", "Part", "PartDone", "Parts", "PartsWanted"]
