"""Training of the recurrent network in two steps: its decoder, then all of it."""

from __future__ import annotations

import copy
import math
import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple, Self

import pandas as pd
from pydantic import Field, model_validator

from lamella.core.errors import LamellaWarning
from lamella.core.step import Step
from lamella.nets.device import Device, pick
from lamella.train.losses import Looked, nobody_looks
from lamella.train.patience import Patience
from lamella.train.recurrent.checkpoint import Checkpoint
from lamella.train.recurrent.faults import counted, refuse
from lamella.train.recurrent.library import Library
from lamella.train.recurrent.patches import Patches
from lamella.train.recurrent.taught import TaughtMovie

if TYPE_CHECKING:
    from torch import Tensor

    from lamella.nets.convlstm_unet.network import ConvLSTMUNet


class Learnt(NamedTuple):
    """What a training gave."""

    tensors: dict[str, Tensor]
    """The network after its best epoch, in memory."""
    losses: pd.DataFrame
    """A row per epoch, 0 = before: epoch, step (1 = the encoder stands still, 2 = all learns),
    train_loss (NaN before), held_out_loss, held_out_jaccard (NaN without held-out movies)."""
    best_epoch: int
    """0 where no epoch was better on the held-out movies than the network as it was."""
    stopped_early: bool
    batch_size: int
    """Smaller than asked for where memory was short."""
    n_frames: int
    """Annotated frames that were learnt from."""
    n_cells: int


class Fit(Step):
    """Train a network on annotated frames of some movies.

    First the decoder and the ConvLSTM learn while the encoder stands still, then all learns. After
    every epoch the loss on squares of held-out movies is looked at; a step ends when nothing has
    improved for `patience` epochs, the second begins with the best network of the first, and the
    best of all is kept. Without held-out movies nothing ends early and the last is kept. Of more
    than 32 held-out movies, 32 are asked.

    Every patch, and what dropout leaves out, follows from the seed and its number alone: a training
    that goes on from a checkpoint gives the same weights as one that was never interrupted, bit
    for bit on a processor with the same number of threads.

    Parameters
    ----------
    epochs_frozen, epochs : int
        At most so many with the encoder standing still, and so many of all.
    patches_per_epoch, batch_size : int
        A batch is halved where memory is short, which is told.
    learning_rate_frozen, learning_rate : float
    optimiser : {"adam", "adamw"}
    weight_decay : float
        Of AdamW.
    schedule : {"constant", "cosine"}
        With "cosine" the rate of each step falls to 0 along half a cosine.
    warm_up : float
        Share of each step over which the rate rises from 0, as networks without any training need.
    loss : {"cross_entropy", "cl_dice"}
        "cl_dice" adds half a soft centre-line Dice, which keeps thin protrusions in one piece.
    distance_weight : float
        Of the distance head's error, where the network has one.
    keep_norms : bool
        Layers of batch normalisation that know images keep their statistics: those of a few patches
        of one movie, all within one large cell perhaps, are unlike any that they have learnt.
        False: every batch is normalised by itself.
    norm_patches : int
        Single frames on which the statistics of the other layers are measured anew after every
        epoch. 0 leaves them moving as in Keras, which takes thousands of batches.
    patience : int or False
        Epochs without improvement on held-out movies after which a step ends; False: none does.
    mixed_precision : bool
        On NVIDIA cards only: half of the bits where they suffice.
    seed : int
    patches : Patches

    References
    ----------
    Gómez-de-Mariscal et al., arXiv:2112.08817. Shit et al., CVPR 2021,
    doi:10.1109/CVPR46437.2021.01629.
    """

    version: ClassVar[int] = 1
    epochs_frozen: int = Field(0, ge=0, le=100_000)
    epochs: int = Field(8, ge=0, le=100_000)
    patches_per_epoch: int = Field(48, ge=1, le=1_000_000)
    batch_size: int = Field(4, ge=1, le=1024)
    learning_rate_frozen: float = Field(0.005, gt=0, le=1)
    learning_rate: float = Field(3e-3, gt=0, le=1)
    optimiser: Literal["adam", "adamw"] = "adamw"
    weight_decay: float = Field(0.01, ge=0, le=1)
    schedule: Literal["constant", "cosine"] = "cosine"
    warm_up: float = Field(0.1, ge=0, le=1)
    loss: Literal["cross_entropy", "cl_dice"] = "cross_entropy"
    distance_weight: float = Field(1.0, ge=0, le=100)
    keep_norms: bool = True
    norm_patches: int = Field(32, ge=0, le=100_000)
    patience: Patience = 10
    mixed_precision: bool = True
    seed: int = Field(0, ge=0, lt=2**32)
    patches: Patches = Patches()

    @model_validator(mode="after")
    def _some_epoch(self) -> Self:
        if not self.epochs_frozen + self.epochs:
            raise ValueError("epochs_frozen and epochs are both 0: nothing would be learnt")
        return self

    @classmethod
    def published(cls) -> Self:
        """As in arXiv:2112.08817; its epochs have as many patches as there were videos to learn."""
        return cls(
            epochs_frozen=2000,
            epochs=2000,
            patches_per_epoch=56,
            batch_size=1,
            learning_rate=1e-4,
            optimiser="adam",
            schedule="constant",
            warm_up=0,
            keep_norms=False,
            norm_patches=0,
            patience=False,
            mixed_precision=False,
            patches=Patches.published(),
        )

    def __call__(
        self,
        network: ConvLSTMUNet,
        training: Sequence[TaughtMovie],
        held_out: Sequence[TaughtMovie] = (),
        *,
        device: Device = "auto",
        resume: Checkpoint | None = None,
        keep: Callable[[Checkpoint], object] = lambda checkpoint: None,
        advance: Callable[[int, int], object] = lambda done, total: None,
        looked: Looked = nobody_looks,
    ) -> Learnt:
        """Train a copy of the network; the network stays as it is.

        Parameters
        ----------
        network : ConvLSTMUNet
        training, held_out : sequence of TaughtMovie
            No annotated frame may stand in both.
        device : {"auto", "cpu", "cuda", "mps"}
        resume : Checkpoint, optional
            Goes on from there; the network tells the architecture only.
        keep : callable
            Called with a checkpoint before the first epoch and after every one.
        advance : callable
            Called with the number of epochs done, and of all.
        looked : callable
            Called with the losses of every epoch, those before a checkpoint included.

        Raises
        ------
        InputError
            No annotated frame has a cell, labels that do not fit their movie, a frame that is also
            held out, a loss that is no number (the last checkpoint holds the best network so far),
            or too little memory even for one patch.
        SettingsError
            Patches whose side the network cannot halve often enough, or a checkpoint of another
            training.
        """
        import torch

        from lamella.train.recurrent.training import Training

        architecture = network.architecture
        library, asked = Library.of(training), Library.of(held_out)
        refuse(self.patches, architecture, library, asked)
        _tell_short(library, architecture.window)
        chosen = pick(device)
        cards = [chosen] if chosen.type == "cuda" else []
        with torch.random.fork_rng(devices=cards):
            course = Training(self, copy.deepcopy(network), library, asked, chosen)
            course.begin(resume)
            if resume is None:
                keep(course.checkpoint())
            _tell_losses(course.losses, looked)
            while not course.ended:
                course.epoch()
                keep(course.checkpoint())
                _tell_losses(course.losses.tail(1), looked)
                advance(course.n_epochs, self.epochs_frozen + self.epochs)
        n_frames, n_cells = counted(library)
        return Learnt(
            course.best_tensors,
            course.losses,
            course.best_epoch,
            course.stopped_early,
            course.batch_size,
            n_frames,
            n_cells,
        )

    def rate(self, *, step: int, done: float) -> float:
        """The learning rate after a share of a step."""
        highest = self.learning_rate_frozen if step == 1 else self.learning_rate
        if done < self.warm_up:
            highest *= done / self.warm_up
        if self.schedule == "constant":
            return highest
        return highest * (1 + math.cos(math.pi * done)) / 2

    def settings(self) -> dict[str, Any]:
        """All that decides the weights, in JSON."""
        return self.model_dump(mode="json")


def _tell_losses(losses: pd.DataFrame, looked: Looked) -> None:
    columns = (losses[name] for name in ("epoch", "train_loss", "held_out_loss"))
    for epoch, train, held_out in zip(*columns, strict=True):
        looked(int(epoch), float(train), float(held_out))


def _tell_short(movies: Sequence[TaughtMovie], window: int) -> None:
    short = [each.movie for each in movies if len(each.frames) < window]
    if short:
        more = f" and {len(short) - 1} more" if len(short) > 1 else ""
        warnings.warn(
            f"{short[0]}{more}: fewer frames than the {window} of a window, whose first ones are "
            "reflected",
            LamellaWarning,
            stacklevel=3,
        )
