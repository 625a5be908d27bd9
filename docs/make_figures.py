"""Write the pictures of docs/figures.md from the results of `lamella demo`, of movies and a plate.

lamella demo OUT && lamella demo --plate PLATE
python docs/make_figures.py OUT/results PLATE/results
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
OF_A_PLATE = {
    "by_condition_positive__edu": "share",
    "threshold_edu": "threshold",
    "plate_positive_fraction__edu": "plate",
    "spread_intensity_mean__EdU": "violins",
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
    for results, shown in zip(sys.argv[1:], (SHOWN, OF_A_PLATE), strict=True):
        for source, target in shown.items():
            shrink(Path(results) / "figures" / f"{source}.png", FOLDER / f"{target}.png")
