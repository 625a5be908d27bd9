"""What MobileNetV2 has learnt from ImageNet, from the file that Keras publishes.

Lamella neither holds this file nor fetches it; where a user has it, an encoder can start from it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lamella.core.errors import InputError, NotInstalledError, SettingsError
from lamella.nets.convlstm_unet.architecture import Architecture
from lamella.nets.convlstm_unet.installation import refuse_without
from lamella.nets.weights import Stamp

if TYPE_CHECKING:
    import torch

_ADDRESS = "https://storage.googleapis.com/tensorflow/keras-applications/mobilenet_v2/"
_WIDTHS = (0.35, 0.5, 0.75, 1.0, 1.3, 1.4)
_REMEDY = "give the file that Keras publishes for this width, without its top"


def find_keras_file(architecture: Architecture) -> Path:
    """The file of Keras for the width of an architecture, in Keras' own folder of models.

    That is ``models`` in $KERAS_HOME, or in ~/.keras.

    Raises
    ------
    SettingsError
        A width that Keras has published no file for.
    NotInstalledError
        When it is not there; says where it is had.
    """
    if architecture.width not in _WIDTHS:
        raise SettingsError(
            f"width = {architecture.width:g}",
            "Keras has no MobileNetV2 of this width that learnt from ImageNet",
            f"set one of {', '.join(f'{width:g}' for width in _WIDTHS)}, or start from none",
        )
    name = f"mobilenet_v2_weights_tf_dim_ordering_tf_kernels_{architecture.width}_224_no_top.h5"
    home = os.environ.get("KERAS_HOME")
    path = (Path(home) if home else Path.home() / ".keras") / "models" / name
    if not path.is_file():
        raise NotInstalledError(
            "MobileNetV2's weights from ImageNet",
            f"there is no file {path}",
            f"put {_ADDRESS}{name} there, or start from the network that comes with Lamella, which "
            "needs no file",
        )
    return path


def encoder_tensors(file: Path, architecture: Architecture) -> dict[str, torch.Tensor]:
    """The encoder's tensors, by the names that they have in a `ConvLSTMUNet`.

    They are taken in order, as Keras itself does: names of layers have changed between versions,
    their order has not. Keras taught them images of -1 to 1; here frames are of 0 to 1.

    Parameters
    ----------
    file : Path
        Weights without top, in Keras' HDF5 layout: groups of layers, named by the attribute
        ``layer_names``, of whose tensors the attribute ``weight_names`` tells.

    Raises
    ------
    InputError
        When the file is absent, of another layout, or of a network of another width.
    NotInstalledError
        Without PyTorch or h5py.
    """
    refuse_without("torch")
    refuse_without("h5py", extra="imagenet")
    import h5py
    import torch

    from lamella.nets.convlstm_unet.mobilenet import Encoder

    Stamp.of(file)
    with torch.device("meta"):
        wanted = Encoder(architecture.poolings, architecture.width).state_dict()
    tensors = {}
    try:
        with h5py.File(file, "r") as opened:
            stored = _in_order(opened)
            for name, like in wanted.items():
                if name.endswith("num_batches_tracked"):
                    tensors[name] = torch.tensor(0)
                else:
                    tensors[name] = _tensor(file, next(stored, None), name, tuple(like.shape))
    except (OSError, KeyError, TypeError, ValueError, AttributeError, RuntimeError) as error:
        raise InputError(
            str(file), f"it is no file of Keras' weights ({type(error).__name__})", _REMEDY
        ) from error
    return {f"encoder.{name}": tensor for name, tensor in tensors.items()}


def _in_order(opened: Any) -> Iterator[Any]:
    """The datasets, layer by layer."""
    for layer in opened.attrs["layer_names"]:
        group = opened[layer]
        for name in group.attrs["weight_names"]:
            yield group[name]


def _tensor(file: Path, dataset: Any, name: str, shape: tuple[int, ...]) -> torch.Tensor:
    """A stored tensor, its axes in PyTorch's order; refused before it is read if of another shape.

    Keras' kernels are (y, x, inside, outside), depthwise ones (y, x, channels, 1): both are
    (outside, inside, y, x) here.
    """
    import numpy as np
    import torch

    depthwise = len(shape) == 4 and name.split(".")[-3:-1] == ["filter", "conv"]
    order = ((2, 3, 0, 1) if depthwise else (3, 2, 0, 1)) if len(shape) == 4 else (0,)
    found = None if dataset is None else tuple(dataset.shape)
    if found is None or len(found) != len(shape) or tuple(found[i] for i in order) != shape:
        raise InputError(
            str(file),
            f"its tensor for {name} is {found or 'missing'}, of a MobileNetV2 of another width or "
            "another network",
            _REMEDY,
        )
    values = np.asarray(dataset[()], np.float32)
    if not np.isfinite(values).all():
        raise InputError(str(file), f"its tensor for {name} holds NaN or infinity", _REMEDY)
    return torch.from_numpy(values.transpose(order).copy())
