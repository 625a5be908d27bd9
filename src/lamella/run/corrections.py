"""Corrections by hand of one movie: labels that take the place of segmentation and tracking.

``corrections/<object>.ome.tif`` holds them, with the numbers of cells. Beside it lie the labels as
they were (``<object>.original.ome.tif``) and ``edits.jsonl``, a line for every edit. Without the
first file a set of objects is segmented and tracked as ever.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from lamella.core.errors import InputError
from lamella.core.movie import Scale
from lamella.core.table import Col
from lamella.core.tracked import Tracked
from lamella.core.tracks import Tracks
from lamella.io import fingerprint, open_labels
from lamella.io.link_rows import settled_parents
from lamella.io.track_ids import tracked_from_ids

FOLDER = "corrections"
EDITS = f"{FOLDER}/edits.jsonl"


def corrected_file(folder: Path, name: str) -> Path:
    """The corrected labels of a set of objects.

    Parameters
    ----------
    folder : Path
        ``OUT/movies/<movie>``.
    """
    return folder / FOLDER / f"{name}.ome.tif"


def original_file(folder: Path, name: str) -> Path:
    """The labels as they were before the first correction."""
    return folder / FOLDER / f"{name}.original.ome.tif"


def is_corrected(folder: Path, name: str) -> bool:
    """Whether a person has corrected a set of objects."""
    return corrected_file(folder, name).is_file()


def edits_of(folder: Path, name: str) -> list[dict[str, Any]]:
    """The edits of a set of objects, in their order.

    Raises
    ------
    InputError
        A file that is damaged: whose children cells are stands in it alone.
    """
    file = folder / EDITS
    if not file.is_file():
        return []
    try:
        lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line]
        return [line for line in lines if line["object"] == name]
    except (OSError, ValueError, LookupError, TypeError, RecursionError) as error:
        raise InputError(
            str(file), f"it is damaged ({error})", "mend it, or delete the folder corrections"
        ) from error


def last_edit(folder: Path, name: str) -> dict[str, Any]:
    """The edit that the corrected labels are of; empty where nothing is told of them."""
    edits = edits_of(folder, name)
    return edits[-1] if edits else {}


def deciding(folder: Path, name: str) -> list[Any]:
    """What the corrected cells of a set of objects depend on."""
    return [fingerprint(corrected_file(folder, name)), last_edit(folder, name)]


def corrected_cells(folder: Path, name: str, *, scale: Scale) -> Tracked:
    """The corrected cells of a movie: shapes and numbers of the labels, lineage of the last edit.

    Labels that another program wrote over the file have no lineage but that of the last edit, as
    far as it fits.
    """
    labels = open_labels(corrected_file(folder, name), name=name)
    tracked = tracked_from_ids(labels, scale=scale, source=str(corrected_file(folder, name)))
    edit, lives = last_edit(folder, name), dict(tracked.tracks.first_last)
    named = {int(cell): tuple(found) for cell, found in edit.get("parents", {}).items()}
    links, filled = tracked.tracks.links, {tuple(pair) for pair in edit.get("filled", ())}
    if filled:
        pairs = zip(links[Col.CELL], links[Col.FRAME], strict=True)
        links = links.assign(**{str(Col.INTERPOLATED): [pair in filled for pair in pairs]})
    return replace(tracked, tracks=Tracks(links, lives, settled_parents(named, lives, [])))
