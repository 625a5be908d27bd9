"""Fine-tuning of a Cellpose network on the user's own cells, by Cellpose's own trainer."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Self

import numpy as np
import pandas as pd
from pydantic import Field

from lamella.core.errors import InputError, LamellaWarning, SettingsError
from lamella.core.step import Step
from lamella.nets.cellpose import installed
from lamella.nets.cellpose.installation import imported
from lamella.nets.device import out_of_memory
from lamella.train.cellpose.patches import Prepared, Yardstick, numpy_seeded, prepared
from lamella.train.examples import Example, refuse_shared
from lamella.train.losses import Looked, nobody_looks
from lamella.train.patience import Patience

if TYPE_CHECKING:
    from collections.abc import Iterator

    import torch

_MOST_PATCHES = 64
"""Held-out images that are asked for their loss after every epoch, spread evenly over all."""
_TRAINING_PATCHES = 16
_PATCH_SEED = 42


class Tuned(NamedTuple):
    """What fine-tuning gave."""

    tensors: dict[str, torch.Tensor]
    """The network after its best epoch, in memory, with the cells' mean diameter."""
    losses: pd.DataFrame
    """A row per epoch, 0 = before: epoch, train_loss, held_out_loss (NaN without held-out)."""
    best_epoch: int
    """0 where no epoch was better on the held-out images than the network as it was."""
    n_images: int
    n_cells: int
    diameter_px: float
    """Mean over the training images of the median diameter of their cells."""
    batch_size: int
    """Smaller than asked for where memory was short."""
    stopped_early: bool


class FineTune(Step):
    """Fine-tune a network; the defaults are those published for Cellpose 3 on migrating cells.

    Every training image gives one randomly turned and scaled patch an epoch. After every epoch the
    loss on patches of the held-out images is looked at; the best epoch is kept, and training ends
    when nothing has improved for `patience` epochs. Without held-out images the last epoch is kept.

    Parameters
    ----------
    epochs : int
    optimiser : "sgd" or "adamw"
        Cellpose 4 has AdamW only.
    learning_rate, weight_decay : float
        The rate rises over the first 10 epochs, and falls at the end of long trainings, as
        Cellpose has it.
    batch_size : int
        Patches at a time; halved where memory is short, which is told.
    min_train_masks : int
        Images with fewer objects are left out.
    patch_px : int
        Side of a patch. Smaller images stand in a black frame.
    rescale : bool
        Scale images so that their cells have the diameter that the network is made for.
    images_per_epoch : int, optional
        Draw so many images each epoch, with replacement; all of them, once each, by default.
    patience : int or False
        Epochs without improvement on the held-out images after which training ends; False: it
        never does.
    seed : int
        Decides which image meets which of the random turns. Cellpose draws these alike in every
        training, so that with one training image the seed changes nothing.
    """

    epochs: int = Field(100, ge=1, le=10_000)
    optimiser: Literal["sgd", "adamw"] = "sgd"
    learning_rate: float = Field(0.05, gt=0, le=1)
    weight_decay: float = Field(1e-4, ge=0, le=1)
    batch_size: int = Field(8, ge=1, le=1024)
    min_train_masks: int = Field(1, ge=1)
    patch_px: int = Field(224, ge=32, le=2048, multiple_of=8)
    rescale: bool = True
    images_per_epoch: int | None = Field(None, ge=1)
    patience: Patience = 30
    seed: int = Field(0, ge=0, lt=2**32)

    @classmethod
    def published(cls, major: int) -> Self:
        """The settings that were published for a major version of Cellpose."""
        if major == 3:
            return cls()
        return cls(
            optimiser="adamw",
            learning_rate=1e-5,
            weight_decay=0.1,
            batch_size=1,
            patch_px=256,
            rescale=False,
        )

    def __call__(
        self,
        model: Any,
        examples: Sequence[Example],
        held_out: Sequence[Example] = (),
        *,
        advance: Callable[[int, int], object] = lambda done, total: None,
        looked: Looked = nobody_looks,
    ) -> Tuned:
        """Train a copy of the model's network; the model stays as it is.

        Parameters
        ----------
        model : cellpose.models.CellposeModel
        examples, held_out : sequence of Example
            Held-out images must be of other movies: frames of one movie are all alike.
        advance : callable
            Called with the number of epochs done, and of all.
        looked : callable
            Called with the losses of every epoch; anew from the first where memory was short.

        Raises
        ------
        InputError
            No training image with enough objects, an image that does not fit its labels or that is
            also held out, a loss that is no number, or too little memory even for one patch.
        SettingsError
            SGD with Cellpose 4.
        """
        self._refuse_settings()
        chosen = self._usable(examples)
        refuse_shared(chosen, held_out)
        network = trainable(model)
        device = network.device
        order = np.random.default_rng(self.seed).permutation(len(chosen))
        ready = [prepared(chosen[i], device) for i in order]
        asked = [prepared(held_out[i], device) for i in _spread(len(held_out), _MOST_PATCHES)]
        batch_size = self.batch_size
        while True:
            try:
                with _random_state_kept(device, self.seed):
                    tensors, rows, best = self._train(
                        copy.deepcopy(network), ready, asked, batch_size, advance, looked
                    )
                break
            except RuntimeError as error:
                if not out_of_memory(error):
                    raise
                batch_size = _halved(batch_size, self.patch_px, error)
        losses = pd.DataFrame(rows, columns=["epoch", "train_loss", "held_out_loss"])
        return Tuned(
            tensors,
            losses,
            best,
            len(ready),
            sum(len(np.unique(e.labels[e.labels != 0])) for e in chosen),
            float(np.mean([each.diameter_px for each in ready])),
            batch_size,
            stopped_early=int(losses["epoch"].iloc[-1]) < self.epochs,
        )

    def _refuse_settings(self) -> None:
        if installed() > 3 and (self.optimiser == "sgd" or self.patch_px != 256):
            raise SettingsError(
                f"optimiser = {self.optimiser}, patch_px = {self.patch_px}",
                "Cellpose 4 trains with AdamW, on patches of 256 px",
                "set optimiser=adamw patch_px=256",
            )

    def _usable(self, examples: Sequence[Example]) -> list[Example]:
        """The examples with enough objects."""
        counts = [len(np.unique(e.labels[e.labels != 0])) for e in examples]
        enough = [n >= self.min_train_masks for n in counts]
        wanted = "an object" if self.min_train_masks == 1 else f"{self.min_train_masks} objects"
        if not any(enough):
            raise InputError(
                "training images",
                f"none of {len(examples)} has {wanted}",
                "outline cells, or lower min_train_masks",
            )
        if n_poor := enough.count(False):
            warnings.warn(
                f"{n_poor} of {len(examples)} training images were left out: they have not "
                f"{wanted} (min_train_masks)",
                LamellaWarning,
                stacklevel=3,
            )
        return [e for e, good in zip(examples, enough, strict=True) if good]

    def _train(
        self,
        net: Any,
        ready: Sequence[Prepared],
        asked: Sequence[Prepared],
        batch_size: int,
        advance: Callable[[int, int], object],
        looked: Looked,
    ) -> tuple[dict[str, torch.Tensor], list[tuple[int, float, float]], int]:
        trainer = imported("train")
        watch = _Watch(self, net, ready, asked, batch_size, advance, looked)
        # The trainer has no callback, but saves the network after every epoch from the second.
        net.save_model = watch.epoch_ended
        with (
            TemporaryDirectory(prefix="lamella-") as folder,
            _without_bars(trainer),
            suppress(_EnoughError),
        ):
            trainer.train_seg(
                net,
                train_data=[each.image for each in ready],
                train_labels=[each.flows for each in ready],
                batch_size=batch_size,
                learning_rate=self.learning_rate,
                n_epochs=self.epochs,
                weight_decay=self.weight_decay,
                normalize={"normalize": False},  # done: a bool would be kept for later calls
                save_path=folder,
                save_every=1,
                nimg_per_epoch=self.images_per_epoch,
                rescale=self.rescale,
                bsize=self.patch_px,
                min_train_masks=self.min_train_masks,
                model_name="network",
                **self._of_version(),
            )
        return watch.best_tensors, watch.rows, watch.best_epoch

    def _of_version(self) -> dict[str, Any]:
        return {"SGD": self.optimiser == "sgd"} if installed() == 3 else {"channel_axis": 0}


class _EnoughError(Exception):
    """Nothing has improved for long: the trainer may stop."""


class _Watch:
    """Asks for the losses after every epoch, keeps the best network, and ends the training."""

    def __init__(
        self,
        step: FineTune,
        net: Any,
        ready: Sequence[Prepared],
        asked: Sequence[Prepared],
        batch_size: int,
        advance: Callable[[int, int], object],
        looked: Looked,
    ) -> None:
        self._step, self._net, self._batch_size = step, net, batch_size
        self._advance, self._looked = advance, looked
        mean_px = float(np.mean([each.diameter_px for each in ready]))

        def patches(some: Sequence[Prepared]) -> Yardstick:
            return Yardstick(
                some,
                net,
                patch_px=step.patch_px,
                mean_px=mean_px,
                rescale=step.rescale,
                seed=_PATCH_SEED,
            )

        self._training, self._held_out = patches(ready[:_TRAINING_PATCHES]), patches(asked)
        self.rows: list[tuple[int, float, float]] = []
        self.best_epoch = 0
        self.best_tensors: dict[str, torch.Tensor] = {}
        self._best = np.inf
        self._look(0)

    def epoch_ended(self, filename: object) -> None:
        """Called in place of saving: after every epoch from the second, and once at the end."""
        epochs = self._step.epochs
        epoch = self.rows[-1][0] + 1 if len(self.rows) > 1 else min(2, epochs)
        if epoch > epochs:
            return
        self._look(epoch)
        self._advance(epoch, epochs)
        patience = self._step.patience
        if patience and len(self._held_out) and epoch - self.best_epoch >= patience:
            raise _EnoughError

    def _look(self, epoch: int) -> None:
        train = self._training.loss(self._net, self._batch_size)
        held_out = self._held_out.loss(self._net, self._batch_size)
        if not np.isfinite([train, held_out if len(self._held_out) else 0.0]).all():
            raise InputError(
                "fine-tuning",
                f"the loss is no number after epoch {epoch}",
                f"set a lower learning_rate than {self._step.learning_rate:g}, or check the images",
            )
        self.rows.append((epoch, train, held_out))
        self._looked(epoch, train, held_out)
        if not len(self._held_out) or held_out < self._best:
            self._best, self.best_epoch = held_out, epoch
            self.best_tensors = {
                name: tensor.detach().to("cpu", copy=True)
                for name, tensor in self._net.state_dict().items()
            }


def trainable(model: Any) -> Any:
    """A copy of a model's network that can be trained, in 32 bits."""
    net = model.net
    if installed() > 3:
        import torch

        copied = copy.deepcopy(net)
        copied.dtype = torch.float32  # Cellpose 4 segments in bfloat16
        return copied
    fresh = imported("resnet_torch").CPnet(list(net.nbase), net.nout, sz=net.sz)
    fresh.load_state_dict(net.state_dict())
    fresh.diam_mean.data.fill_(float(model.diam_mean))
    return fresh.to(model.device)


def save_weights(tensors: Mapping[str, torch.Tensor], file: Path) -> None:
    """Write tensors as Cellpose writes and reads them."""
    import torch

    torch.save(dict(tensors), file)


def _halved(batch_size: int, patch_px: int, error: RuntimeError) -> int:
    import torch

    if batch_size == 1:
        raise InputError(
            "fine-tuning",
            f"memory is short even for one patch of {patch_px} px",
            "set a smaller patch_px, close other programs, or use --device cpu",
        ) from error
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    warnings.warn(
        f"memory was short for {batch_size} patches at a time: training goes on with "
        f"{batch_size // 2} from its start",
        LamellaWarning,
        stacklevel=3,
    )
    return batch_size // 2


def _spread(n: int, most: int) -> list[int]:
    """At most so many places of `n`, evenly."""
    return [int(i) for i in np.linspace(0, n - 1, min(n, most)).round()] if n else []


@contextmanager
def _without_bars(trainer: Any) -> Iterator[None]:
    """Cellpose shows a bar of its own while it measures diameters; here it counts in silence."""
    before = trainer.trange
    trainer.trange = range
    try:
        yield
    finally:
        trainer.trange = before


@contextmanager
def _random_state_kept(device: torch.device, seed: int) -> Iterator[None]:
    """Seeded within the block, and as before after it."""
    import torch

    cards = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(devices=cards), numpy_seeded(seed):
        torch.manual_seed(seed)
        yield
