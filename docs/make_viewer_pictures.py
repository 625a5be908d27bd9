"""Write the pictures of docs/viewer.md: the window of `lamella view`, driven as a user drives it.

Needs a screen (or `xvfb-run`). Usage: python docs/make_viewer_pictures.py [NAME …] [--out FOLDER]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import pictures_of_looking as looking
import pictures_of_measures as measures
import pictures_of_mending as mending

PICTURES: dict[str, Callable[[Path], None]] = {
    **looking.PICTURES,
    **measures.PICTURES,
    **mending.PICTURES,
}
"""Name of a picture, and what writes ``<name>-light.webp`` and ``<name>-dark.webp``.

Two that show one window in two states are written together, under the name of the first.
"""


def main() -> None:
    """Write those that are asked for, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*PICTURES, []])
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "figures/viewer")
    chosen = parser.parse_args()
    chosen.out.mkdir(parents=True, exist_ok=True)
    for name in chosen.names or PICTURES:
        PICTURES[name](chosen.out)


if __name__ == "__main__":
    main()
