"""Files of recurrent networks: tensors, the architecture they belong to, and a word about them.

A file of safetensors is a length, a header in JSON, and numbers; reading it runs nothing. The
header says what the network is built from, and a digest of everything that decides what it does,
so that a damaged file is known from a good one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from lamella.core.errors import InputError, NotInstalledError, SettingsError
from lamella.nets.convlstm_unet.architecture import Architecture
from lamella.nets.convlstm_unet.installation import refuse_without
from lamella.nets.device import Device, pick
from lamella.nets.weights import Stamp

if TYPE_CHECKING:
    import torch

    from lamella.nets.convlstm_unet.network import ConvLSTMUNet

WEIGHTS = "weights.safetensors"
"""Name of the file in a model folder, where it lies beside card.json."""

_SHIPPED = Path(__file__).with_name("shipped.safetensors")
# One entry only: of several, safetensors writes now one first and now the other.
_KEY = "lamella"
_NETWORK = "convlstm_unet"
_LARGEST_HEADER = 2**20
_REMEDY = "give a file that lamella train recurrent wrote, or train the network again"


def save_model(
    file: Path,
    tensors: Mapping[str, torch.Tensor],
    architecture: Architecture,
    *,
    about: Mapping[str, str] | None = None,
) -> None:
    """Write a network's weights; equal weights give equal bytes.

    The file is written in place: whoever wants it whole or not at all writes it beside and moves
    it.

    Parameters
    ----------
    tensors : mapping of str to Tensor
        ``network.state_dict()``, on any device.
    about : mapping of str to str, optional
        What the file tells of itself: where the weights come from, say.

    Raises
    ------
    OSError
        When the disk refuses.
    """
    refuse_without("safetensors")
    from safetensors.torch import save

    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    told = {
        "network": _NETWORK,
        "architecture": architecture.model_dump(mode="json"),
        "about": dict(about or {}),
    }
    told["sha256"] = _digest(told, plain)
    file.write_bytes(save(plain, metadata={_KEY: json.dumps(told, sort_keys=True)}))


def read_model(path: Path) -> tuple[dict[str, torch.Tensor], Architecture, dict[str, str]]:
    """The tensors of a file on the CPU, the architecture they fit, and what it tells of itself.

    Raises
    ------
    InputError
        When the file is absent, cut short, damaged or another kind of file; when its tensors are
        not exactly those of its architecture, or hold NaN or infinity. Nothing in it is executed,
        and no more is read than a network of its architecture needs.
    NotInstalledError
        Without PyTorch or safetensors.
    """
    refuse_without("torch", "safetensors")
    from safetensors import SafetensorError
    from safetensors.torch import load

    told, start = _told(path)
    architecture, about = _understood(path, told)
    wanted = shapes(architecture)
    size = Stamp.of(path).size
    most = start + 8 * sum(prod(shape) for shape in wanted.values())
    if size > most:
        raise InputError(str(path), f"it has {size} bytes, such a network at most {most}", _REMEDY)
    try:
        tensors = load(path.read_bytes())
    except (SafetensorError, OSError, ValueError, KeyError, RuntimeError) as error:
        raise _broken(path, error) from error
    _refuse_misfits(path, tensors, wanted)
    if told.get("sha256") != _digest(told, tensors):
        raise InputError(str(path), "its content is not what was written: it is damaged", _REMEDY)
    return tensors, architecture, about


def read_architecture(path: Path) -> Architecture:
    """What the network of a file is built from. Only the header is read, without PyTorch.

    Raises
    ------
    InputError
        When the file is absent or another kind of file, or its header is damaged.
    """
    return _architecture(Stamp.of(path))


@lru_cache(maxsize=16)
def _architecture(stamp: Stamp) -> Architecture:
    path = Path(stamp.path)
    return _understood(path, _told(path)[0])[0]


def find_model(model: str | None = None, *, folder: Path = Path()) -> Path:
    """The file of a network. Imports nothing.

    Parameters
    ----------
    model : str, optional
        The path of a file of weights, or of a model folder of Lamella. None is the model that
        comes with Lamella.
    folder : Path
        What a relative path starts from.

    Raises
    ------
    NotInstalledError
        When the model that comes with Lamella is not there.
    SettingsError
        When there is no such path.
    InputError
        When the folder is no model folder.
    """
    if model is None:
        if not _SHIPPED.is_file():
            raise NotInstalledError(
                "the recurrent network that comes with Lamella",
                f"there is no file {_SHIPPED}",
                "install Lamella again, or make it in a copy of the sources: make shipped-model",
            )
        return _SHIPPED
    path = folder / Path(model).expanduser()
    if path.is_dir():
        missing = [name for name in ("card.json", WEIGHTS) if not (path / name).is_file()]
        if missing:
            raise InputError(
                str(path),
                f"it is no folder of a recurrent network: {' and '.join(missing)} missing",
                "give the folder that lamella train recurrent wrote, or a file of weights",
            )
        return path / WEIGHTS
    if path.is_file():
        return path
    raise SettingsError(
        f"model = {model!r}",
        f"there is no file or folder {path}",
        "give the path of a .safetensors file or of a model folder, or leave model out for the "
        "network that comes with Lamella",
    )


def load_network(path: Path, *, device: Device = "auto") -> ConvLSTMUNet:
    """The network of a file, ready to predict; the same object for the same file and device.

    Whoever trains it works on a copy.

    Parameters
    ----------
    device : str
        See :func:`lamella.nets.device.pick`.

    Raises
    ------
    InputError, NotInstalledError
        See `read_model`.
    """
    refuse_without("torch", "safetensors")
    return _loaded(Stamp.of(path), pick(device))


@lru_cache(maxsize=4)
def _loaded(stamp: Stamp, device: torch.device) -> ConvLSTMUNet:
    tensors, architecture, _ = read_model(Path(stamp.path))
    net = from_scratch(architecture, seed=0)
    net.load_state_dict(tensors)
    return net.eval().to(device)


def from_scratch(architecture: Architecture, *, seed: int) -> ConvLSTMUNet:
    """A network with random weights on the CPU, the same for the same seed.

    Raises
    ------
    NotInstalledError
        Without PyTorch.
    """
    refuse_without("torch")
    import torch

    from lamella.nets.convlstm_unet.network import ConvLSTMUNet

    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        return ConvLSTMUNet(architecture)


def adapted(
    tensors: Mapping[str, torch.Tensor], was: Architecture, to: Architecture, seed: int
) -> ConvLSTMUNet:
    """A network of the architecture `to` that knows what one of `was` has learnt.

    The window, the head and the recurrent layer may differ: a layer or an output that is new is
    drawn at random, one that is gone is left out, and the others stay as they are.

    Raises
    ------
    InputError
        When poolings, filters or the encoder's width differ: these decide every layer.
    """
    differing = [
        name for name in ("poolings", "filters", "width") if getattr(was, name) != getattr(to, name)
    ]
    if differing:
        raise InputError(
            "the network to start from",
            ", ".join(
                f"it has {name} = {getattr(was, name)}, and {getattr(to, name)} is asked for"
                for name in differing
            ),
            "leave that as it is, or begin with a new network: --base none or --base imagenet",
        )
    net = from_scratch(to, seed=seed)
    net.load_state_dict({name: _grown(tensors, name, at) for name, at in net.state_dict().items()})
    return net


def _grown(tensors: Mapping[str, torch.Tensor], name: str, new: torch.Tensor) -> torch.Tensor:
    """What was learnt, with as many outputs as the new tensor has: more come from there."""
    import torch

    if name not in tensors:
        return new
    learnt = tensors[name].to(new)
    return torch.cat([learnt[: len(new)], new[len(learnt) :]]) if new.ndim else learnt


def _told(path: Path) -> tuple[dict[str, Any], int]:
    """What Lamella wrote into the header, and where the numbers start."""
    Stamp.of(path)  # tells an absent file from a damaged one
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            header = json.loads(file.read(min(length, _LARGEST_HEADER)))
    except (OSError, ValueError, RecursionError) as error:
        raise _broken(path, error) from error
    try:
        told = json.loads(header["__metadata__"][_KEY])
    except (KeyError, TypeError, ValueError, RecursionError):
        told = None
    if not isinstance(told, dict) or told.get("network") != _NETWORK:
        raise InputError(
            str(path), "it holds another network than Lamella's recurrent one", _REMEDY
        )
    return told, 8 + length


def _understood(path: Path, told: dict[str, Any]) -> tuple[Architecture, dict[str, str]]:
    try:
        architecture = Architecture.model_validate(told.get("architecture"), strict=True)
    except ValidationError as error:
        fault = error.errors()[0]
        where = ".".join(str(part) for part in fault["loc"])
        raise InputError(
            str(path), f"its architecture is not understood ({where}: {fault['msg']})", _REMEDY
        ) from error
    about = told.get("about")
    if not isinstance(about, dict) or not all(isinstance(text, str) for text in about.values()):
        raise InputError(str(path), "what it tells of itself is not text", _REMEDY)
    return architecture, about


def _refuse_misfits(
    path: Path, tensors: dict[str, torch.Tensor], wanted: dict[str, tuple[int, ...]]
) -> None:
    import torch

    bent = {
        name
        for name in wanted.keys() & tensors.keys()
        if wanted[name] != tuple(tensors[name].shape)
        or tensors[name].dtype != (torch.int64 if name.endswith(_COUNTER) else torch.float32)
    }
    faults = [
        f"{len(names)} {fault} ({min(names)}{', …' if len(names) > 1 else ''})"
        for names, fault in (
            (wanted.keys() - tensors.keys(), "missing"),
            (tensors.keys() - wanted.keys(), "unknown"),
            (bent, "of another shape or type"),
        )
        if names
    ]
    if faults:
        raise InputError(
            str(path),
            f"its tensors are not those of its architecture: {', '.join(faults)}",
            _REMEDY,
        )
    for name in sorted(tensors):
        if not bool(torch.isfinite(tensors[name]).all()):
            raise InputError(str(path), f"its tensor {name} holds NaN or infinity", _REMEDY)


_COUNTER = "num_batches_tracked"


@lru_cache(maxsize=16)
def shapes(architecture: Architecture) -> dict[str, tuple[int, ...]]:
    """Name and shape of every tensor of a network; none is filled."""
    import torch

    from lamella.nets.convlstm_unet.network import ConvLSTMUNet

    with torch.device("meta"):
        net = ConvLSTMUNet(architecture)
    return {name: tuple(tensor.shape) for name, tensor in net.state_dict().items()}


def _digest(told: Mapping[str, Any], tensors: Mapping[str, torch.Tensor]) -> str:
    """SHA-256 of all that the file says, but for the digest itself."""
    said = {key: value for key, value in told.items() if key != "sha256"}
    whole = hashlib.sha256(json.dumps(said, sort_keys=True).encode())
    for name in sorted(tensors):
        whole.update(name.encode())
        whole.update(tensors[name].numpy().tobytes())
    return whole.hexdigest()


def _broken(path: Path, error: Exception) -> InputError:
    return InputError(
        str(path),
        f"it is no file of safetensors, or was cut short ({type(error).__name__})",
        _REMEDY,
    )
