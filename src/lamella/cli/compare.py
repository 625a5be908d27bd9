"""The command that compares two folders of masks, or two label movies."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lamella.cli import HOW_GOOD, app
from lamella.cli.options import Force

if TYPE_CHECKING:
    from pandas import DataFrame


@app.command(rich_help_panel=HOW_GOOD)
def compare(
    a: Annotated[Path, typer.Argument(metavar="A", help="Folder of masks, or a label movie.")],
    b: Annotated[
        Path, typer.Argument(metavar="B", help="Folder of masks with the same names, or a movie.")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the tables.")],
    pattern: Annotated[str, typer.Option(help="Which files of two folders to compare.")] = "*.tif",
    force: Force = False,
) -> None:
    """Compare two folders of masks, or two label movies: overlap, edges, areas, counts of objects.

    What became of the objects of A in B is counted: matched, new, lost, split, merged. Of two
    label movies the objects are compared too, a row for every pair that match.

    Example: `lamella compare cellpose otsu -o compared --pattern "*_mask.tif"`
    """
    from lamella.cli import show
    from lamella.run.compare import (
        COUNTS,
        OBJECTS,
        PER_FRAME,
        SUMMARY,
        compare_files,
        compare_folders,
    )  # fmt: skip

    written = [PER_FRAME, SUMMARY, COUNTS]
    told = ""
    if a.is_file() and b.is_file():
        made = compare_files(a, b, out, force=force)
    else:
        with show.frame_bar("comparing") as advance:
            made = compare_folders(a, b, out, pattern=pattern, force=force, advance=advance)
    if made.objects is not None:
        written.append(OBJECTS)
        iou = made.objects["iou"]
        only_a, only_b = (int((made.objects[side] == 0).sum()) for side in ("label_b", "label_a"))
        told = (
            f"{iou.count()} pairs of objects with an IoU of 0.5 or more, on average "
            f"{iou.mean():.4g}; {only_a} objects only in A, {only_b} only in B"
        )
    columns = ["name", "n_frames", "mean_iou", "mean_dice", "mean_boundary_iou", "mean_hd95_px"]
    show.show_table(
        columns,
        [
            [f"{v:.4g}" if isinstance(v, float) else str(v) for v in row]
            for row in made.summary[columns].to_numpy().tolist()
        ],
    )
    if len(made.counts):
        _print_counts(made.counts)
    if told:
        show.out.print(told, soft_wrap=True)
    for fault in made.faults:
        show.tell("failed", str(fault))
    if len(made.summary):
        names = [str(out / name) for name in written]
        show.out.print(f"wrote {', '.join(names[:-1])} and {names[-1]}", soft_wrap=True)
    if made.faults:
        raise typer.Exit(1)


def _print_counts(counts: DataFrame) -> None:
    """Objects before and after and what became of them, a line for every file and one for all."""
    from lamella.cli import show

    each = counts.groupby("name", sort=False).sum(numeric_only=True)
    show.out.print("\nobjects in A → in B, and what became of them:")
    show.show_table(
        ["name", "A → B", "matched", "new", "lost", "split", "merged"],
        [
            [
                str(name), f"{row['n_a']} → {row['n_b']}", str(row["matched"]), str(row["new"]),
                str(row["lost"]), _became(row["split"], row["split_into"]),
                _became(row["merged"], row["merged_into"]),
            ]
            for name, row in each.iterrows()
        ],
    )  # fmt: skip


def _became(before: int, after: int) -> str:
    return f"{before} → {after}" if before or after else "0"
