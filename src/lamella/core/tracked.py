"""Tracked objects: labels and tracks of one movie together, as they go from tool to tool."""

from __future__ import annotations

from dataclasses import dataclass, field

from lamella.core.frames import Frames
from lamella.core.labels import Labels
from lamella.core.movie import Scale
from lamella.core.tracks import Tracks


@dataclass(frozen=True)
class Tracked:
    """What the formats of the field carry between tools: who is where, and in which shape.

    Parameters
    ----------
    tracks : Tracks
        Where `labels` are there, `label` in its links is the object's number in them.
    n_frames : int
        Frames of the movie, those without any object included.
    labels : Labels, optional
        (T, Y, X); None where only places are known. A number means an object of its frame;
        :meth:`painted` gives them with track ids.
    frame_shape : (int, int), optional
        (Y, X) of the movie; None where neither labels nor the file tell.
    scale : Scale
        What the file states of it.
    source : str
        Where it comes from, for messages.
    notes : tuple of str
        What the reader noticed and a user should know.
    """

    tracks: Tracks
    n_frames: int
    labels: Labels | None = None
    frame_shape: tuple[int, int] | None = None
    scale: Scale = field(default_factory=Scale)
    source: str = "tracks"
    notes: tuple[str, ...] = ()

    def painted(self) -> Frames | None:
        """The labels with track ids; None where there are no labels."""
        return None if self.labels is None else self.tracks.relabel(self.labels.frames)
