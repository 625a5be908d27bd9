"""TrackMate XML: spots with contours, a graph of edges, and the settings its loader needs."""

from lamella.io.trackmate.read import read_trackmate
from lamella.io.trackmate.write import write_trackmate

__all__ = ["read_trackmate", "write_trackmate"]
