"""Write the pictures of docs/viewer.md: every window, driven as a user drives it.

Needs a screen (or `xvfb-run`). Usage: python docs/make_viewer_pictures.py [NAME …] [--out FOLDER]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import pictures_of_browsing as browsing
import pictures_of_correcting as correcting
import pictures_of_opening as opening
import pictures_of_plots as plots
import pictures_of_teaching as teaching

PICTURES: dict[str, Callable[[Path], None]] = {
    "cell": opening.cell_picture,
    "film": opening.film_picture,
    "strip": opening.strip_picture,
    "browser": browsing.browse_and_decide,
    "correct": correcting.correct,
    "correct-edits": correcting.correct_edits,
    "time-plots": plots.time_plots,
    "front-back": plots.front_back,
    "settings-panel": plots.settings_panel,
    "settings-diff": plots.settings_diff,
    **teaching.PICTURES,
}
"""Name of a picture, and what writes ``<name>-light.webp`` and ``<name>-dark.webp``."""


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
