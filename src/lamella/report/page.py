"""What every page of ours has: one file, nothing loaded from anywhere, all text escaped."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Sequence
from importlib import metadata, resources
from io import BytesIO

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from PIL import Image

from lamella.report.words import number

_PHOTO_QUALITY = 88


def templates() -> Environment:
    """The templates, in which a misspelt name is an error."""
    environment = Environment(
        loader=PackageLoader("lamella.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = number
    return environment


def frame(*, styles: Sequence[str], scripts: Sequence[str]) -> dict[str, str]:
    """Version, style and script of a page, and the hash by which alone the script may run."""
    code = "".join(map(_resource, scripts))
    return {
        "version": version(),
        "css": Markup("".join(map(_resource, styles))),  # noqa: S704 (our own files)
        "script": Markup(code),  # noqa: S704 (our own files)
        "script_hash": b64encode(hashlib.sha256(code.encode()).digest()).decode(),
    }


def uri(kind: str, data: bytes) -> str:
    """An image as it stands inside of a page."""
    return f"data:{kind};base64,{b64encode(data).decode()}"


def photo_uri(png: bytes) -> str:
    """A picture of cells as it stands inside of a page: WebP where that is smaller.

    Lines of one pixel keep their place and nearly their colour; the file in the run's folder stays
    as it is.
    """
    out = BytesIO()
    Image.open(BytesIO(png), formats=["PNG"]).convert("RGB").save(
        out, format="WEBP", quality=_PHOTO_QUALITY, use_sharp_yuv=True
    )
    smaller = out.getvalue()
    return uri("image/webp", smaller) if len(smaller) < len(png) else uri("image/png", png)


def version() -> str:
    """That of the package."""
    # Not from `lamella` itself, whose public names reach every room and `io`.
    try:
        return metadata.version("lamella")
    except metadata.PackageNotFoundError:
        return ""


def _resource(name: str) -> str:
    return (resources.files("lamella.report") / "templates" / name).read_text(encoding="utf-8")
