"""What an OME-Zarr holds: one image, the series of a file, the fields of a plate, labels."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from lamella.core.errors import InputError
from lamella.core.take import names_or_numbers
from lamella.core.wells import well_name
from lamella.io.xml_text import xml_root
from lamella.io.zarr_guard import safe_metadata

_MARKS = ("zarr.json", ".zgroup", ".zattrs", ".zarray")
_MOST_XML = 2**26
_LONGEST_NAME, _LONGEST_PATH = 200, 1000
_WRITE_AGAIN = "write it again, as OME-Zarr 0.4 or 0.5"


class Group(NamedTuple):
    """A zarr group and what OME says of it.

    Attributes
    ----------
    zarr_format : int
        2 or 3.
    ome : dict
        Metadata of OME-Zarr: the attributes of zarr 2, those under ``ome`` of zarr 3.
    ours : dict
        What Lamella adds to it.
    """

    path: Path
    zarr_format: int
    ome: dict[str, Any]
    ours: dict[str, Any]


def is_zarr(path: Path) -> bool:
    """Whether a folder is zarr: by its name, or by the files that every group and array has."""
    return path.is_dir() and (path.suffix.lower() == ".zarr" or has_metadata(path))


def has_metadata(path: Path) -> bool:
    """Whether the files are there that every group and array of zarr has."""
    return any((path / mark).is_file() for mark in _MARKS)


def is_ome_zarr(path: Path) -> bool:
    """Whether a folder holds an image of OME-Zarr, or several."""
    try:
        return is_zarr(path) and bool(positions_of(path))
    except InputError:
        return False


def read_group(path: Path) -> Group:
    """The metadata of a group; nothing below it is looked at.

    Raises
    ------
    InputError
        For an array, and for metadata that are missing or cannot be read.
    """
    if (path / "zarr.json").is_file():
        found = safe_metadata(path / "zarr.json", path)
        attributes = _dict(found.get("attributes"))
        if found.get("node_type") == "array":
            _refuse_array(path)
        return Group(path, 3, _dict(attributes.get("ome")), _dict(attributes.get("lamella")))
    if (path / ".zarray").is_file():
        _refuse_array(path)
    if not has_metadata(path):
        raise InputError(
            str(path),
            "its metadata are missing (there is neither zarr.json nor .zattrs)",
            "copy it again, whole: files that begin with a dot, too",
        )
    file = path / ".zattrs"
    found = safe_metadata(file, path) if file.is_file() else {}
    return Group(path, 2, found, _dict(found.get("lamella")))


def _refuse_array(path: Path) -> None:
    raise InputError(
        str(path),
        "it is an array in an OME-Zarr",
        f"give the image that it is part of: {path.parent}",
    )


def positions_of(path: Path) -> dict[str, Path]:
    """The images in an OME-Zarr by the name of their position: one of most, many of plates.

    Raises
    ------
    InputError
        When it holds none.
    """
    group = read_group(path)
    if "multiscales" in group.ome:
        return {"0": path}
    if "plate" in group.ome:
        return _fields(group)
    if "well" in group.ome:
        images = _paths(group.ome["well"], "images", path)
        return dict(zip((p.name for p in images), images, strict=True))
    if "bioformats2raw.layout" in group.ome:
        return _series(group)
    names = list(group.ome.get("labels", [])) if isinstance(group.ome.get("labels"), list) else []
    if names:
        raise InputError(
            str(path), f"it is a group of labels ({', '.join(map(str, names))})", "give one of them"
        )
    labels = list(labels_of(path))
    raise InputError(
        str(path),
        "it is zarr, but holds no image of OME-Zarr (no multiscales)",
        f"give the image; there are {', '.join(labels)}" if labels else _WRITE_AGAIN,
    )


def labels_of(path: Path) -> dict[str, Path]:
    """Folders of the sets of labels that lie in the labels group of an image, by their names."""
    inner = path / "labels"
    if not is_zarr(inner):
        return {}
    listed = read_group(inner).ome.get("labels")
    names = [name for name in listed if isinstance(name, str)] if isinstance(listed, list) else []
    found = {name: inside(inner, name) for name in names}
    return {name: place for name, place in found.items() if is_zarr(place)}


def _series(group: Group) -> dict[str, Path]:
    """The layout of bioformats2raw: a group for every series of a file, called 0, 1 and so on."""
    info = group.path / "OME"
    listed = read_group(info).ome.get("series") if is_zarr(info) else None
    if isinstance(listed, list) and listed:
        paths = [inside(group.path, name) for name in listed]
    else:
        paths = []
        while is_zarr(group.path / str(len(paths))):
            paths.append(group.path / str(len(paths)))
    if not paths:
        raise InputError(str(group.path), "it holds no series", _WRITE_AGAIN)
    names = _image_names(info / "METADATA.ome.xml")
    if len(names) != len(paths):
        names = [place.name for place in paths]
    return dict(zip(names_or_numbers(names), paths, strict=True))


def _image_names(file: Path) -> list[str | None]:
    """Names of the images, as the microscope's file had them; none where nobody says."""
    if not file.is_file() or file.stat().st_size > _MOST_XML:
        return []
    try:
        root = xml_root(file.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError):
        return []
    return [] if root is None else [image.get("Name") for image in root.iterfind("{*}Image")]


def _fields(plate: Group) -> dict[str, Path]:
    """Fields of all wells, called after the well: A01, or A01/0 where it has several."""
    wells = _paths(plate.ome["plate"], "wells", plate.path)
    out: dict[str, Path] = {}
    for well in wells:
        row, column = well.parent.name, well.name
        name = well_name(f"{row}{column}")
        fields = _paths(read_group(well).ome.get("well"), "images", well)
        out |= {f"{name}/{place.name}" if len(fields) > 1 else name: place for place in fields}
    if not out:
        raise InputError(str(plate.path), "it is a plate without a field", _WRITE_AGAIN)
    return out


def _paths(table: object, key: str, folder: Path) -> list[Path]:
    """The folders that a table of wells or images names."""
    listed = _dict(table).get(key)
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise InputError(str(folder), f"its metadata lists no {key}", _WRITE_AGAIN)
    return [inside(folder, one.get("path")) for one in listed]


def inside(folder: Path, name: object) -> Path:
    """A folder by the name that the metadata gives; it never leads out of the store."""
    parts = PurePosixPath(name).parts if isinstance(name, str) and "\0" not in name else ()
    too_long = max(map(len, parts), default=0) > _LONGEST_NAME or len(str(name)) > _LONGEST_PATH
    if not parts or too_long or ".." in parts or PurePosixPath(str(name)).is_absolute():
        raise InputError(
            str(folder), f"its metadata names the folder {str(name)[:60]!r}", _WRITE_AGAIN
        )
    return folder.joinpath(*parts)


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
