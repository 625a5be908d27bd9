"""Parts of frames through Cellpose: each is seen as it is within its frame."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby

from lamella.core.frames import Image
from lamella.nets.cellpose import stretched
from lamella.segment.cellpose.follow import Masks, Part

Evaluate = Callable[[Sequence[Image], float, Sequence[int]], Sequence[Image]]
"""Labels of stretched images of one shape, of frames of these numbers; no object fills more than
the given share of one."""


def masks_of_parts(
    seen: Callable[[int], Image], evaluate: Evaluate, *, largest_fraction: float
) -> Masks:
    """The segmenter that `Followed` wants.

    Grey levels are stretched by the percentiles of the whole frame, and the largest object is a
    share of the whole frame: those of a crop would make the cell dimmer, and drop it for its size.

    Parameters
    ----------
    seen : callable
        What the network is shown of a frame: (Y, X), or (2, Y, X) with the nuclei second.
    largest_fraction : float
        Objects that fill more of their frame than this are dropped.
    """

    def masks(parts: Sequence[Part]) -> list[Image]:
        found: list[Image] = []
        for _, alike in groupby(parts, key=lambda part: part.box and part.box.shape):
            images, numbers, share = [], [], largest_fraction
            for t, box in alike:
                frame = stretched(seen(t), name=f"frame {t}")
                image = frame if box is None else frame[..., *box.here]
                images.append(image)
                numbers.append(t)
                share = largest_fraction * frame.size / image.size
            found += evaluate(images, share, numbers)
        return found

    return masks
