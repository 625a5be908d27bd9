"""Where the weights of a model lie: a name, a file, or a model folder of Lamella."""

from __future__ import annotations

import os
import socket
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lamella.core.errors import InputError, NotInstalledError, SettingsError
from lamella.nets.cellpose.installation import imported, installed, version
from lamella.nets.weights import read_tensors

_ADDRESSES = {
    3: "https://www.cellpose.org/models",
    4: "https://huggingface.co/mouseland/cellpose-sam/resolve/main",
}
BUILT_IN: dict[int, dict[str, str]] = {
    3: {
        "cyto3": "cyto3",
        "nuclei": "nucleitorch_0",
        "cyto2": "cyto2torch_0",
        "cyto": "cytotorch_0",
        **{
            name: name
            for name in (
                "tissuenet_cp3", "livecell_cp3", "yeast_PhC_cp3", "yeast_BF_cp3", "bact_phase_cp3",
                "bact_fluor_cp3", "deepbacs_cp3", "cyto2_cp3", "CPx", "CP", "TN1", "TN2", "TN3",
                "LC1", "LC2", "LC3", "LC4",
            )
        },
    },
    4: {"cpsam": "cpsam", "cpsam_v2": "cpsam_v2"},
}  # fmt: skip
"""Per major version, the models that Cellpose brings: name → name of its file. Left out are those
of another architecture (transformers, DINO) or with three channels."""

_CONNECT_S = 30.0


def default_model() -> str:
    """The generalist of the installed Cellpose: ``cyto3``, or ``cpsam``."""
    return next(iter(BUILT_IN[installed()]))


def cache_folder() -> Path:
    """Where Cellpose keeps its models: $CELLPOSE_LOCAL_MODELS_PATH, or ~/.cellpose/models."""
    named = os.environ.get("CELLPOSE_LOCAL_MODELS_PATH")
    return Path(named) if named else Path.home() / ".cellpose" / "models"


def find(model: str | None = None, *, folder: Path = Path(), download: bool = True) -> Path:
    """The file of a model's weights.

    Parameters
    ----------
    model : str, optional
        A name that Cellpose knows, the name of a file in its folder of models, the path of a file
        of weights, or the path of a model folder of Lamella. None is the generalist of the
        installed version.
    folder : Path
        What a relative path starts from.
    download : bool
        Whether a model of Cellpose that is not there yet is fetched, by Cellpose.

    Raises
    ------
    NotInstalledError
        When Cellpose is absent or the model belongs to another version of it; when the weights are
        not there and cannot be downloaded (says which file goes where).
    SettingsError
        When there is neither a model nor a file of that name.
    InputError
        When the folder is no model folder.
    """
    major = installed()
    model = model or default_model()
    if model in BUILT_IN[major]:
        file = cache_folder() / BUILT_IN[major][model]
        if not file.is_file():
            _fetch(model, file, download=download)
        return file
    path = folder / Path(model).expanduser()
    if path.is_dir():
        return _of_folder(path)
    if path.is_file():
        return path
    if (cache_folder() / model).is_file():
        return cache_folder() / model
    for other, names in BUILT_IN.items():
        if model in names:
            extra = {3: "cellpose", 4: "cellpose4"}[other]
            raise NotInstalledError(
                f"model = {model!r}",
                f"it is a model of Cellpose {other}, and Cellpose {version()} is installed",
                f'pip install "lamella[{extra}]" in an environment of its own, '
                f"or set model = {default_model()!r}",
            )
    raise SettingsError(
        f"model = {model!r}",
        f"Cellpose {major} has no model of that name, and there is no file {path}",
        f"give the path of a file of weights or of a model folder, or one of: "
        f"{', '.join(BUILT_IN[major])}",
    )


def _of_folder(folder: Path) -> Path:
    missing = [name for name in ("card.json", "weights.pth") if not (folder / name).is_file()]
    if missing:
        raise InputError(
            str(folder),
            f"it is no model folder: {' and '.join(missing)} missing",
            "give the folder that lamella train wrote, or the path of a file of weights",
        )
    return folder / "weights.pth"


def _fetch(model: str, file: Path, *, download: bool) -> None:
    """Let Cellpose download `file`; it lies there whole and readable, or not at all."""
    address = f"{_ADDRESSES[installed()]}/{file.name}"
    why = _fetch_or_why_not(address, file) if download else ""
    if why is not None:
        raise NotInstalledError(
            model,
            f"no weights in {file.parent}{why}",
            f"put the file {file.name} from {address} there",
        )


def _fetch_or_why_not(address: str, file: Path) -> str | None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=file.parent, prefix=".lamella-") as workplace:
            partial = Path(workplace) / file.name
            with _verified_and_impatient():
                imported("utils").download_url_to_file(address, str(partial), progress=False)
            # Cellpose takes a line that breaks off for the end of the file.
            read_tensors(partial)
            partial.replace(file)
    except InputError as error:
        return f", and what was downloaded cannot be used ({error.what})"
    except OSError as error:  # URLError, timeouts, a folder that cannot be written
        return f", and they could not be downloaded ({error})"
    return None


@contextmanager
def _verified_and_impatient() -> Iterator[None]:
    """Inside, certificates are checked and a silent network is given up.

    Cellpose's download replaces Python's checking context by the unchecking one, for the whole
    process and for good. While it runs both names mean the checking one, and afterwards each is
    what it was before.
    """
    names = ("_create_default_https_context", "_create_unverified_context")
    before = {name: getattr(ssl, name) for name in names}
    patience = socket.getdefaulttimeout()
    checking = before["_create_default_https_context"]
    try:
        for name in names:
            setattr(ssl, name, checking)
        socket.setdefaulttimeout(_CONNECT_S if patience is None else patience)
        yield
    finally:
        socket.setdefaulttimeout(patience)
        for name, function in before.items():
            setattr(ssl, name, function)
