"""The network that a training of the recurrent one begins with."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from lamella.core.errors import SettingsError
from lamella.io.atomic import whole_file
from lamella.nets.convlstm_unet import (
    SHIPPED,
    Architecture,
    adapted,
    find_model,
    from_scratch,
    read_model,
    save_model,
)

if TYPE_CHECKING:
    from lamella.nets.convlstm_unet.network import ConvLSTMUNet

IMAGENET, NONE = "imagenet", "none"
_BEGUN = "round_0.safetensors"


class Start(NamedTuple):
    """Weights to begin with."""

    path: Path
    name: str
    """What the network is called."""
    about: dict[str, str]
    """What its file tells of itself; `encoder` = what the encoder had learnt from."""


def starting(base: str | None, network: Mapping[str, Any], folder: Path, *, seed: int) -> Start:
    """Find or make the network that a training begins with.

    Parameters
    ----------
    base : str or None
        The path of a model, ``imagenet``, ``none``, or None for the model that comes with Lamella.
    network : mapping
        Settings of `Architecture` that differ from those of the base.
    folder : Path
        Where a network that is made or changed is written.

    Raises
    ------
    InputError, SettingsError, NotInstalledError
        No such file, or one that cannot be read; an architecture that the base cannot be given.
    """
    if base in (IMAGENET, NONE):
        asked = Architecture(**(SHIPPED.model_dump() | dict(network)))
        made = from_scratch(asked, seed=seed)
        if base == NONE:
            return _written(made, folder, "Lamella's random network", {"encoder": "nothing"})
        from lamella.nets.convlstm_unet.keras_weights import encoder_tensors, find_keras_file

        known = encoder_tensors(find_keras_file(asked), asked)
        made.load_state_dict(made.state_dict() | known)
        name = "Lamella's network with ImageNet's encoder"
        return _written(made, folder, name, {"encoder": "ImageNet"})
    path = find_model(base)
    name = "Lamella's model" if base is None else Path(base).name
    tensors, was, about = read_model(path)
    about = {"encoder": about.get("encoder", "not told")}
    to = Architecture(**(was.model_dump() | dict(network)))
    if to == was:
        return Start(path, name, about)
    return _written(adapted(tensors, was, to, seed), folder, name, about)


def refuse_absent(base: str | None) -> None:
    """Before anything else is read: the model that is named must be there.

    Raises
    ------
    InputError, SettingsError, NotInstalledError
        See `find_model`.
    """
    if base in (IMAGENET, NONE):
        return
    if base is not None and not Path(base).expanduser().exists():
        raise SettingsError(
            f"--base {base}",
            f"there is no file or folder {base}",
            f"give the path of a .safetensors file or of a model folder, {IMAGENET} or {NONE}, or "
            "leave it out for the network that comes with Lamella",
        )
    find_model(base)


def _written(network: ConvLSTMUNet, folder: Path, name: str, about: dict[str, str]) -> Start:
    path = folder / _BEGUN
    with whole_file(path) as part:
        save_model(part, network.state_dict(), network.architecture, about=about)
    return Start(path, name, about)
