"""Write docs/benchmarks.md: how fast Lamella is, against named alternatives, and how lean."""

from __future__ import annotations

import argparse
import os
import re
from pathlib import Path

import background_speed
import browser_speed
import cellpose_speed
import compartment_speed
import guided_speed
import kernels_and_files
import large_movie
import many_movies
import measure_groups
import motion_speed
import peer_speed
import protrusion_speed
import recurrent_speed
import region_speed
import scaling
import studies
import tracking_speed
import viewer_speed
from timing import machine

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"

HEAD = """\
# Benchmarks

Written by `make bench`. Times are medians; what is compared runs in turns in one process, and
ratios are medians over the pairs, so that other work on the machine weighs on both. The first call,
which compiles or loads compiled code, is not counted. The load of a machine (processes that want a
core, from other work) is stated where it is known: what needs a second core, reading ahead and two
workers, shows its gain only where one is free.
"""

TOPICS = {
    "a": ("Measuring one cell, in memory", kernels_and_files.in_memory),
    "b": ("Measuring one cell, from files", kernels_and_files.from_file),
    "c": ("Hausdorff distance", kernels_and_files.hausdorff),
    "d": ("What a run adds to its parts", studies.orchestration),
    "e": ("Two workers", studies.workers),
    "f": ("Memory", studies.memory),
    "g": ("One mask by motion", motion_speed.one_mask),
    "h": ("Linking many cells", tracking_speed.linking),
    "i": ("Groups of measures", measure_groups.groups),
    "j": ("Lengths of protrusions", protrusion_speed.lengths),
    "k": ("Background by a rolling ball", background_speed.rolling),
    "l": ("Shape and light of a field of cells", region_speed.table_of_regions),
    "m": ("Nucleus and cytoplasm", compartment_speed.compartments),
    "n": ("Cells from their nuclei", guided_speed.growing),
    "o": ("Cellpose", cellpose_speed.cellpose),
    "p": ("The recurrent network", recurrent_speed.inference),
    "q": ("Looking at a movie of 4 GB", viewer_speed.opening),
    "r": ("A study of 10 000 cells in the browser", browser_speed.browsing),
    "s": ("How time grows", scaling.growths),
    "t": ("Shape and light, by celldetective's own code", peer_speed.measuring),
    "u": ("A movie of 20 GB", large_movie.running),
    "v": ("A study of 2000 movies", many_movies.many_movies),
}
LARGE = {"f", "q", "u", "v"}
"""Topics that need tens of GB on disk, or an hour."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", help="topics such as a,c; the other sections are kept")
    parser.add_argument(
        "--large", action="store_true", help="also movies of 4 and 20 GB, and 2000 movies (hours)"
    )
    chosen = parser.parse_args()
    left_out = {*LARGE, *({"t"} if peer_speed.PEER not in os.environ else ())}
    wanted = set(chosen.only.split(",")) if chosen.only else set(TOPICS) - left_out
    if unknown := wanted - set(TOPICS):
        parser.error(f"no topic {', '.join(sorted(unknown))}; there are {', '.join(TOPICS)}")
    if chosen.large:
        wanted |= LARGE
    for topic in sorted(wanted):
        title, measured = TOPICS[topic]
        print(f"{topic}: {title} …", flush=True)
        where = machine()
        lines = measured()
        print("\n".join(lines), flush=True)
        section = "\n".join([f"## {title}", "", *lines, "", f"On {where}."])
        _write({**_sections(), title: section})


def _sections() -> dict[str, str]:
    """The sections of the page as it is, by title."""
    if not PAGE.exists():
        return {}
    parts = re.split(r"^(?=## )", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    return {part.splitlines()[0][3:]: part.strip() for part in parts}


def _write(sections: dict[str, str]) -> None:
    kept = [sections[title] for title, _ in TOPICS.values() if title in sections]
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text("\n\n".join([HEAD.strip(), *kept]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
