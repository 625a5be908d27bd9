"""Held-out frames under two segmenters, as a run would segment them."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

from lamella.core.errors import LamellaWarning
from lamella.core.frames import Frames, Image, Window
from lamella.run.cache import Manifest
from lamella.run.samples import Sample
from lamella.run.study import Study
from lamella.run.task import task_for
from lamella.run.trial import windows_around
from lamella.run.work import StageWork

_WIDTHS_FROM = 2
"""Frames on either side of a held-out one whose cells tell how wide cells are, to split clumps."""


class _Segmenting(StageWork):
    """A movie segmented as in a run; nothing is written."""

    def single(self, name: str, wanted: Sequence[int]) -> Frames:
        """Labels with clumps split, where the study does so; a frame is computed when it is read.

        The width of cells, by which clumps are split, is that in the wanted frames and the nearest
        around them, not in the whole movie.
        """
        each = self.task.settings.objects[name]
        labels = self._segmented(each, {}, set())
        step = each.declump
        if not step:
            return labels
        image, nuclei = self._shown.channel(each.channel), self._nuclei(step)
        states = []
        for part in windows_around(labels.span, wanted, margin=_WIDTHS_FROM):
            cut = [None if f is None else Window(f, part.start, part.stop) for f in (image, nuclei)]
            states.append(step.prepare(Window(labels, part.start, part.stop), *cut))
        return step(labels, image, nuclei, state=step.merge(states))


def found_in(
    study: Study,
    sample: Sample,
    run: Path,
    name: str,
    frames: Sequence[int],
    *,
    advance: Callable[[int, int], object] = lambda done, total: None,
) -> dict[int, Image]:
    """Labels (Y, X) of some frames of a movie by the segmenter of a study, by frame number.

    Frames are normalised, and clumps split, as in a run of the study; cells are not tracked.

    Parameters
    ----------
    run : Path
        Folder of a run: what it knows of the light is used. Nothing is written into it.
    """
    task = task_for(study, sample, run)
    work = _Segmenting(task, Manifest(task.folder), lambda stage, done, total: None)
    made: dict[int, Image] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LamellaWarning)  # told when the study is run
        labels = work.single(name, frames)
        for done, t in enumerate(sorted(frames), start=1):
            made[t] = labels.frame(t).copy()
            advance(done, len(frames))
    return made
