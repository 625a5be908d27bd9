"""Trainings of the recurrent network: kept when done, and taken up where they were stopped."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from lamella.kernels.time_window import window_before
from lamella.nets.convlstm_unet import load_network, read_model, save_model
from lamella.nets.device import Device
from lamella.run.checkpoints import read_checkpoint, write_checkpoint
from lamella.run.train_kept import Trainings
from lamella.train.losses import Looked, nobody_looks
from lamella.train.recurrent import Fit, TaughtMovie
from lamella.train.rounds import Training

CHECKPOINT = "checkpoint.safetensors"


class RecurrentTrainings(Trainings):
    """Recurrent networks.

    After every epoch the state of a training is written, so that the same command goes on from
    there; where the disk refuses, the state of the epoch before stays.

    Parameters
    ----------
    fit : Fit
    about : mapping of str to str
        What a file of weights tells of itself.
    """

    suffix = ".safetensors"

    def __init__(
        self,
        folder: Path,
        base: Path,
        fit: Fit,
        *,
        about: Mapping[str, str],
        device: Device,
        looked: Looked = nobody_looks,
    ) -> None:
        super().__init__(folder, base, device=device, looked=looked)
        self._fit, self._about = fit, about
        _, self.architecture, _ = read_model(base)

    @property
    def checkpoint(self) -> Path:
        """The file of the state of a training that is not done."""
        return self.folder / CHECKPOINT

    def save(self, tensors: Mapping[str, Any], file: Path) -> None:
        """Write a network with its architecture."""
        save_model(file, tensors, self.architecture, about=self._about)

    def read(self, file: Path) -> Mapping[str, Any]:
        """The tensors of a network."""
        return read_model(file)[0]

    def base_told(self) -> dict[str, str]:
        """Its digest, and what its encoder had learnt from."""
        return {**super().base_told(), "encoder": self._about["encoder"]}

    def versions(self) -> dict[str, str]:
        """The version of PyTorch."""
        return {"torch": version("torch")}

    def _deciding(self) -> Sequence[Any]:
        return [version("torch"), self._fit.provenance()]

    def _fingerprint(self, examples: Sequence[TaughtMovie]) -> str:
        whole = hashlib.blake2b(digest_size=16)
        for each in examples:
            about = (each.movie, each.frames.shape, str(each.frames.dtype), tuple(each.levels))
            whole.update(repr(about).encode())
            for t, labels in sorted(each.labels.items()):
                whole.update(repr(t).encode())
                whole.update(np.ascontiguousarray(labels).astype(np.int64).tobytes())
                for shown in self._window(each, t):
                    whole.update(np.ascontiguousarray(each.frames.frame(shown)).tobytes())
        return whole.hexdigest()

    def _window(self, movie: TaughtMovie, t: int) -> list[int]:
        return window_before(t, length=self.architecture.window, n_frames=len(movie.frames))

    def _train(
        self,
        start: Path,
        training: Sequence[TaughtMovie],
        held_out: Sequence[TaughtMovie],
        *,
        key: str,
        advance: Callable[[int, int], object],
    ) -> Training:
        learnt = self._fit(
            load_network(start, device="cpu"),
            training,
            held_out,
            device=self._device,
            resume=read_checkpoint(self.checkpoint, of=key),
            keep=lambda checkpoint: write_checkpoint(self.checkpoint, checkpoint, of=key),
            advance=advance,
            looked=self._looked,
        )
        return Training(
            learnt.tensors, learnt.losses, learnt.best_epoch, learnt.n_frames, learnt.n_cells
        )
