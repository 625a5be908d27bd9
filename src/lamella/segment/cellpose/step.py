"""Cellpose: cells by a network that learnt what cells look like."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, Self

import numpy as np
from pydantic import BeforeValidator, Field

from lamella.core.errors import LamellaError
from lamella.core.frames import Frames, Image
from lamella.core.step import Reach
from lamella.nets.cellpose import evaluate, find, half_precision, load
from lamella.nets.device import Device
from lamella.segment.by_network import _ByNetwork
from lamella.segment.cellpose.blocks import Blocks
from lamella.segment.cellpose.crops import masks_of_parts
from lamella.segment.cellpose.diameter import Settled, chosen, in_words, settled, told
from lamella.segment.cellpose.follow import Follow, Followed
from lamella.segment.cellpose.half import Agreement, agreement, pays, trusted
from lamella.segment.cellpose.half import in_words as precision_in_words
from lamella.segment.fitting import refuse_unlike

_ON_A_CARD = 8  # frames at once


class Known(NamedTuple):
    """What the movie tells before it is segmented."""

    diameter: Settled | None
    """None where it is not to be estimated."""
    half: Agreement | None
    """None where full precision is used anyway."""


def _by_default(follow: Any) -> Any:
    """``follow = true`` means its defaults."""
    return {} if follow is True else follow


class Cellpose(_ByNetwork):
    """Find cells with Cellpose, of whichever version is installed.

    Cellpose maps the 1st and 99th percentile of every frame to 0 and 1 itself; the labels are those
    that ``CellposeModel.eval`` gives of every frame alone.

    Parameters
    ----------
    model : str or None
        A name that Cellpose knows (``"cyto3"``, ``"nuclei"``, ``"cpsam"``), the path of a file of
        weights, or that of a model folder. None is the generalist of the installed version.
    diameter_px : float, "estimate" or None
        Diameter of the cells. None is that which the weights were trained on; "estimate" measures
        it, once a movie (see `settled`).
    nuclear_channel : str or None
        Channel that shows nuclei, the network's second input: it helps to find dim cells and to
        tell neighbours apart, with models that learnt from both.
    flow_threshold : float
        Objects whose flows err by more are dropped; 0 keeps all.
    cellprob_threshold : float
        Pixels above are cell, -6 to 6: lower it where too little is found.
    smallest_px : int
        Smaller objects are dropped.
    largest_fraction : float
        Objects that fill more of the frame than this are dropped.
    follow : Follow or bool
        In movies of one cell, segment only its neighbourhood, and the whole frame now and then; see
        `Follow`, whose defaults are meant by True.
    half : bool
        On a graphics card, compute in half precision in movies in which it gives the same masks:
        every object of the frames 0, 2 and 6 is found by both, with an intersection over union of
        at least 0.99. On a processor, and with Cellpose 4, it changes nothing.
    device : {"auto", "cpu", "cuda", "mps"}
        What computes; no part of the result.
    batch_size : int or None
        Tiles that go through the network at once; no part of the result. None: one on a processor,
        8 on a graphics card.

    References
    ----------
    Stringer et al., Nat. Methods 18:100 (2021), doi:10.1038/s41592-020-01018-x; cyto3: Stringer &
    Pachitariu, Nat. Methods 22:592 (2025), doi:10.1038/s41592-025-02595-5; cpsam: Pachitariu et
    al., bioRxiv (2025), doi:10.1101/2025.04.28.651001.
    """

    version: ClassVar[int] = 1
    scale_free: ClassVar[bool] = True
    execution: ClassVar[frozenset[str]] = frozenset({"device", "batch_size"})
    method: Literal["cellpose"] = "cellpose"
    model: str | None = Field(None, min_length=1)
    diameter_px: Annotated[float, Field(gt=0, allow_inf_nan=False)] | Literal["estimate"] | None = (
        None
    )
    nuclear_channel: str | None = None
    flow_threshold: float = Field(0.4, ge=0, allow_inf_nan=False)
    cellprob_threshold: float = Field(0.0, ge=-6, le=6)
    smallest_px: int = Field(15, ge=1)
    largest_fraction: float = Field(0.4, gt=0, le=1)
    follow: Annotated[Follow | Literal[False], BeforeValidator(_by_default)] = False
    half: bool = False
    device: Device = "auto"
    batch_size: int | None = Field(None, ge=1)

    @property
    def reach(self) -> Reach:
        return self.follow.reach if self.follow else Reach()

    @classmethod
    def suggestions(cls) -> dict[str, Self]:
        """Its defaults, where its weights lie on this machine: a trial downloads nothing."""
        try:
            find(download=False)
        except LamellaError:
            return {}
        return {"": cls()}

    def prepare(self, frames: Frames, nuclear: Frames | None = None) -> Known | None:
        """What a part of the movie tells of the diameter and of half precision; None: not asked."""
        if self.diameter_px != "estimate" and not self.half:
            return None
        refuse_unlike(frames, nuclear, "nuclear channel", of="the image")
        model = self.load()

        def masks(t: int, diameter_px: float | None, *, half: bool = False) -> Image:
            return self._masks(model, [_seen(frames, nuclear, t)], diameter_px, [t], half=half)[0]

        diameter = None
        if self.diameter_px == "estimate":
            diameter = settled(frames, masks, start=_trained_on(model))

        def diameter_at(t: int) -> float | None:
            if diameter is None or not len(diameter[t].areas):
                return self.diameter_px if isinstance(self.diameter_px, float) else None
            # Of this frame alone, so that parts of a movie tell what the whole one does.
            return chosen({t: diameter[t]})

        half = None
        if self.half and pays(model):
            half = agreement(
                frames,
                lambda t: masks(t, diameter_at(t)),
                lambda t: masks(t, diameter_at(t), half=True),
            )
        return Known(diameter, half)

    def merge(self, states: Sequence[Known | None]) -> Known | None:
        known = [state for state in states if state is not None]
        if not known:
            return None
        diameters = [state.diameter for state in known if state.diameter is not None]
        halves = [state.half for state in known if state.half is not None]
        return Known(
            {t: each for part in diameters for t, each in part.items()} if diameters else None,
            {t: iou for part in halves for t, iou in part.items()} if halves else None,
        )

    def told(self, state: Known | None) -> dict[str, Any]:
        """The diameter and what it rests on, and which precision was used, in JSON."""
        found = {} if state is None or state.diameter is None else told(state.diameter)
        if state is not None and state.half is not None:
            found["half_precision"] = trusted(state.half)
        return found

    def in_words(self, state: Known | None) -> str:
        """Such as ``diameter 41 px, from 37 objects in 6 frames``."""
        if state is None:
            return ""
        words = [] if state.diameter is None else [in_words(state.diameter)]
        words += [] if state.half is None else [precision_in_words(state.half)]
        return "; ".join(words)

    def __call__(
        self,
        frames: Frames,
        nuclear: Frames | None = None,
        *,
        state: Known | None = None,
    ) -> Frames:
        """Labels of every frame, (T, Y, X), numbered within their frame.

        uint16 where a frame has no room for more objects than that holds, else uint32.

        Parameters
        ----------
        frames : Frames
            The channel in which cells show, (T, Y, X).
        nuclear : Frames, optional
            The channel in which nuclei show.

        Raises
        ------
        NotInstalledError, SettingsError, InputError
            When Cellpose or its weights are not there, or are not what they should be; see
            `lamella.nets.cellpose.find` and `load`.

        Warns
        -----
        LamellaWarning
            When the diameter was to be estimated and no frame that was looked at tells it.
        """
        refuse_unlike(frames, nuclear, "nuclear channel", of="the image")
        model = self.load()
        known = self.prepare(frames, nuclear) if state is None else state
        if self.diameter_px == "estimate":
            diameter = chosen((known and known.diameter) or {})
        else:
            diameter = self.diameter_px
        half = known is not None and known.half is not None and trusted(known.half)
        height, width = frames.frame_shape
        few = height * width // self.smallest_px <= np.iinfo(np.uint16).max
        dtype = np.dtype(np.uint16 if few else np.uint32)

        size = self.batch_size or (_ON_A_CARD if model.device.type != "cpu" else 1)

        def seen(t: int) -> Image:
            return _seen(frames, nuclear, t)

        if self.follow:

            def masks(
                images: Sequence[Image], largest_fraction: float, numbers: Sequence[int]
            ) -> Sequence[Image]:
                return self._masks(
                    model, images, diameter, numbers,
                    half=half, largest_fraction=largest_fraction, stretch=False,
                )  # fmt: skip

            parts = masks_of_parts(seen, masks, largest_fraction=self.largest_fraction)
            return Followed(frames, parts, self.follow, at_once=size, dtype=dtype)

        def labels_of(block: Sequence[int]) -> list[Image]:
            found = self._masks(model, [seen(t) for t in block], diameter, block, half=half)
            return [labels.astype(dtype) for labels in found]

        return Blocks(frames, labels_of, size=size, dtype=dtype)

    def load(self) -> Any:
        """Cellpose with its weights; loaded once per process, which takes seconds."""
        return load(find(self.model), device=self.device)

    def _masks(
        self,
        model: Any,
        images: Sequence[Image],
        diameter_px: float | None,
        numbers: Sequence[int],
        *,
        half: bool = False,
        largest_fraction: float | None = None,
        stretch: bool = True,
    ) -> Sequence[Image]:
        with half_precision(model) if half else nullcontext():
            return evaluate(
                model,
                images,
                diameter_px=diameter_px,
                flow_threshold=self.flow_threshold,
                cellprob_threshold=self.cellprob_threshold,
                smallest_px=self.smallest_px,
                largest_fraction=largest_fraction or self.largest_fraction,
                stretch=stretch,
                batch_size=self.batch_size,
                names=[f"frame {t}" for t in numbers],
            )


def _seen(frames: Frames, nuclear: Frames | None, t: int) -> Image:
    """What the network is shown of a frame, (Y, X), or (2, Y, X) with the nuclei second."""
    frame = frames.frame(t)
    if nuclear is None:
        return frame
    both: Image = np.stack([frame.astype(np.float32), nuclear.frame(t).astype(np.float32)])
    return both


def _trained_on(model: Any) -> float:
    """Diameter that the weights were trained on; Cellpose 4 counts from 30 px."""
    return float(getattr(model, "diam_labels", 30.0))
