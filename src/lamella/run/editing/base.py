"""What edits are made on: which labels, and which edits before them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lamella.core.errors import InputError
from lamella.io import fingerprint
from lamella.run.browse import OpenedMovie
from lamella.run.cache import key_of
from lamella.run.corrections import corrected_file, edits_of, is_corrected


def base_of(folder: Path, name: str) -> dict[str, Any]:
    """What tells the cells of a movie, as they are saved, from others; it goes into JSON.

    Parameters
    ----------
    folder : Path
        ``OUT/movies/<movie>``.
    """
    edits = edits_of(folder, name)
    corrected = is_corrected(folder, name)
    file = corrected_file(folder, name) if corrected else folder / f"labels/{name}.ome.tif"
    return {
        "corrected": corrected,
        "labels": fingerprint(file),
        "n_edits": len(edits),
        "edits": key_of(edits),
    }


def same_labels(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two bases have the same labels, whatever the log tells of them."""
    return all(one.get(key) == other.get(key) for key in ("corrected", "labels"))


def refuse_removed(movie: OpenedMovie, name: str) -> None:
    """Raise the error of corrections that were taken away and not yet measured without."""
    if is_corrected(movie.folder, name):
        return
    if "corrected" in movie.manifest[f"track/{name}"].provenance:
        raise InputError(
            str(movie.folder),
            f"its corrections of {name} were removed since the last run",
            "run the study again, then correct",
        )
