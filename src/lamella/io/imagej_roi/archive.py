"""The ROI files of a zip from others: read in memory within limits, never extracted."""

from __future__ import annotations

import os
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from lamella.core.errors import InputError

# A traced outline of 300 000 corners still fits; what people draw takes a few kilobytes.
MOST_MEMBER_BYTES = 4 * 2**20
MOST_BYTES = 2**30
MOST_MEMBERS = 2**20
# ValueError: names that are no UTF-8.
_NO_ZIP = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError)
_SAVE_AGAIN = "save the ROIs again with ImageJ's ROI Manager"


def roi_files(path: str | os.PathLike[str], notes: list[str]) -> Iterator[tuple[str, bytes]]:
    """Name and content of every ROI of a ``.roi`` file or a zip, one in memory at a time.

    Parameters
    ----------
    path : path
        Told apart by content, not by name.
    notes : list of str
        Added to: members that are no ROIs (pictures, folders, zips) and are passed over, and names
        that lead out of the archive (of which only the last part is used, and that as a name).

    Raises
    ------
    InputError
        A file that is missing, is neither, is cut short or encrypted, or a ROI that claims or turns
        out to be larger than 4 MB (1 GB for all together).
    """
    where = str(path)
    if not Path(path).is_file():
        raise InputError(where, "there is no such file", "check the path")
    with Path(path).open("rb") as file:
        data = file.read(MOST_MEMBER_BYTES + 1)
    if data[:4] == b"Iout":
        if len(data) > MOST_MEMBER_BYTES:
            raise InputError(where, "it is larger than any ROI (4 MB)", _SAVE_AGAIN)
        yield Path(path).stem, data
    elif data[:2] == b"PK":
        del data
        yield from _members(where, notes)
    else:
        raise InputError(where, "it is neither an ImageJ ROI nor a zip of them", _SAVE_AGAIN)


def _members(where: str, notes: list[str]) -> Iterator[tuple[str, bytes]]:
    total, passed_over, leading_out = 0, Counter[str](), 0
    try:
        with zipfile.ZipFile(where) as archive:
            members = archive.infolist()
            if len(members) > MOST_MEMBERS:
                raise InputError(where, f"it has {len(members)} members", _SAVE_AGAIN)
            for member in members:
                name = PurePosixPath(member.filename.replace("\\", "/"))
                if member.filename and member.is_dir():
                    continue
                if name.suffix.lower() != ".roi":
                    passed_over[name.suffix.lower() or "no suffix"] += 1
                    continue
                leading_out += name.is_absolute() or ".." in name.parts or name.parts[0][1:2] == ":"
                data = _content(archive, member, where)
                total += len(data)
                if total > MOST_BYTES:
                    raise InputError(where, "its ROIs are larger than 1 GB in all", _SAVE_AGAIN)
                if data[:4] == b"Iout":
                    yield name.stem, data
                else:
                    passed_over["not an ImageJ ROI inside"] += 1
    except _NO_ZIP as error:
        raise InputError(where, f"it is no whole zip ({error})", _SAVE_AGAIN) from error
    if passed_over:
        kinds = ", ".join(f"{n} × {kind}" for kind, n in sorted(passed_over.items()))
        notes.append(f"{passed_over.total()} members are no ROIs and are passed over ({kinds})")
    if leading_out:
        notes.append(
            f"{leading_out} members have names that lead out of the archive; nothing is extracted, "
            "and only the last part is used as a name"
        )


def _content(archive: zipfile.ZipFile, member: zipfile.ZipInfo, where: str) -> bytes:
    shown = member.filename[:60]
    if member.flag_bits & 1:
        raise InputError(where, f"its member {shown!r} is encrypted", "unpack and zip it again")
    if member.file_size > MOST_MEMBER_BYTES:
        raise InputError(
            where,
            f"its member {shown!r} claims {member.file_size} bytes, more than any ROI (4 MB)",
            _SAVE_AGAIN,
        )
    with archive.open(member) as file:  # the claim is not believed
        data = file.read(MOST_MEMBER_BYTES + 1)
    if len(data) > MOST_MEMBER_BYTES:
        raise InputError(where, f"its member {shown!r} is larger than 4 MB", _SAVE_AGAIN)
    return data
