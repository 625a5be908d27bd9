"""A recurrent network for other programs: what `lamella export MODEL --to onnx` does."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lamella.core.errors import InputError, SettingsError
from lamella.core.take import WHOLE, Take
from lamella.io import open_movie
from lamella.io.atomic import whole_file
from lamella.io.bioimage_zoo import ZooModel, write_zoo_model
from lamella.io.documents import read_json
from lamella.io.model_folder import CARD
from lamella.kernels.grey_levels import HIGH, LOW
from lamella.kernels.time_window import window_before
from lamella.nets.convlstm_unet.model_file import find_model, load_network, read_model
from lamella.phantom import ColonyPhantom
from lamella.run.model_export_page import page_of
from lamella.run.single import refuse_existing, refuse_input

if TYPE_CHECKING:
    from lamella.nets.convlstm_unet.network import ConvLSTMUNet

SHIPPED = "shipped"
"""Names the model that comes with Lamella, where no file or folder is called so."""

_EPSILON = 1e-6  # as bioimageio adds it to the range of grey values
_SIDE = 256
_CITED = {
    "Gómez-de-Mariscal et al. 2021, the network: Search for temporal cell segmentation robustness "
    "in phase-contrast microscopy videos": "10.48550/arXiv.2112.08817"
}
_TOLD = {
    "cell": "Probability that a pixel of the last frame is cell",
    "distance": "Distance to the edge of the cell over the largest in that cell, 0 outside",
}


class ExportedModel(NamedTuple):
    """What was written."""

    path: Path
    model: Path
    window: int
    multiple: int
    outputs: tuple[str, ...]


def export_model(
    model: str,
    out: Path,
    *,
    to: str,
    authors: Sequence[str] = (),
    licence: str | None = None,
    like: Path | None = None,
    axes: str | None = None,
    take: Take = WHOLE,
    force: bool = False,
) -> ExportedModel:
    """Write a recurrent network as ONNX, or as a package of the BioImage Model Zoo.

    Parameters
    ----------
    model : str
        A model folder, a file of weights, or ``shipped``.
    to : {"onnx", "bioimageio"}
    authors, licence : sequence of str, str
        Of a package, who made the model and under which licence (SPDX) others may use it; known of
        the model that comes with Lamella.
    like : Path, optional
        Movie whose first channel the package is tested with and shows; else a phantom's.
    axes : str, optional
        Letters of the stored dimensions of `like`.
    take : Take
        Which position and slices of `like`.

    Raises
    ------
    SettingsError
        A package without authors or licence; the other options without a package.
    InputError, OutputError, NotInstalledError
    """
    from lamella.nets.convlstm_unet.onnx_file import onnx_bytes

    shipped = model == SHIPPED and not Path(model).exists()
    if not shipped and not Path(model).exists():
        raise InputError(
            model,
            "there is no such file or folder",
            f"give a model folder, a .safetensors file, or {SHIPPED}",
        )
    file = find_model(None if shipped else model)
    refuse_existing(out, force=force)
    refuse_input(out, file)
    if to == "onnx":
        _refuse_idle(authors, licence, like, axes)
    elif shipped:
        authors, licence = authors or ("The Lamella developers",), licence or "BSD-3-Clause"
    elif not authors or licence is None:
        raise SettingsError(
            f"--to {to}",
            "a package tells who made the model and under which licence it may be used",
            'give --author "NAME" (once for each) and --licence, such as CC-BY-4.0',
        )
    about = read_model(file)[2]
    network = load_network(file, device="cpu")
    onnx = onnx_bytes(network, about)
    made = ExportedModel(
        out, file, network.architecture.window, network.architecture.multiple, _outputs(network)
    )
    if to == "onnx":
        with whole_file(out) as part:
            part.write_bytes(onnx)
        return made
    card = read_json(file.parent / CARD) if (file.parent / CARD).is_file() else {}
    title = f"Lamella {SHIPPED if shipped else _name(file)}"
    package = _package(
        network, onnx, title=title, authors=authors, licence=licence or "",
        window=_window(network, like, axes, take), about=about, card=card,
    )  # fmt: skip
    write_zoo_model(out, package)
    return made


def _refuse_idle(
    authors: Sequence[str], licence: str | None, like: Path | None, axes: str | None
) -> None:
    given = {"--author": authors or None, "--licence": licence, "--like": like, "--axes": axes}
    for name, value in given.items():
        if value is not None:
            raise SettingsError(name, "it does nothing with onnx", "it goes with --to bioimageio")


def _name(file: Path) -> str:
    """What the model is called: a folder of its own says more than ``weights``."""
    return file.parent.name if (file.parent / CARD).is_file() else file.stem


def _outputs(network: ConvLSTMUNet) -> tuple[str, ...]:
    from lamella.nets.convlstm_unet.readable import Readable

    return Readable(network).names


def _package(
    network: ConvLSTMUNet,
    onnx: bytes,
    *,
    title: str,
    authors: Sequence[str],
    licence: str,
    window: NDArray[np.float32],
    about: Mapping[str, str],
    card: Mapping[str, Any],
) -> ZooModel:
    import torch

    from lamella.nets.convlstm_unet.one_file import ENTRY, source_in_one_file
    from lamella.nets.convlstm_unet.onnx_file import OPSET
    from lamella.nets.convlstm_unet.readable import Readable

    readable = Readable(network).eval()
    seen = _as_the_zoo_scales(window)
    with torch.no_grad():
        given = [each.numpy()[0, 0] for each in readable(torch.from_numpy(seen)[None])]
    state = io.BytesIO()
    torch.save(readable.state_dict(), state)
    told = network.architecture
    return ZooModel(
        name=title,
        description=(
            f"Segments cells in the last of {told.window} consecutive frames of a video: "
            "MobileNetV2 encoder, U-Net decoder and a ConvLSTM over time."
        ),
        authors=authors,
        licence=licence,
        cite=_CITED,
        readme=page_of(title, told, low=LOW, high=HIGH, about=about, card=card),
        onnx=onnx,
        opset=OPSET,
        state=state.getvalue(),
        source=source_in_one_file(),
        entry=ENTRY,
        settings=told.model_dump(mode="json"),
        pytorch=torch.__version__.partition("+")[0],
        low=LOW,
        high=HIGH,
        multiple=told.multiple,
        window=window,
        outputs={
            name: (image, _TOLD[name]) for name, image in zip(readable.names, given, strict=True)
        },
        picture=_picture(seen[-1], given[0]),
    )


def _window(
    network: ConvLSTMUNet, like: Path | None, axes: str | None, take: Take
) -> NDArray[np.float32]:
    """Raw grey values of the middle of a movie's first frames, (N, Y, X)."""
    told = network.architecture
    if like is None:
        small = ColonyPhantom(
            field_px=(_SIDE, _SIDE), n_frames=told.window, n_cells=5, n_divisions=0, look="phase"
        )
        movie = small.make().movie
    else:
        movie = open_movie(like, axes=axes, take=take)
    frames = movie.channel(movie.channel_names[0])
    sides = [min(side, _SIDE) // told.multiple * told.multiple for side in movie.frame_shape]
    if not all(sides):
        raise InputError(
            str(like),
            "its frames are {} × {} px".format(*movie.frame_shape),
            f"give frames of {told.multiple} px or more",
        )
    first = [(whole - side) // 2 for whole, side in zip(movie.frame_shape, sides, strict=True)]
    middle = tuple(slice(at, at + side) for at, side in zip(first, sides, strict=True))
    which = window_before(
        min(told.window, movie.n_frames) - 1, length=told.window, n_frames=movie.n_frames
    )
    return np.stack([frames.frame(t)[middle].astype(np.float32) for t in which])


def _as_the_zoo_scales(window: NDArray[np.float32]) -> NDArray[np.float32]:
    """The percentiles of this window, which is all that a package can ask for."""
    low, high = np.percentile(window, [LOW, HIGH])
    scaled = (window - low) / (high - low + _EPSILON)
    clipped: NDArray[np.float32] = np.clip(scaled, 0, 1).astype(np.float32)
    return clipped


def _picture(frame: NDArray[np.float32], cell: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Half of the frame's squares as they are, half as the network sees them: 2 : 1."""
    side = min(frame.shape)
    pair = np.hstack([frame[:side, :side], cell[:side, :side]])
    grey: NDArray[np.uint8] = np.round(255 * pair).astype(np.uint8)
    return grey
