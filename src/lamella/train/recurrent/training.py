"""One training as it goes: epoch by epoch, from any checkpoint."""

from __future__ import annotations

import copy
import hashlib
import math
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from lamella.core.errors import InputError, LamellaWarning, SettingsError
from lamella.nets.convlstm_unet.losses import cross_entropy, distance_loss, soft_cl_dice
from lamella.nets.convlstm_unet.network import ConvLSTMUNet
from lamella.nets.device import out_of_memory
from lamella.train.recurrent.batches import Batch, Drawers
from lamella.train.recurrent.checkpoint import Checkpoint, copied, joined, restore
from lamella.train.recurrent.library import Library
from lamella.train.recurrent.norms import measured, norms_of, renew
from lamella.train.recurrent.patches import Patch
from lamella.train.recurrent.taught import TaughtMovie
from lamella.train.recurrent.yardstick import Yardstick

if TYPE_CHECKING:
    from lamella.train.recurrent.fit import Fit

Done = TypeVar("Done")

_THINNED = 10
"""Erosions of the soft skeleton: protrusions up to twice as many px wide count."""
_COLUMNS = ["epoch", "step", "train_loss", "held_out_loss", "held_out_jaccard"]


class Training:
    """A network on its way, with all that a checkpoint holds.

    Random numbers are drawn from torch's own state, which the caller restores.
    """

    def __init__(
        self,
        fit: Fit,
        network: ConvLSTMUNet,
        library: Library,
        held_out: Library,
        device: torch.device,
    ) -> None:
        self._fit, self._library, self._device = fit, library, device
        # A tenth to a quarter faster, on processors as on cards.
        self._network = network.to(device)
        self._network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._window = network.architecture.window
        shown = 1 if fit.patches.single_frames == 1 else self._window
        self._yardstick = Yardstick(
            held_out, fit.patches, window=shown, together=fit.batch_size, device=device
        )
        self._about = {
            "settings": fit.settings(),
            "architecture": network.architecture.model_dump(mode="json"),
            "movies": [_digest(movies) for movies in (library, held_out)],
        }
        half = device.type == "cuda" and fit.mixed_precision
        self._short = torch.bfloat16 if half and torch.cuda.is_bf16_supported() else torch.float16
        self._half = half
        self._scaler = torch.amp.GradScaler(
            device.type, enabled=half and self._short == torch.float16
        )
        self.batch_size = fit.batch_size
        self.n_epochs, self.ended, self.stopped_early = 0, False, False
        self._step, self._begun, self._improved = 1 if fit.epochs_frozen else 2, 0, 0
        self.best_epoch, self._best_loss = 0, math.inf
        self.best_tensors: dict[str, Tensor] = {}
        self._rows: list[list[Any]] = []
        self._kept_norms = measured(self._network) if fit.keep_norms else []

    @property
    def losses(self) -> pd.DataFrame:
        """A row per epoch, as `Learnt` has it."""
        return pd.DataFrame(self._rows, columns=_COLUMNS).astype(dict.fromkeys(_COLUMNS[2:], float))

    def begin(self, resume: Checkpoint | None) -> None:
        """Look at the network as it is, or take up a training where it was left.

        Raises
        ------
        SettingsError
            The checkpoint is of another training.
        """
        if resume is None:
            self._optimiser = self._optimiser_of_step()
            self._looked(math.nan)
            return
        for name, value in self._about.items():
            if resume.state[name] != value:
                raise SettingsError(
                    "the checkpoint",
                    f"it is of a training with other {name}",
                    "give what it was begun with, or begin anew",
                )
        where = resume.state["where"]
        self._step, self._begun, self._improved = where["step"], where["begun"], where["improved"]
        self.n_epochs, self.ended = where["n_epochs"], where["ended"]
        self.stopped_early, self.batch_size = where["stopped_early"], where["batch_size"]
        self._kept_norms = where["kept_norms"]
        self.best_epoch = where["best_epoch"]
        self._best_loss = math.inf if where["best_loss"] is None else where["best_loss"]
        self._rows = [list(row) for row in resume.state["losses"]]
        self.best_tensors = copied(resume.best)
        self._optimiser = self._optimiser_of_step()
        restore(resume, self._network, self._optimiser)
        self._scaler.load_state_dict(resume.state["scaler"])

    def checkpoint(self) -> Checkpoint:
        """All that it takes to go on."""
        where = {
            "step": self._step,
            "begun": self._begun,
            "improved": self._improved,
            "n_epochs": self.n_epochs,
            "ended": self.ended,
            "stopped_early": self.stopped_early,
            "batch_size": self.batch_size,
            "kept_norms": list(self._kept_norms),
            "best_epoch": self.best_epoch,
            "best_loss": self._best_loss if math.isfinite(self._best_loss) else None,
        }
        return Checkpoint(
            joined(self._network.state_dict(), self.best_tensors, self._optimiser),
            {
                **copy.deepcopy(self._about),
                "where": where,
                "losses": [list(row) for row in self._rows],
                "scaler": self._scaler.state_dict(),
            },
        )

    def epoch(self) -> None:
        """Learn for one epoch, look how the network does, and see whether the step is over."""
        first = self.n_epochs * self._fit.patches_per_epoch
        left = list(range(first, first + self._fit.patches_per_epoch))
        losses: list[float] = []

        def learn_the_rest() -> None:
            for batch in self._batches(drawers, left):
                n = len(batch.windows)
                losses.extend([self._learn(batch, left[0])] * n)
                del left[:n]

        with Drawers(self._device) as drawers:
            self._spared(learn_the_rest)
            if self._fit.norm_patches and len(self._still()) < len(norms_of(self._network)):
                self._spared(lambda: self._renew_norms(drawers, first))
        # The last batch may have spoilt weights that no loss has been asked of since.
        if not all(bool(tensor.isfinite().all()) for tensor in self._network.state_dict().values()):
            raise self._no_number("a weight")
        self.n_epochs += 1
        self._looked(float(np.mean(losses)))
        self._see_whether_over()

    def _batches(self, drawers: Drawers, left: Sequence[int]) -> Iterator[Batch]:
        fit, size = self._fit, self.batch_size
        lists = [left[start : start + size] for start in range(0, len(left), size)]

        def drawn(place: int, number: int) -> Patch:
            window = fit.patches.window_of(lists[place][0] // size, self._window)
            return fit.patches.draw(self._library, number, fit.seed, window)

        return drawers.batches(lists, drawn)

    def _renew_norms(self, drawers: Drawers, first: int) -> None:
        fit, size = self._fit, self.batch_size
        until = first + fit.norm_patches
        lists = [range(i, min(i + size, until)) for i in range(first, until, size)]

        def drawn(place: int, number: int) -> Patch:
            return fit.patches.draw(self._library, number, fit.seed, 1)

        renew(
            self._network,
            (batch.windows for batch in drawers.batches(lists, drawn)),
            still=self._still(),
        )

    def _still(self) -> set[nn.BatchNorm2d]:
        """Layers that normalise by statistics that do not change."""
        norms = norms_of(self._network)
        still = {norms[name] for name in self._kept_norms}
        if self._step == 1:
            still.update(norms_of(self._network.encoder).values())
        return still

    def _learn(self, batch: Batch, number: int) -> float:
        """One step of the optimiser; gives the loss."""
        self._network.train()
        for norm in self._still():
            norm.eval()
        drawn = np.random.SeedSequence((self._fit.seed, number)).generate_state(1, np.uint64)
        torch.manual_seed(int(drawn[0] >> 1))
        per_step = self._fit.patches_per_epoch
        within = number - self._begun * per_step
        share = within / (self._epochs_of_step() * per_step)
        for group in self._optimiser.param_groups:
            group["lr"] = self._fit.rate(step=self._step, done=share)
        self._optimiser.zero_grad(set_to_none=True)
        with torch.autocast(self._device.type, self._short, enabled=self._half):
            found = self._network(batch.windows)
        loss = self._loss(found, batch)
        value = loss.item()
        if not math.isfinite(value):
            raise self._no_number("the loss")
        torch.autograd.backward(self._scaler.scale(loss))
        self._scaler.step(self._optimiser)
        self._scaler.update()
        return float(value)

    def _no_number(self, what: str) -> InputError:
        name = "learning_rate_frozen" if self._step == 1 else "learning_rate"
        return InputError(
            "training",
            f"{what} is no number in epoch {self.n_epochs + 1}",
            f"set a lower {name} than {getattr(self._fit, name):g}, or check the images; the last "
            f"checkpoint holds the best network so far, of epoch {self.best_epoch}",
        )

    def _loss(self, found: Tensor, batch: Batch) -> Tensor:
        loss = cross_entropy(found, batch.target)
        if self._fit.loss == "cl_dice":
            loss = loss + 0.5 * soft_cl_dice(found, batch.target, _THINNED)
        if self._network.architecture.head == "distance":
            deep = distance_loss(found[:, 2], batch.depths, batch.target)
            loss = loss + self._fit.distance_weight * deep
        return loss

    def _looked(self, train_loss: float) -> None:
        """Ask for the loss on held-out movies; the network is kept where it is the best."""
        asked = self._spared(
            lambda: self._yardstick.ask(self._network, self._loss, self.batch_size)
        )
        row = [self.n_epochs, self._step, train_loss, *asked]
        self._rows.append([None if value != value else value for value in row])
        if not self.best_tensors or not len(self._yardstick) or asked.loss < self._best_loss:
            self._best_loss = asked.loss if math.isfinite(asked.loss) else math.inf
            self.best_epoch = self._improved = self.n_epochs
            self.best_tensors = copied(self._network.state_dict())

    def _see_whether_over(self) -> None:
        fit = self._fit
        since = self.n_epochs - max(self._improved, self._begun)
        enough = bool(fit.patience and len(self._yardstick) and since >= fit.patience)
        if not enough and self.n_epochs - self._begun < self._epochs_of_step():
            return
        self.stopped_early = self.stopped_early or (
            self.n_epochs - self._begun < self._epochs_of_step()
        )
        if self._step == 2 or not fit.epochs:
            self.ended = True
            return
        self._step, self._begun = 2, self.n_epochs
        if len(self._yardstick):
            self._network.load_state_dict(self.best_tensors)
        self._optimiser = self._optimiser_of_step()

    def _epochs_of_step(self) -> int:
        return self._fit.epochs_frozen if self._step == 1 else self._fit.epochs

    def _optimiser_of_step(self) -> torch.optim.Optimizer:
        """A fresh one, for the weights that learn."""
        for weight in self._network.encoder.parameters():
            weight.requires_grad_(self._step == 2)
        learning = [weight for weight in self._network.parameters() if weight.requires_grad]
        rate = self._fit.rate(step=self._step, done=0)
        if self._fit.optimiser == "adamw":
            return torch.optim.AdamW(learning, rate, weight_decay=self._fit.weight_decay)
        return torch.optim.Adam(learning, rate)

    def _spared(self, act: Callable[[], Done]) -> Done:
        """Do something with as large a batch as memory allows."""
        while True:
            try:
                return act()
            except (RuntimeError, MemoryError) as error:
                if not out_of_memory(error):
                    raise
                self._halve(error)

    def _halve(self, error: Exception) -> None:
        if self.batch_size == 1:
            raise InputError(
                "training",
                f"memory is short even for one patch of {self._fit.patches.patch_px} px",
                "set a smaller patches.patch_px, close other programs, or use --device cpu",
            ) from error
        if self._device.type == "cuda":
            torch.cuda.empty_cache()
        warnings.warn(
            f"memory was short for {self.batch_size} patches at a time: training goes on with "
            f"{self.batch_size // 2}",
            LamellaWarning,
            stacklevel=6,
        )
        self.batch_size //= 2


def _digest(movies: Sequence[TaughtMovie]) -> str:
    """What tells movies to learn from apart: names, grey levels, and labels."""
    whole = hashlib.blake2b(digest_size=16)
    for each in movies:
        annotated = sorted(each.labels)
        whole.update(
            repr((each.movie, [float(level) for level in each.levels], annotated)).encode()
        )
        for t in annotated:
            whole.update(np.ascontiguousarray(each.labels[t]).tobytes())
    return whole.hexdigest()
