"""Trainings that are done: a second start with the same examples and settings trains nothing."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from lamella.core.errors import InputError
from lamella.io.atomic import whole_file
from lamella.io.documents import read_json, write_json
from lamella.nets.cellpose import load, version
from lamella.nets.device import Device
from lamella.nets.weights import digest, read_tensors
from lamella.run.cache import key_of
from lamella.train.cellpose import FineTune, save_weights
from lamella.train.examples import Example
from lamella.train.losses import Looked, nobody_looks
from lamella.train.rounds import Training


class Trainings(ABC):
    """The networks of every round, in a folder.

    Parameters
    ----------
    folder : Path
        Made when the first training ends.
    base : Path
        Weights that all began with.
    looked : callable
        Hears the losses while a network learns.
    """

    suffix: ClassVar[str]
    """Ending of a file of weights."""

    def __init__(
        self, folder: Path, base: Path, *, device: Device, looked: Looked = nobody_looks
    ) -> None:
        self.folder, self.base, self._device, self._looked = folder, base, device, looked

    def weights(self, number: int) -> Path:
        """The file of a round's weights; of round 0 those of the base."""
        return self.folder / f"round_{number}{self.suffix}" if number else self.base

    def tune(
        self,
        start: int,
        number: int,
        training: Sequence[Any],
        held_out: Sequence[Any],
        *,
        advance: Callable[[int, int], object],
    ) -> Training:
        """Train round `number` from round `start`, or read what such a training has left."""
        key = key_of(
            digest(self.weights(start)),
            *self._deciding(),
            self._fingerprint(training),
            self._fingerprint(held_out),
        )
        done = self._done(number, key)
        if done is not None:
            return done
        made = self._train(self.weights(start), training, held_out, key=key, advance=advance)
        # The note comes last: without it the weights mean nothing.
        self._note(number).unlink(missing_ok=True)
        with whole_file(self.weights(number)) as part:
            self.save(made.tensors, part)
        told = made._asdict()
        del told["tensors"]
        told["losses"] = made.losses.to_dict("list")
        write_json(self._note(number), {"key": key, "training": told})
        return made

    @abstractmethod
    def save(self, tensors: Mapping[str, Any], file: Path) -> None:
        """Write a network as others read it."""

    @abstractmethod
    def read(self, file: Path) -> Mapping[str, Any]:
        """The tensors of a network."""

    def base_told(self) -> dict[str, str]:
        """What a card tells of the base beside its name."""
        return {"sha256": digest(self.base)}

    @abstractmethod
    def versions(self) -> dict[str, str]:
        """Of what the network belongs to."""

    @abstractmethod
    def _deciding(self) -> Sequence[Any]:
        """What decides a training beside its base and its examples."""

    @abstractmethod
    def _fingerprint(self, examples: Sequence[Any]) -> str: ...

    @abstractmethod
    def _train(
        self,
        start: Path,
        training: Sequence[Any],
        held_out: Sequence[Any],
        *,
        key: str,
        advance: Callable[[int, int], object],
    ) -> Training: ...

    def _note(self, number: int) -> Path:
        return self.folder / f"round_{number}.json"

    def _done(self, number: int, key: str) -> Training | None:
        try:
            note = read_json(self._note(number))
            if note["key"] != key:
                return None
            told: dict[str, Any] = note["training"]
            losses = pd.DataFrame(told.pop("losses"))
            told["losses"] = losses.astype({"train_loss": np.float64, "held_out_loss": np.float64})
            return Training(tensors=self.read(self.weights(number)), **told)
        except (InputError, LookupError, TypeError, ValueError):
            return None  # none, or not ours: it is done anew


class CellposeTrainings(Trainings):
    """Networks of Cellpose.

    Parameters
    ----------
    step : FineTune
    """

    suffix = ".pth"

    def __init__(
        self,
        folder: Path,
        base: Path,
        step: FineTune,
        *,
        device: Device,
        looked: Looked = nobody_looks,
    ) -> None:
        super().__init__(folder, base, device=device, looked=looked)
        self._step = step

    def save(self, tensors: Mapping[str, Any], file: Path) -> None:
        """Write a network as Cellpose reads it."""
        save_weights(tensors, file)

    def read(self, file: Path) -> Mapping[str, Any]:
        """The tensors of a network, and nothing else that a file may hold."""
        return read_tensors(file)

    def versions(self) -> dict[str, str]:
        """The version of Cellpose."""
        return {"cellpose": version()}

    def _deciding(self) -> Sequence[Any]:
        return [version(), self._step.provenance()]

    def _fingerprint(self, examples: Sequence[Example]) -> str:
        whole = hashlib.blake2b(digest_size=16)
        for each in examples:
            whole.update(
                repr((each.movie, each.frame, each.image.shape, each.image.dtype)).encode()
            )
            whole.update(np.ascontiguousarray(each.image).tobytes())
            whole.update(np.ascontiguousarray(each.labels).astype(np.int64).tobytes())
        return whole.hexdigest()

    def _train(
        self,
        start: Path,
        training: Sequence[Example],
        held_out: Sequence[Example],
        *,
        key: str,
        advance: Callable[[int, int], object],
    ) -> Training:
        model = load(start, device=self._device)
        tuned = self._step(model, training, held_out, advance=advance, looked=self._looked)
        return Training(
            tuned.tensors, tuned.losses, tuned.best_epoch, tuned.n_images, tuned.n_cells
        )
