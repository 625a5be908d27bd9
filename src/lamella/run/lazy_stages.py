"""The stages of a movie that find cells, as frames that are computed when they are read."""

from __future__ import annotations

from collections import OrderedDict

from lamella.core.frames import Frames, Image, MappedFrames, Window
from lamella.core.registration import Registration
from lamella.run.work import StageWork
from lamella.segment import UsesNuclei


class LazyStages(StageWork):
    """Segments and splits clumps frame by frame, as they are asked for; nothing is written."""

    @property
    def registration(self) -> Registration | None:
        """How the field drifted, where the run looked."""
        return self._registration

    def segmented(self, name: str) -> Frames:
        """Labels before clumps are split."""
        return self._segmented(self.task.settings.objects[name], {}, set())

    def declumped(self, name: str, labels: Frames, *, seen: range | None = None) -> Frames:
        """Labels with clumps split; `seen` are the frames that tell how wide cells are."""

        def cut(frames: Frames) -> Frames:
            return frames if seen is None else Window(frames, seen.start, seen.stop)

        each = self.task.settings.objects[name]
        step = each.declump
        assert step  # noqa: S101  asked only then
        image = self._shown.channel(each.channel)
        nuclei = self._nuclei(step) if isinstance(step, UsesNuclei) else None
        others = cut(image), None if nuclei is None else cut(nuclei)
        state = step.prepare(self._counted(cut(labels), "cell sizes"), *others)
        return step(labels, image, nuclei, state=state)


def remembering(frames: Frames, most: int = 32) -> Frames:
    """The same frames; those that were computed last are not computed again."""
    kept: OrderedDict[int, Image] = OrderedDict()

    def read(t: int) -> Image:
        if t not in kept:
            kept[t] = frames.frame(t)
            while len(kept) > most:
                kept.popitem(last=False)
        return kept[t]

    return MappedFrames(frames, read)
