"""How well the shipped network finds cells that it never saw: a section of docs/accuracy.md.

Alone, it prints its section: ``python benchmarks/accuracy_shipped.py --split tuning``. The report
split is for the page only: what is tuned on it is no longer a report.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from accuracy_motion import FOREGROUNDS
from accuracy_page import with_section
from motion_movies import DATA, SPLITS, Split
from recurrent_movies import REAL, Block, Material
from recurrent_scores import Scored, scored
from tifffile import imread

from lamella.core.frames import ArrayFrames, Frames, MappedFrames
from lamella.phantom import Camera, CellPhantom, ColonyPhantom
from lamella.segment import Motion, MultiOtsu, Recurrent

_SETS = {"tuning": ("set1", "set20"), "report": ("set10",)}
_SEEDS = {"tuning": (31, 32, 33), "report": (431, 432, 433)}
_LIGHT = {"fluorescence": (20, 100, 750), "phase": (200, 1000, 5000)}
SHIPPED = "shipped network"


def shipped_table(split: Split | None = None, *, model: str | None = None) -> str:
    """Pixel F1 and SEG on every set of movies, a table for each split.

    Parameters
    ----------
    model : str, optional
        Another file of weights, to try it.
    """
    lines = [
        "## The recurrent network as it is shipped",
        "",
        "Pixel F1 (mean over frames) and SEG (mean over true cells) of the network that comes with "
        "Lamella, which learnt from drawn movies alone and never saw any of these. Every frame of "
        "U373 and T98G is shown alone: they are no movies. `Motion` needs neighbours in time, so "
        "it has no row there. Of `MultiOtsu` the best of *bright*, *dark* and *either* is taken "
        "row by row with the truth in hand. `Recurrent` has its defaults but for PSC, whose cells "
        "are smaller than the smallest object that it keeps by default (`smallest_px=40, "
        "close_px=1`). The truth of PtK1 is one region, not its cells: SEG is told of connected "
        "regions there.",
    ]
    if gone := [folder for folder in (*REAL, "usiigaci") if not (DATA / folder).is_dir()]:
        lines += ["", f"Not there, so not measured: {', '.join(gone)}."]
    for which in SPLITS if split is None else (split,):
        lines += ["", *_scores(which, model)]
    return "\n".join([*lines, "", *_WORDS])


_WORDS: Sequence[str] = (
    "What it gets wrong, seen on the outlines: rings and haze of what lies out of focus, "
    "scratches, and here and there a patch of empty glass are taken for cells (U373, T98G, "
    "PSC: precision falls, hardly a cell is missed); large flat cells are cut in pieces, "
    "since their middle is not deepest in one place (T98G: SEG); thin processes are cut off. "
    "On PSC, small bright cells on even glass, `Motion` is better before the network has seen "
    "any of them.",
)


def materials(split: Split) -> Iterator[tuple[Material, Sequence[Block]]]:
    """Every set that is there, with its blocks of a split."""
    for look in _LIGHT:
        for kind in ("single cells", "colonies"):
            yield _phantoms(kind, look, split)
    for folder, load in REAL.items():
        if (DATA / folder).is_dir():
            material = load()
            yield material, material.taught if split == "tuning" else material.judged
    if (DATA / "usiigaci").is_dir():
        yield _t98g(split)


def _t98g(split: Split) -> tuple[Material, Sequence[Block]]:
    """Crowded T98G cells with long processes, three fields labelled by hand."""
    folder = DATA / "usiigaci" / "labelled"
    blocks = []
    for name in _SETS[split]:
        labels = np.asarray(_read(folder / name / "instances_ids.png"))
        frames = ArrayFrames(imread(folder / name / "raw.tif")[None])
        blocks.append(Block(f"t98g_{name}", frames, {0: labels}))
    return Material("T98G, crowded", blocks, blocks, (blocks, blocks), one_by_one=True), blocks


def _phantoms(kind: str, look: str, split: Split) -> tuple[Material, Sequence[Block]]:
    """Three movies of a kind with three amounts of light; every fourth frame is compared."""
    blocks = []
    for seed, light in zip(_SEEDS[split], _LIGHT[look], strict=True):
        phantom = CellPhantom if kind == "single cells" else ColonyPhantom
        made = phantom(
            field_px=(256, 256) if kind == "single cells" else (384, 384),
            n_frames=20,
            look=look,
            photoelectrons=light,
            background_photoelectrons=0.02 * light,
            camera=Camera(),
            seed=seed,
        ).make()
        truth = made.truth.frames
        blocks.append(
            Block(
                f"{look}_{seed}",
                ArrayFrames(made.movie.channel().asarray()),
                {t: truth.frame(t) for t in range(0, 20, 4)},
            )
        )
    return Material(f"phantoms: {kind}, {look}", blocks, blocks, (blocks, blocks)), blocks


def _ways(material: Material, model: str | None) -> Mapping[str, Callable[[Frames], Frames]]:
    """Every method by its name."""
    shipped = Recurrent(
        model=model,
        smallest_px=material.smallest_px,
        close_px=material.close_px,
        separate="components" if material.clusters else "distance",
        window=1 if material.one_by_one else None,
    )
    ways: dict[str, Callable[[Frames], Frames]] = {SHIPPED: _by(shipped)}
    if not material.one_by_one:
        ways["Motion"] = _by(Motion())
    for kind in FOREGROUNDS:
        step = MultiOtsu(foreground=kind)
        ways[f"multi-Otsu, {kind}"] = lambda frames, step=step: MappedFrames(
            frames, lambda t: step.segment(frames.frame(t)), dtype=np.int32
        )
    return ways


def _by(step: Recurrent | Motion) -> Callable[[Frames], Frames]:
    return lambda frames: step(frames, state=step.prepare(frames))


def _scores(split: Split, model: str | None) -> Iterator[str]:
    """The table of one split, line by line."""
    yield f"### The {split} split"
    yield ""
    if split == "tuning":
        yield "Movies that were looked at while the drawn ones were made to be like them."
    else:
        yield "Movies, or parts of them, that were not scored before everything stood."
    yield ""
    yield f"| movies | frames | {SHIPPED}: F1 | SEG | Motion: F1 | SEG | multi-Otsu: F1 | SEG |"
    yield "| --- " * 8 + "|"
    for material, blocks in materials(split):
        found = {
            name: scored(way, blocks, border_px=material.border_px)
            for name, way in _ways(material, model).items()
        }
        best = max(FOREGROUNDS, key=lambda kind: found[f"multi-Otsu, {kind}"].f1)
        otsu = found[f"multi-Otsu, {best}"]
        n = sum(len(block.labels) for block in blocks)
        ours = found[SHIPPED]
        yield (
            f"| {material.title} | {n} | **{ours.f1:.3f}** | **{ours.seg:.3f}** "
            f"| {_both(found.get('Motion'))} | {otsu.f1:.3f} ({best}) | {otsu.seg:.3f} |"
        )


def _both(found: Scored | None) -> str:
    return f"{found.f1:.3f} | {found.seg:.3f}" if found else "– | –"


def _read(file: Path) -> np.ndarray:
    import cv2

    image = cv2.imread(str(file), cv2.IMREAD_UNCHANGED)
    if image is None:
        raise OSError(f"{file.name} cannot be read as an image")
    return image


def main() -> None:
    """Print the section."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--split", choices=[*SPLITS, "both"], default="tuning")
    parser.add_argument("--model", help="another file of weights")
    parser.add_argument("--write", action="store_true", help="into docs/accuracy.md")
    given = parser.parse_args()
    section = shipped_table(None if given.split == "both" else given.split, model=given.model)
    print(section)
    if given.write:
        page = Path(__file__).parents[1] / "docs" / "accuracy.md"
        page.write_text(with_section(page.read_text("utf-8"), section), encoding="utf-8")


if __name__ == "__main__":
    main()
