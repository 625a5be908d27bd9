"""A model's folder: its weights, the card that says what it is, tables, figures and a page."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from lamella.core.errors import InputError, OutputError
from lamella.io.atomic import whole_folder
from lamella.io.documents import read_json, write_json
from lamella.io.tables import write_table

CARD, PAGE, FIGURES = "card.json", "model.html", "figures"
WEIGHTS = {"cellpose": "weights.pth", "recurrent": "weights.safetensors"}
"""The file of the weights, by the kind that the card tells."""


@dataclass(frozen=True)
class ModelParts:
    """What goes into the folder beside the weights.

    Parameters
    ----------
    card : mapping
        What JSON can say, with the `kind` of the network, one of `WEIGHTS`; the digest of the
        weights is added.
    tables : mapping of str to DataFrame
        By name without ending; written as CSV.
    figures : mapping of str to bytes
        By file name.
    page : str
        HTML.
    write_more : callable
        Writes further files into the folder that it is given.
    """

    card: Mapping[str, Any]
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    figures: Mapping[str, bytes] = field(default_factory=dict)
    page: str = ""
    write_more: Callable[[Path], object] = lambda folder: None


def refuse_model_there(folder: Path, *, force: bool) -> None:
    """Before any work is done: a model is replaced only on demand, anything else never.

    Raises
    ------
    OutputError
        When the folder is there, unless `force` and it holds a model or nothing.
    """
    if not folder.exists():
        return
    if not folder.is_dir() or (any(folder.iterdir()) and not (folder / CARD).is_file()):
        raise OutputError(str(folder), "it is there and is no model", "choose another folder")
    if any(folder.iterdir()) and not force:
        raise OutputError(str(folder), "a model is there already", "use --force to replace it")


def write_model(
    folder: Path, parts: ModelParts, *, save: Callable[[Path], object], force: bool = False
) -> None:
    """Write a model's folder so that it appears whole or not at all.

    Parameters
    ----------
    save : callable
        Writes the weights into the file that it is given.

    Raises
    ------
    OutputError
        See `refuse_model_there`; or when the disk refuses.
    """
    refuse_model_there(folder, force=force)
    with whole_folder(folder) as part:
        weights = part / WEIGHTS[parts.card["kind"]]
        save(weights)
        for name, table in parts.tables.items():
            write_table(part / f"{name}.csv", table)
        for name, data in parts.figures.items():
            (part / FIGURES).mkdir(exist_ok=True)
            (part / FIGURES / name).write_bytes(data)
        parts.write_more(part)
        (part / PAGE).write_text(parts.page, encoding="utf-8", newline="\n")
        write_json(part / CARD, {**parts.card, "weights_sha256": _digest(weights)})


def read_card(folder: Path, *, weigh: bool = True) -> dict[str, Any]:
    """The card of a model, whose weights are those that it was written with.

    Parameters
    ----------
    weigh : bool
        Read the weights to see that they are. Of large ones, seconds.

    Raises
    ------
    InputError
        A folder without card or weights, a card that is damaged, or other weights.
    """
    read = read_json(folder / CARD)
    card: dict[str, Any] = read if isinstance(read, dict) else {}
    told, kind = card.get("weights_sha256"), card.get("kind")
    if not isinstance(told, str) or not isinstance(kind, str) or kind not in WEIGHTS:
        raise InputError(str(folder / CARD), "it is no model's card", "train the model again")
    weights = folder / WEIGHTS[kind]
    if not weights.is_file():
        raise InputError(str(weights), "there is no such file", "train the model again")
    if weigh and _digest(weights) != told:
        raise InputError(
            str(weights),
            "these are not the weights that card.json was written for",
            "put the right file back, or give the weights' own path",
        )
    return card


def kind_of_model(path: Path) -> str:
    """The kind of network that a file of weights or a model folder holds, one of `WEIGHTS`.

    Told by the names of files alone. Whatever is neither counts as Cellpose's, which knows models
    by names of its own.
    """
    name = WEIGHTS["recurrent"]
    recurrent = (path / name).is_file() if path.is_dir() else path.suffix == Path(name).suffix
    return "recurrent" if recurrent else "cellpose"


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
