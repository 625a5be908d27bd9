"""Of one annotated movie: which frames are held out, and which lie too near to be learnt from."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

from lamella.core.errors import SettingsError

Around = Callable[[int], Collection[int]]


class Block(NamedTuple):
    """Annotated frames of one movie, told apart."""

    training: list[int]
    held_out: list[int]
    """Frames that follow each other among the annotated ones."""
    between: list[int]
    """Too near to a held-out frame: neither learnt from nor scored."""


def hold_out_block(
    annotated: Sequence[int], *, share: float, shown: Around, decide: Around
) -> Block:
    """Hold out the first or the last annotated frames of a movie, with a gap before the others.

    Frames of one movie are alike, so that scores on such frames say how well a network knows this
    movie. The gap keeps them from saying how well it remembers: no frame that it was shown while
    it learnt decides the masks of a held-out one.

    Parameters
    ----------
    annotated : sequence of int
        Numbers of frames.
    share : float
        Of the frames; at least one is held out.
    shown : function
        Numbers of the frames that are shown to learn the masks of a frame.
    decide : function
        Numbers of the frames that decide the masks of a frame when it is segmented.

    Returns
    -------
    Block
        The side that loses fewer frames to the gap is held out; where both lose as many, the end.

    Raises
    ------
    SettingsError
        When nothing would be left to learn from.

    Examples
    --------
    >>> def before(t):
    ...     return {t - 1, t}
    >>> hold_out_block([0, 4, 5, 8, 9], share=0.2, shown=before, decide=before)
    Block(training=[4, 5, 8, 9], held_out=[0], between=[])
    """
    frames = sorted(annotated)
    n = max(1, round(share * len(frames)))
    sides = [(frames[: len(frames) - n], frames[len(frames) - n :]), (frames[n:], frames[:n])]
    blocks = [_parted(rest, held, shown, decide) for rest, held in sides]
    best = max(blocks, key=lambda block: len(block.training))  # of equal ones the first
    if not best.training:
        some = f"frame {frames[0]}" if len(frames) == 1 else f"frames {frames[0]} to {frames[-1]}"
        raise SettingsError(
            "held-out frames",
            f"only {some} of one movie {'is' if len(frames) == 1 else 'are'} annotated, and none "
            "is so far from the others that a network could be scored on it that learnt from them",
            "annotate another movie, or frames that lie further apart than the window",
        )
    return best


def _parted(rest: Sequence[int], held: Sequence[int], shown: Around, decide: Around) -> Block:
    asked = {each for t in held for each in decide(t)}
    near = [t for t in rest if not asked.isdisjoint(shown(t))]
    return Block([t for t in rest if t not in near], list(held), near)
