"""Write docs/licences.md: what Lamella installs, under which licence, from the installed metadata.

``--sbom IN OUT`` keeps of a CycloneDX SBOM of the whole environment what users install.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import NamedTuple

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

FILE = Path(__file__).parent / "licences.md"
DEVELOPERS = frozenset({"test", "lint", "fuzz", "release"})
"""Extras that bring tools for those who change Lamella, and nothing that is run with it."""

# Words of the licences that a program under the BSD licence may bring along and call.
_PERMISSIVE = (
    "MIT", "BSD", "Apache", "ISC", "PSF", "Python Software Foundation", "Zlib", "0BSD", "CC0",
    "Unlicense", "HPND", "MPL", "Mozilla Public License", "MIT-CMU", "BSL", "Boost", "CNRI",
    "Public Domain", "NCSA", "blessing",
)  # fmt: skip
_LESSER = re.compile(r"\bLGPL|Lesser General Public")
_GNU = re.compile(r"\bA?GPL|Affero|(?<!Lesser )General Public License")
_EXCEPTION = re.compile(r"GPL[-\w. ]*\s(WITH|with)[-\s][-\w. ]*[Ee]xception")

HEAD = """\
# Licences

Lamella is under the BSD licence with three clauses. What it needs and what its extras bring, with
the licence that each installed package states. Written by `make licences`; the tests fail where a
package of the core is under a licence that does not go with Lamella's own.

- The core brings permissive licences, and the Mozilla licence, which asks for changes of its own
  files alone.
- LGPL and GPL stand in extras only. Lamella calls them and contains nothing of them; whoever hands
  out a bundle with one of them in it keeps to its licence.
- The wheel of imageio-ffmpeg (extra `film`) carries the program ffmpeg, built with x264, so under
  the GPL. It is started as a program of its own.
- Wheels carry compiled libraries of other projects (OpenBLAS in NumPy, FFmpeg under the LGPL in
  OpenCV, codecs in imagecodecs); their licences lie beside the packages' own, in `*.dist-info`.
"""


class Package(NamedTuple):
    """An installed package, and through which parts of Lamella it comes."""

    name: str
    version: str
    licence: str
    parts: tuple[str, ...]

    @property
    def kind(self) -> str:
        """``permissive``, ``LGPL``, ``GPL`` or ``unknown``."""
        return kind_of(self.licence)


def kind_of(licence: str) -> str:
    """What a licence asks for; of alternatives (OR) the one that asks for least.

    Examples
    --------
    >>> kind_of("BSD-3-Clause AND GPL-3.0-or-later WITH GCC-exception-3.1")
    'permissive'
    >>> kind_of("LGPL-3.0-only OR GPL-2.0-only"), kind_of("GPLv3"), kind_of("")
    ('LGPL', 'GPL', 'unknown')
    """
    kinds = [_one_kind(_EXCEPTION.sub("", each)) for each in re.split(r"\sOR\s", licence)]
    return min(kinds, key=("permissive", "LGPL", "GPL", "unknown").index)


def _one_kind(licence: str) -> str:
    if _GNU.search(_LESSER.sub("", licence)):
        return "GPL"
    if _LESSER.search(licence):
        return "LGPL"
    return "permissive" if any(word in licence for word in _PERMISSIVE) else "unknown"


def packages() -> list[Package]:
    """Everything that Lamella and its extras for users bring, as far as it is installed."""
    lamella = distribution("lamella")
    extras = [e for e in lamella.metadata.get_all("Provides-Extra", []) if e not in DEVELOPERS]
    parts: dict[str, list[str]] = {}
    for part in ("", *sorted(extras)):
        for name in sorted(_closure(lamella, part)):
            parts.setdefault(name, []).append(part)
    found = []
    for name, through in sorted(parts.items()):
        dist = distribution(name)
        told = tuple(["core"] if "" in through else through)
        found.append(Package(name, dist.version, licence_of(dist), told))
    return found


def _closure(lamella: Distribution, part: str) -> set[str]:
    """Names of installed packages that the core (an empty part) or an extra asks for."""
    seen: set[tuple[str, str]] = set()
    waiting = [("lamella", part)]
    while waiting:
        name, extra = waiting.pop()
        if (name, extra) in seen:
            continue
        try:
            dist = distribution(name)
        except PackageNotFoundError:  # of another system, or not installed here
            continue
        seen.add((name, extra))
        for wanted, extras in _asked_for(dist, extra):
            waiting += [(wanted, each) for each in ("", *extras)]
    return {name for name, _ in seen} - {"lamella"}


def _asked_for(dist: Distribution, extra: str) -> Iterator[tuple[str, set[str]]]:
    for text in dist.requires or ():
        wanted = Requirement(text)
        if wanted.marker is None or wanted.marker.evaluate({"extra": extra}):
            yield canonicalize_name(wanted.name), wanted.extras


def licence_of(dist: Distribution) -> str:
    """What the metadata state: the expression, else the classifiers, else a line of text."""
    about = dist.metadata
    if expression := about.get("License-Expression"):
        return " ".join(expression.split())
    classified = [
        each.rpartition(" :: ")[2]
        for each in about.get_all("Classifier", [])
        if each.startswith("License ::") and each != "License :: OSI Approved"
    ]
    text = (about.get("License") or "").strip().splitlines()
    return ", ".join(classified) or (text[0].strip() if text else "")


def as_markdown(found: Iterable[Package]) -> str:
    """The page."""
    found = list(found)
    lines = [HEAD]
    for title, core in (("Core", True), ("Extras", False)):
        head = [["package", "licence", "extra"], ["---"] * 3]
        lines.append(f"\n## {title}\n")
        lines += [f"| {' | '.join(row[: 2 if core else 3])} |" for row in head]
        for each in found:
            if (each.parts == ("core",)) == core:
                more = "" if core else f" {', '.join(each.parts)} |"
                mark = "" if each.kind == "permissive" else f" (**{each.kind}**)"
                licence = each.licence.replace("|", "/") or "not stated"
                lines.append(f"| {each.name} | {licence}{mark} |{more}")
    return "\n".join(lines) + "\n"


def without_tools(sbom: dict, names: set[str]) -> dict:
    """The SBOM of an environment without what only developers install."""
    kept = {
        each["bom-ref"]
        for each in sbom.get("components", ())
        if canonicalize_name(each["name"]) in names
    }
    root = sbom.get("metadata", {}).get("component", {}).get("bom-ref")
    return {
        **sbom,
        "components": [each for each in sbom.get("components", ()) if each["bom-ref"] in kept],
        "dependencies": [
            {**each, "dependsOn": [ref for ref in each.get("dependsOn", ()) if ref in kept]}
            for each in sbom.get("dependencies", ())
            if each["ref"] in kept or each["ref"] == root
        ],
    }


def main() -> None:
    """Write the page, or an SBOM."""
    found = packages()
    if sys.argv[1:2] == ["--sbom"]:
        whole = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
        kept = without_tools(whole, {each.name for each in found})
        Path(sys.argv[3]).write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    else:
        FILE.write_text(as_markdown(found), encoding="utf-8")


if __name__ == "__main__":
    main()
