"""A phantom: a movie that is drawn when it is looked at, and its truth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import DTypeLike

from lamella.core.frames import Frames, Image
from lamella.core.labels import Labels
from lamella.core.movie import Movie, Scale, regular_times
from lamella.core.table import Col
from lamella.core.tracks import Tracks
from lamella.phantom.draws import Purpose, draws
from lamella.phantom.lineage import true_tracks
from lamella.phantom.scene import Scene
from lamella.phantom.settings import PhantomSettings

# Column of the true tracks: the cell it came from by division, 0 = none.
PARENT = "parent"


class RenderedFrames(Frames):
    """Frames that a function draws on demand."""

    def __init__(
        self,
        draw: Callable[[int], Image],
        *,
        n_frames: int,
        frame_shape: tuple[int, int],
        dtype: DTypeLike,
    ) -> None:
        self._draw = draw
        self.span = range(n_frames)
        self.frame_shape = frame_shape
        self.dtype = np.dtype(dtype)

    def frame(self, t: int) -> Image:
        self._refuse_outside(t)
        return self._draw(t)


@dataclass(frozen=True)
class Phantom:
    """A synthetic movie whose truth is known. Every frame is drawn when asked for, alone.

    Parameters
    ----------
    settings : PhantomSettings
        What it was made from.
    scene : Scene
        Its cells, light and optics.
    """

    settings: PhantomSettings
    scene: Scene

    @property
    def n_frames(self) -> int:
        return self.settings.frames_made

    @cached_property
    def movie(self) -> Movie:
        """The movie as the camera gives it, lazy; its one channel is named after the look."""
        return self._movie_of(
            self._drawn(self._exposed, self.settings.camera.frame_dtype),
            "phantom",
        )

    @cached_property
    def clean(self) -> Movie:
        """The movie without a camera, lazy, float32: expected photo-electrons times gain.

        Without noise, rounding, saturation and camera offset; with blur, bleaching, illumination
        and as much background light as was set.
        """
        return self._movie_of(
            self._drawn(self._expected, np.float32),
            "phantom, clean",
        )

    @cached_property
    def truth(self) -> Labels:
        """Cells by number, lazy, (T, Y, X) uint16 in the pixels of the raw frames; 0 = none.

        A pixel belongs to a cell when its centre lies inside the cell's outline.
        """
        return Labels(
            "cell",
            self._drawn(self.scene.labels, np.uint16),
        )

    @cached_property
    def compartments(self) -> Labels:
        """True compartments, lazy, uint8: 1 = body, 2 = lamellipodium."""
        return Labels(
            "compartment",
            self._drawn(self.scene.compartments, np.uint8),
        )

    @cached_property
    def tracks(self) -> pd.DataFrame:
        """True tracks: `cell`, `frame`, `y_px`, `x_px`, `parent` (0 = none).

        One row for every cell and frame of its life; centroid of the true pixels, NaN where the
        cell has none in the field. Of several cells, those that never show in the field are left
        out. Computed on first use, from the truth of every frame.
        """
        rows = []
        for t in range(self.n_frames):
            labels = self.scene.labels(t)
            y, x = np.nonzero(labels)
            which = labels[y, x]
            n = int(max((actor.cell for actor in self.scene.actors), default=0)) + 1
            counts = np.bincount(which, minlength=n)
            sums = np.bincount(which, y, minlength=n), np.bincount(which, x, minlength=n)
            for actor in self.scene.present(t):
                count = counts[actor.cell]
                centre = [total[actor.cell] / count if count else np.nan for total in sums]
                rows.append((actor.cell, t, *centre, actor.parent))
        table = pd.DataFrame(rows, columns=[Col.CELL, Col.FRAME, Col.Y_PX, Col.X_PX, PARENT])
        if len(self.scene.actors) > 1:
            table = table[table.groupby(Col.CELL)[Col.Y_PX].transform("count") > 0]
            seen = table[PARENT].isin(table[Col.CELL])
            table = table.assign(**{PARENT: table[PARENT].where(seen, 0)})
        return table.sort_values([Col.CELL, Col.FRAME], ignore_index=True)

    @cached_property
    def true_tracks(self) -> Tracks:
        """The true labels linked over time, with parents; see `lamella.phantom.lineage`.

        ``phantom.true_tracks.relabel(phantom.truth.frames)`` is what a perfect tracker paints: a
        cell that leaves the field and comes back is another one. Computed on first use, from the
        truth of every frame.
        """
        return true_tracks(self.scene, self.n_frames)

    def _drawn(self, draw: Callable[[int], Image], dtype: DTypeLike) -> RenderedFrames:
        return RenderedFrames(
            draw, n_frames=self.n_frames, frame_shape=self.settings.field_px, dtype=dtype
        )

    def _expected(self, t: int) -> Image:
        return self.scene.electrons(t) * np.float32(self.settings.camera.gain)

    def _exposed(self, t: int) -> Image:
        rng = draws(self.settings.seed, Purpose.CAMERA, t)
        return self.settings.camera.expose(self.scene.electrons(t), rng)

    def _movie_of(self, frames: RenderedFrames, what: str) -> Movie:
        settings = self.settings
        return Movie(
            channels={settings.look: frames},
            scale=Scale(
                settings.pixel_size_um, regular_times(self.n_frames, settings.interval_min)
            ),
            source=f"{what} (seed {settings.seed})",
        )
