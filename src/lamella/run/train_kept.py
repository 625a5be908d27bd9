"""Trainings that are done: a second start with the same examples and settings trains nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lamella.core.errors import InputError
from lamella.io.atomic import whole_file
from lamella.io.documents import read_json, write_json
from lamella.nets.cellpose import load, version
from lamella.nets.device import Device
from lamella.nets.weights import digest, read_tensors
from lamella.run.cache import key_of
from lamella.train.cellpose import FineTune, Tuned, save_weights
from lamella.train.examples import Example


class Trainings:
    """The networks of every round, in a folder.

    Parameters
    ----------
    folder : Path
        Made when the first training ends.
    base : Path
        Weights that all began with.
    """

    def __init__(self, folder: Path, base: Path, step: FineTune, *, device: Device) -> None:
        self.folder, self.base, self._step, self._device = folder, base, step, device

    def weights(self, number: int) -> Path:
        """The file of a round's weights; of round 0 those of the base."""
        return self.folder / f"round_{number}.pth" if number else self.base

    def tune(
        self,
        start: int,
        number: int,
        training: Sequence[Example],
        held_out: Sequence[Example],
        *,
        advance: Callable[[int, int], object],
    ) -> Tuned:
        """Train round `number` from round `start`, or read what such a training has left."""
        key = key_of(
            digest(self.weights(start)),
            version(),
            self._step.provenance(),
            _fingerprint(training),
            _fingerprint(held_out),
        )
        done = self._done(number, key)
        if done is not None:
            return done
        model = load(self.weights(start), device=self._device)
        tuned = self._step(model, training, held_out, advance=advance)
        # The note comes last: without it the weights mean nothing.
        self._note(number).unlink(missing_ok=True)
        with whole_file(self.weights(number)) as part:
            save_weights(tuned.tensors, part)
        told = tuned._asdict()
        del told["tensors"]
        told["losses"] = tuned.losses.to_dict("list")
        write_json(self._note(number), {"key": key, "tuned": told})
        return tuned

    def _note(self, number: int) -> Path:
        return self.folder / f"round_{number}.json"

    def _done(self, number: int, key: str) -> Tuned | None:
        try:
            note = read_json(self._note(number))
            if note["key"] != key:
                return None
            told: dict[str, Any] = note["tuned"]
            told["losses"] = pd.DataFrame(told["losses"]).astype(
                {"train_loss": np.float64, "held_out_loss": np.float64}
            )
            return Tuned(tensors=read_tensors(self.weights(number)), **told)
        except (InputError, LookupError, TypeError, ValueError):
            return None  # none, or not ours: it is done anew


def _fingerprint(examples: Sequence[Example]) -> str:
    whole = hashlib.blake2b(digest_size=16)
    for each in examples:
        whole.update(repr((each.movie, each.frame, each.image.shape, each.image.dtype)).encode())
        whole.update(np.ascontiguousarray(each.image).tobytes())
        whole.update(np.ascontiguousarray(each.labels).astype(np.int64).tobytes())
    return whole.hexdigest()
