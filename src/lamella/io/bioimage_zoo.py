"""Packages of the BioImage Model Zoo: a zip of weights, a description, test data and a page.

References
----------
Ouyang et al. 2022, https://doi.org/10.1101/2022.06.07.495102; the format is that of
bioimageio.spec, version 0.5.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from lamella.core.errors import SettingsError
from lamella.io.atomic import whole_file

FORMAT_VERSION = "0.5.5"

_EPOCH = (1980, 1, 1, 0, 0, 0)  # equal models give equal files
_NAME = 64
_INPUT = "windows"


@dataclass(frozen=True)
class ZooModel:
    """A network that segments the last frame of a window in time.

    Parameters
    ----------
    name, description : str
        Of the name, what the format does not allow becomes a space.
    authors : sequence of str
    licence : str
        Its SPDX identifier, such as ``CC-BY-4.0``.
    cite : mapping of str to str
        DOI by what it is of.
    readme : str
        Markdown.
    onnx : bytes
    opset : int
    state : bytes
        The weights as PyTorch's ``state_dict``.
    source, entry, settings : str, str, mapping
        Python source, and the function in it that builds the network from these settings.
    pytorch : str
        Version that wrote `state`.
    low, high : float
        Percentiles, 0 to 100, that become 0 and 1.
    multiple : int
        Sides are multiples of it.
    window : (N, Y, X) float32 array
        Raw grey values to test with.
    outputs : mapping of str to ((Y, X) float32 array, str)
        What the network gives for it, and what that is, by name.
    picture : (Y, X) or (Y, X, 3) uint8 array
        The cover; as high as it is wide, or half as high.
    """

    name: str
    description: str
    authors: Sequence[str]
    licence: str
    cite: Mapping[str, str]
    readme: str
    onnx: bytes
    opset: int
    state: bytes
    source: str
    entry: str
    settings: Mapping[str, Any]
    pytorch: str
    low: float
    high: float
    multiple: int
    window: NDArray[np.float32]
    outputs: Mapping[str, tuple[NDArray[np.float32], str]]
    picture: NDArray[np.uint8]


def write_zoo_model(path: str | os.PathLike[str], model: ZooModel) -> None:
    """Write a package that bioimageio.core reads and runs; equal models give equal files.

    Raises
    ------
    SettingsError
        A licence that is no SPDX identifier by its form.
    OutputError
        When the disk refuses.
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.+-]*", model.licence):
        raise SettingsError(
            f"--licence {model.licence}",
            "the BioImage Model Zoo names licences by their SPDX identifiers",
            "give one, such as CC-BY-4.0, CC0-1.0, MIT or BSD-3-Clause",
        )
    files = {
        "README.md": model.readme.encode(),
        "cover.png": _png(model.picture),
        "network.py": model.source.encode(),
        "weights.onnx": model.onnx,
        "weights.pt": model.state,
        f"{_INPUT}.npy": _npy(model.window[None]),
        **{f"{name}.npy": _npy(image[None, None]) for name, (image, _) in model.outputs.items()},
    }
    described = "".join(f"{line}\n" for line in _yaml(_described(model, files)))
    with whole_file(path) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in {"rdf.yaml": described.encode(), **files}.items():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), data, zipfile.ZIP_DEFLATED)


def _described(model: ZooModel, files: Mapping[str, bytes]) -> dict[str, Any]:
    def file(name: str) -> dict[str, Any]:
        return {"source": name, "sha256": hashlib.sha256(files[name]).hexdigest()}

    sides = {"min": model.multiple, "step": model.multiple}
    scaled = {"axes": ["time", "y", "x"], "min_percentile": model.low, "max_percentile": model.high}
    seen = {
        "id": _INPUT,
        "description": "Consecutive frames of one channel, the last of which is segmented",
        "axes": [
            {"type": "batch"},
            {"type": "time", "id": "time", "size": len(model.window)},
            {"type": "space", "id": "y", "size": sides},
            {"type": "space", "id": "x", "size": sides},
        ],
        "data": {"type": "float32"},
        "test_tensor": file(f"{_INPUT}.npy"),
        "preprocessing": [
            {"id": "scale_range", "kwargs": scaled},
            {"id": "clip", "kwargs": {"min": 0.0, "max": 1.0}},
        ],
    }
    given = [
        {
            "id": name,
            "description": what,
            "axes": [
                {"type": "batch"},
                {"type": "channel", "id": "channel", "channel_names": [name]},
                *(
                    {"type": "space", "id": each, "size": {"tensor_id": _INPUT, "axis_id": each}}
                    for each in ("y", "x")
                ),
            ],
            "data": {"type": "float32"},
            "test_tensor": file(f"{name}.npy"),
        }
        for name, (_, what) in model.outputs.items()
    ]
    # Absolute differences are told by what is small where outputs are.
    least = min(float(np.abs(image).max()) for image, _ in model.outputs.values())
    return {
        "type": "model",
        "format_version": FORMAT_VERSION,
        "name": _safe_name(model.name),
        "description": model.description,
        "authors": [{"name": each} for each in model.authors],
        "license": model.licence,
        "cite": [{"text": text, "doi": doi} for text, doi in model.cite.items()],
        "tags": ["segmentation", "2d", "time-series", "phase-contrast", "cells", "pytorch", "onnx"],
        "covers": [file("cover.png")],
        "documentation": file("README.md"),
        "inputs": [seen],
        "outputs": given,
        "weights": {
            "pytorch_state_dict": {
                **file("weights.pt"),
                "pytorch_version": model.pytorch,
                "architecture": {
                    **file("network.py"),
                    "callable": model.entry,
                    "kwargs": dict(model.settings),
                },
            },
            "onnx": {
                **file("weights.onnx"),
                "opset_version": model.opset,
                "parent": "pytorch_state_dict",
            },
        },
        "config": {
            "bioimageio": {
                "reproducibility_tolerance": [
                    {"relative_tolerance": 1e-3, "absolute_tolerance": min(1e-4, least / 200)}
                ]
            }
        },
    }


def _safe_name(text: str) -> str:
    """The name in the letters that the format allows, 5 to 64 of them."""
    plain = " ".join(re.sub(r"[^A-Za-z0-9_+\- ()]", " ", text).split())
    return (plain if len(plain) >= 5 else f"model {plain}")[:_NAME].strip()


def _yaml(value: Any, indent: str = "") -> Iterator[str]:
    """Lines of a mapping or a list, its texts and numbers as in JSON, which YAML understands."""
    pairs = value.items() if isinstance(value, Mapping) else ((None, each) for each in value)
    for key, each in pairs:
        head = f"{indent}-" if key is None else f"{indent}{key}:"
        if not isinstance(each, Mapping | list | tuple):
            yield f"{head} {json.dumps(each, ensure_ascii=False)}"
        elif not each:
            yield f"{head} {'{}' if isinstance(each, Mapping) else '[]'}"
        elif key is None:
            first, *rest = _yaml(each, f"{indent}  ")
            yield f"{head} {first.lstrip()}"
            yield from rest
        else:
            yield head
            yield from _yaml(each, f"{indent}  ")


def _npy(values: NDArray[Any]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, values, allow_pickle=False)
    return buffer.getvalue()


def _png(image: NDArray[np.uint8]) -> bytes:
    buffer = io.BytesIO()
    Pillow.fromarray(image).save(buffer, format="PNG")
    return buffer.getvalue()
