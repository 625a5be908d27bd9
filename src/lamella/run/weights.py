"""Weights of networks that a study names: found, and found right, before anything starts."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from lamella.core.errors import FaultsError, LamellaError, NotInstalledError
from lamella.io.model_folder import CARD, read_card
from lamella.nets.cellpose import (
    BUILT_IN,
    cache_folder,
    default_model,
    find,
    installed,
    named_diameter,
    version,
)
from lamella.nets.convlstm_unet import find_model
from lamella.nets.device import pick
from lamella.nets.weights import Stamp, digest
from lamella.run.settings import Settings
from lamella.segment import Cellpose, Recurrent, Segmenter

Network = Cellpose | Recurrent
"""Segmenters that need a file of weights."""


class Weights(NamedTuple):
    """A file of weights, and what tells it from others."""

    path: Path
    digest: str
    """SHA-256 of the file."""
    cellpose: str | None = None
    """Version of the Cellpose that works with it; None for a recurrent network."""
    diameter_px: float | None = None
    """What Cellpose reads from the name of the file: other masks from the same weights."""

    def deciding(self) -> list[str | float | None]:
        """What decides the result, whatever else the file is called and wherever it lies."""
        return [self.digest, self.cellpose, self.diameter_px]

    def told(self) -> dict[str, str]:
        """For provenance: where the file lay is no part of it."""
        told = {"file": self.path.name, "sha256": self.digest}
        return told if self.cellpose is None else {**told, "cellpose": self.cellpose}


def weights_of(step: Network, folder: Path, *, download: bool = False) -> Weights:
    """The weights that a step uses.

    Parameters
    ----------
    folder : Path
        What a relative path starts from: the study's.
    download : bool
        Whether weights that Cellpose knows are fetched where they are absent.

    Raises
    ------
    NotInstalledError, SettingsError, InputError
        See `lamella.nets.cellpose.find` and `lamella.nets.convlstm_unet.find_model`; and when a
        model folder holds other weights than those that its card tells of.
    """
    recurrent = isinstance(step, Recurrent)
    path = (
        find_model(step.model, folder=folder)
        if recurrent
        else find(step.model, folder=folder, download=download)
    )
    if step.model and path.parent == folder / Path(step.model).expanduser():  # a model's folder
        _refuse_others(path.parent, Stamp.of(path.parent / CARD), Stamp.of(path))
    if recurrent:
        return Weights(path, digest(path))
    return Weights(path, digest(path), version(), named_diameter(path.resolve()))


def with_weights(step: Segmenter, folder: Path, *, download: bool = False) -> Segmenter:
    """The segmenter with the file of its weights, wherever it runs; as it is if it needs none.

    Raises
    ------
    NotInstalledError, SettingsError, InputError
        See `weights_of`.
    """
    if not isinstance(step, Network):
        return step
    path = weights_of(step, folder, download=download).path
    return step.model_copy(update={"model": str(path.resolve())})


@lru_cache(maxsize=16)
def _refuse_others(folder: Path, card: Stamp, weights: Stamp) -> None:
    """Once per state of the files: large weights take seconds to read."""
    read_card(folder)


def faults_of_weights(settings: Settings, folder: Path, *, download: bool) -> list[LamellaError]:
    """What would keep sets of objects from being found by a network: all faults at once.

    The networks are loaded, which takes seconds, so that a broken file shows.

    Parameters
    ----------
    folder : Path
        The study's.
    download : bool
        Whether weights that Cellpose knows are fetched where they are absent; else they are no
        fault.
    """
    faults: dict[str, LamellaError] = {}
    for each in settings.objects.values():
        step = each.segment
        if not isinstance(step, Network):
            continue
        try:
            if not download and isinstance(step, Cellpose) and _unfetched(step):
                continue
            path = weights_of(step, folder, download=download).path
            step.model_copy(update={"model": str(path.resolve()), "device": "cpu"}).load()
            pick(step.device)
        except LamellaError as fault:
            faults.setdefault(str(fault), fault)
    return list(faults.values())


def uses_networks(settings: Settings) -> bool:
    """Whether any set of objects is found by a network."""
    return any(isinstance(each.segment, Network) for each in settings.objects.values())


def refuse_unusable(settings: Settings, folder: Path) -> None:
    """Raise the faults of `faults_of_weights`, after a download where one is needed."""
    faults = faults_of_weights(settings, folder, download=True)
    if faults:
        raise faults[0] if len(faults) == 1 else FaultsError(faults)


def unfetched(settings: Settings) -> dict[str, Path]:
    """Models that Cellpose knows and that are not on this machine yet, and where their files go.

    None without Cellpose.
    """
    try:
        steps = [each.segment for each in settings.objects.values()]
        files = [_unfetched(step) for step in steps if isinstance(step, Cellpose)]
    except NotInstalledError:
        return {}
    return dict(each for each in files if each is not None)


def _unfetched(step: Cellpose) -> tuple[str, Path] | None:
    name = step.model or default_model()
    file = BUILT_IN[installed()].get(name)
    if file is None or (cache_folder() / file).is_file():
        return None
    return name, cache_folder() / file
