"""Changes of files: bytes at random, and the fields that formats steer by."""

from __future__ import annotations

import contextlib
import io
import json
import random
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Sequence
from typing import Any

from fuzz.case import Case

_MOST_BYTES = 1 << 20
_NUMBERS = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 10**6, 2**31 - 1, 2**31, 2**32 - 1,
            2**40, 2**63 - 1, 2**64 - 1)  # fmt: skip
_TEXTS = (b"0", b"-1", b"1", b"1e9", b"1e400", b"-1e400", b"nan", b"inf", b"", b"2147483648",
          b"4294967296", b"99999999999999999999", b"1e-7", b"1" * 5000, b"1000000")  # fmt: skip
_VALUES = (None, True, -1, 0, 10**9, 2**63, 1e308, float("nan"), "", "x", "x" * 100_000, [], {},
           [[]], "../../x", "\ud800", [0] * 1000)  # fmt: skip
_SEPARATORS = rb"\n,;\t<>{}\[\]"
# A tail without any is a part as well: looked for at each of its bytes it would take for ever.
_PARTS = re.compile(rb"[^%b]*[%b]|[^%b]+" % ((_SEPARATORS,) * 3))
_NUMBER = re.compile(rb"-?\d+(\.\d+)?")


def mutated(case: Case, pool: Sequence[Case], rng: random.Random, tokens: Sequence[bytes]) -> Case:
    """One file of a case changed, now and then left out or taken from another case."""
    names = list(case.files)
    if len(names) > 1 and rng.random() < 0.05:
        return case.without_file(rng.choice(names))
    # Every kind of file has its turn, of many chunks as of one list.
    kinds = sorted({_kind(name) for name in names})
    kind = rng.choice(kinds)
    name = rng.choice([each for each in names if _kind(each) == kind])
    data = case.files[name]
    for _ in range(rng.choice((1, 1, 1, 1, 2, 3))):
        data = _changed(data, rng, tokens, _another(pool, rng))[:_MOST_BYTES]
    return case.with_file(name, data)


def _kind(name: str) -> str:
    return re.sub(r"\d+", "#", name.rpartition("/")[2])


def _another(pool: Sequence[Case], rng: random.Random) -> bytes:
    return rng.choice(list(rng.choice(pool).files.values()) or [b""])


def _changed(data: bytes, rng: random.Random, tokens: Sequence[bytes], other: bytes) -> bytes:
    known = _format_of(data)
    if known is not None and rng.random() < 0.6:
        with contextlib.suppress(Exception):  # it is too damaged to be understood here
            return known(data, rng)
    if tokens and rng.random() < 0.15:
        at = rng.randrange(len(data) + 1)
        return data[:at] + rng.choice(tokens) * rng.choice((1, 1, 1, 2000)) + data[at:]
    textual = b"\0" not in data[:200]
    return rng.choice(_ON_TEXT + _ON_BYTES if textual else _ON_BYTES)(data, rng, other)


def _format_of(data: bytes) -> Callable[[bytes, random.Random], bytes] | None:
    for magic, known in _KNOWN.items():
        if data.startswith(magic):
            return known
    if data[8:10] == b'{"':
        return _safetensors
    return _json if data.lstrip()[:1] in (b"{", b"[") else None


# Bytes


def _bit(data: bytes, rng: random.Random, _: bytes) -> bytes:
    out = bytearray(data or b"\0")
    out[rng.randrange(len(out))] ^= 1 << rng.randrange(8)
    return bytes(out)


def _number(data: bytes, rng: random.Random, _: bytes) -> bytes:
    size, order = rng.choice((1, 2, 4, 8)), rng.choice(("little", "big"))
    at = rng.randrange(max(len(data) - size, 0) + 1)
    value = rng.choice(_NUMBERS) % 256**size
    return data[:at] + value.to_bytes(size, order) + data[at + size :]


def _cut(data: bytes, rng: random.Random, _: bytes) -> bytes:
    return data[: rng.randrange(len(data) + 1)]


def _without(data: bytes, rng: random.Random, _: bytes) -> bytes:
    at = rng.randrange(len(data) + 1)
    return data[:at] + data[at + rng.choice((1, 2, 4, 16, 100)) :]


def _again(data: bytes, rng: random.Random, _: bytes) -> bytes:
    at = rng.randrange(len(data) + 1)
    part = data[at : at + rng.choice((1, 2, 8, 100))]
    return data[:at] + part * rng.choice((2, 3, 50, 3000)) + data[at:]


def _spliced(data: bytes, rng: random.Random, other: bytes) -> bytes:
    return data[: rng.randrange(len(data) + 1)] + other[rng.randrange(len(other) + 1) :]


_ON_BYTES: list[Callable[[bytes, random.Random, bytes], bytes]] = [
    _bit, _bit, _number, _number, _cut, _without, _again, _spliced,
]  # fmt: skip


# Text


def _other_number(data: bytes, rng: random.Random, _: bytes) -> bytes:
    found = list(_NUMBER.finditer(data))
    if not found:
        return data + rng.choice(_TEXTS)
    one = rng.choice(found)
    return data[: one.start()] + rng.choice(_TEXTS) + data[one.end() :]


def _parts_moved(data: bytes, rng: random.Random, _: bytes) -> bytes:
    parts = _PARTS.findall(data)
    if len(parts) < 2:
        return data * 2
    i, j = sorted(rng.sample(range(len(parts)), 2))
    way = rng.randrange(4)
    if way == 0:
        del parts[i:j]
    elif way == 1:
        parts[i], parts[j] = parts[j], parts[i]
    elif way == 2:
        parts[i:i] = parts[i:j] * rng.choice((1, 2, 100))
    else:
        parts[i:j] = [parts[i]] * rng.choice((1, 10, 20_000))
    return b"".join(parts)


_ON_TEXT: list[Callable[[bytes, random.Random, bytes], bytes]] = [
    _other_number, _other_number, _parts_moved, _parts_moved,
]  # fmt: skip


# Formats


def _json(data: bytes, rng: random.Random) -> bytes:
    """A value, a key or a list of a JSON document; of lines of JSON, of one line."""
    lines = data.splitlines(keepends=True)
    try:
        json.loads(data)
        lines, at = [data], 0
    except ValueError:
        at = rng.randrange(len(lines))
    document = json.loads(lines[at])
    holders = [document, *_holders(document)]
    holder = rng.choice(holders)
    if isinstance(holder, dict | list) and holder:
        key = rng.choice(list(holder)) if isinstance(holder, dict) else rng.randrange(len(holder))
        way = rng.randrange(5)
        if way == 0:
            del holder[key]
        elif way == 1 and isinstance(holder, list):
            holder[key:key] = [holder[key]] * rng.choice((1, 1000))
        elif way == 2:
            depth = rng.choice((10, 100, 5000))
            mark = json.dumps("@deep@")
            holder[key] = "@deep@"
            text = json.dumps(document).replace(mark, "[" * depth + "]" * depth)
            return b"".join([*lines[:at], text.encode(), *lines[at + 1 :]])
        else:
            holder[key] = rng.choice(_VALUES)
    else:
        document = rng.choice(_VALUES)
    text = json.dumps(document) + "\n"
    return b"".join([*lines[:at], text.encode(), *lines[at + 1 :]])


def _holders(value: Any) -> list[Any]:
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    found = [each for each in inside if isinstance(each, dict | list)]
    return found + [deeper for each in found for deeper in _holders(each)]


def _tiff(data: bytes, rng: random.Random) -> bytes:
    """An entry of a directory: its tag, type, number or value; or the number of entries."""
    order = "<" if data[:2] == b"II" else ">"
    big = struct.unpack(f"{order}H", data[2:4])[0] == 43
    head, each, width = ("Q", 20, 8) if big else ("H", 12, 4)
    offset = "Q" if big else "I"
    at = struct.unpack_from(f"{order}{offset}", data, 8 if big else 4)[0]
    directories = []
    while at and at < len(data) and len(directories) < 20:
        n = struct.unpack_from(f"{order}{head}", data, at)[0]
        first = at + struct.calcsize(head)
        directories.append((at, first, n))
        at = struct.unpack_from(f"{order}{offset}", data, first + n * each)[0]
    out = bytearray(data)
    at, first, n = rng.choice(directories)
    if rng.random() < 0.1:
        struct.pack_into(
            f"{order}{head}", out, at, rng.choice(_NUMBERS) % 256 ** struct.calcsize(head)
        )
        return bytes(out)
    entry = first + rng.randrange(n) * each
    way = rng.choice(["tag", "type", "count", "value", "value", "value"])
    if way == "tag":
        struct.pack_into(f"{order}H", out, entry, rng.choice((*_TAGS, rng.randrange(2**16))))
    elif way == "type":
        struct.pack_into(f"{order}H", out, entry + 2, rng.randrange(20))
    elif way == "count":
        struct.pack_into(f"{order}{offset}", out, entry + 4, rng.choice(_NUMBERS) % 256**width)
    else:
        kind = struct.unpack_from(f"{order}H", data, entry + 2)[0]
        if kind == 3 and rng.random() < 0.7:
            struct.pack_into(f"{order}H", out, entry + 4 + width, rng.choice(_SHORTS))
        else:
            value = rng.choice((*_NUMBERS, rng.randrange(len(data)))) % 256**width
            struct.pack_into(f"{order}{offset}", out, entry + 4 + width, value)
    return bytes(out)


_TAGS = (254, 256, 257, 258, 259, 262, 270, 273, 277, 278, 279, 284, 317, 320, 322, 323, 324, 325,
         330, 338, 339, 347, 50838, 50839, 51123, 32997, 32998)  # fmt: skip
_SHORTS = (0, 1, 2, 3, 5, 6, 7, 8, 12, 14, 16, 24, 32, 64, 100, 1000, 32773, 32946, 34887, 34892,
           34925, 34927, 50000, 50001, 50002, 8, 65535, 65000)  # fmt: skip


def _png(data: bytes, rng: random.Random) -> bytes:
    """The content of a chunk, with the right checksum."""
    chunks, at = [], 8
    while at + 12 <= len(data):
        length = struct.unpack_from(">I", data, at)[0]
        chunks.append((data[at + 4 : at + 8], data[at + 8 : at + 8 + length]))
        at += 12 + length
    k = rng.randrange(len(chunks))
    kind, content = chunks[k]
    if kind == b"IDAT" and rng.random() < 0.7:
        content = zlib.compress(rng.choice(_ON_BYTES)(zlib.decompress(content), rng, b"abc"))
    elif content:
        content = rng.choice(_ON_BYTES)(content, rng, b"abc")
    chunks[k] = (kind, content)
    if rng.random() < 0.2:
        chunks.insert(k, rng.choice(chunks))
    return data[:8] + b"".join(
        struct.pack(">I", len(c)) + kind + c + struct.pack(">I", zlib.crc32(kind + c))
        for kind, c in chunks
    )


def _zip(data: bytes, rng: random.Random) -> bytes:
    """The content or the name of a member, whole again."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = [(info.filename, archive.read(info), info) for info in archive.infolist()]
    k = rng.randrange(len(members))
    with zipfile.ZipFile(buffer, "w") as out:
        for i, (name, content, info) in enumerate(members):
            new = content
            if i == k:
                change = _format_of(content)
                if rng.random() < 0.1:
                    name = rng.choice(("../x.roi", "", "a/" * 200 + "x.roi", "x" * 60_000 + ".roi"))
                elif change is not None and rng.random() < 0.3:
                    new = change(content, rng)
                else:
                    new = rng.choice(_ON_BYTES)(
                        content, rng, members[rng.randrange(len(members))][1]
                    )
            out.writestr(zipfile.ZipInfo(name, info.date_time), new, info.compress_type)
    return buffer.getvalue()


def _npy(data: bytes, rng: random.Random) -> bytes:
    """The pickle behind numpy's header, or the header."""
    start = 10 + int.from_bytes(data[8:10], "little")
    if rng.random() < 0.2:
        head = rng.choice(_ON_TEXT + _ON_BYTES)(data[10:start], rng, b"(" * 500)
        head = head[:0xFFFF]
        return data[:8] + len(head).to_bytes(2, "little") + head + data[start:]
    return data[:start] + rng.choice(_ON_BYTES)(data[start:], rng, data[start:])


def _safetensors(data: bytes, rng: random.Random) -> bytes:
    length = int.from_bytes(data[:8], "little")
    header = _json(data[8 : 8 + length], rng)
    return len(header).to_bytes(8, "little") + header + data[8 + length :]


_KNOWN: dict[bytes, Callable[[bytes, random.Random], bytes]] = {
    b"II*\0": _tiff, b"MM\0*": _tiff, b"II+\0": _tiff, b"MM\0+": _tiff,
    b"\x89PNG\r\n": _png, b"PK\x03\x04": _zip, b"\x93NUMPY": _npy,
}  # fmt: skip
