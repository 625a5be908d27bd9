"""Write the pictures of docs/figures.md from the results of `lamella demo`.

lamella demo OUT && python docs/make_figures.py OUT/results
"""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image

FOLDER = Path(__file__).parent / "figures"
SHOWN = {
    "by_condition_mean_speed_um_per_min": "superplot",
    "estimation_mean_speed_um_per_min": "estimation",
    "replication_mean_speed_um_per_min": "replication",
    "effect_sizes": "effect_sizes",
    "outline_bands": "outline_bands",
    "trajectories": "trajectories",
    "directions": "directions",
    "displacement_by_lag": "displacement",
    "lam_versus_cyto": "bright_dim",
    "edge_KI_high_1_cell_1": "edge",
    "outlines_montage": "montage",
    "empty_rate": "empty",
}
WIDEST_PX = 900


def shrink(source: Path, target: Path) -> None:
    """A figure at most 900 px wide with 200 colours: small, and as readable."""
    picture = Image.open(source).convert("RGB")
    if picture.width > WIDEST_PX:
        height = round(picture.height * WIDEST_PX / picture.width)
        picture = picture.resize((WIDEST_PX, height), Image.Resampling.LANCZOS)
    picture.quantize(200, dither=Image.Dither.NONE).save(target, optimize=True)


if __name__ == "__main__":
    for source, target in SHOWN.items():
        shrink(Path(sys.argv[1]) / "figures" / f"{source}.png", FOLDER / f"{target}.png")
