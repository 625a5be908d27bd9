"""Topics a to c: measuring in memory and from files, and the Hausdorff distance."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import numpy as np
import plain
from scipy.spatial.distance import cdist
from timing import paired, ratio, told

from lamella import Labels, Movie
from lamella.core.table import Col
from lamella.io import open_labels, open_movie
from lamella.io.tiff import write_labels, write_movie
from lamella.kernels.contour import hausdorff_percentile
from lamella.measure import Lamellipodium, Migration, measure

UM, INTERVAL_MIN = 0.318, 1.0
PUBLISHED = (Migration(), Lamellipodium.published())
ALL = (Migration(), Lamellipodium())


def in_memory() -> list[str]:
    """Topic a."""
    images, masks, movie, labels = _cell()
    expected = plain.procedure(images, masks, um=UM, interval_min=INTERVAL_MIN)
    _, cells, _ = measure(movie, labels, PUBLISHED)
    speed, lam = float(cells[Col.MEAN_SPEED].iloc[0]), float(cells[Col.LAM_CYTO_RATIO].iloc[0])
    # Half a grey value of ties moves a mean: the ratio agrees to about that.
    if abs(speed / expected.mean_speed - 1) > 1e-9 or abs(lam / expected.ratio - 1) > 5e-3:
        raise AssertionError(f"different results: {speed}, {lam} and {expected}")
    seconds = paired(
        {
            "plain": lambda: plain.procedure(images, masks, um=UM, interval_min=INTERVAL_MIN),
            "published": lambda: measure(movie, labels, PUBLISHED),
            "all": lambda: measure(movie, labels, ALL),
        }
    )
    return [
        "One cell of about 60 px radius in 360 frames of 512×512, uint16, in memory. The "
        "alternative is the published procedure in plain numpy: `np.nonzero` for area and "
        "centroid, `logical_and`/`or` on whole frames for the overlap, median split. "
        f"Both give a mean speed of {speed:.4f} µm/min and a ratio of {lam:.3f} "
        f"(plain: {expected.ratio:.3f}, which counts all tied pixels as bright).",
        "",
        "| | time | plain numpy ÷ Lamella | target |",
        "| --- | --- | --- | --- |",
        f"| plain numpy | {told(seconds['plain'])} | | |",
        f"| published measures | {told(seconds['published'])} "
        f"| {ratio(seconds['plain'], seconds['published']):.1f} | ≥ 5 |",
        "| with band, layers and every column (plain numpy does not do these) "
        f"| {told(seconds['all'])} | {ratio(seconds['plain'], seconds['all']):.1f} | |",
    ]


def from_file() -> list[str]:
    """Topic b."""
    _, _, movie, labels = _cell()
    lines = [
        "The same measures with the movie and its labels in OME-TIFF files, from opening to the "
        "tables, against merely reading every frame of both files, from the system's cache of "
        "files or from the disk. The next frames are read while these are measured, which takes "
        "a second core.",
        "",
        "| movie (labels: deflate) | read | read and measure | ÷ reading | target |",
        "| --- | --- | --- | --- | --- |",
    ]
    with tempfile.TemporaryDirectory() as folder:
        mask_file = Path(folder) / "labels.ome.tif"
        write_labels(mask_file, labels.frames, scale=movie.scale)
        for name, compress in (("uncompressed", False), ("deflate", True)):
            file = Path(folder) / f"{name}.ome.tif"
            write_movie(file, movie.channels, scale=movie.scale, compress=compress)
            for where, prepare in (("from the cache", _leave), ("from the disk", _forget)):
                seconds = paired(
                    {
                        "read": lambda file=file, prepare=prepare: _read_all(
                            prepare(file), prepare(mask_file)
                        ),
                        "measure": lambda file=file, prepare=prepare: measure(
                            open_movie(prepare(file)), open_labels(prepare(mask_file)), PUBLISHED
                        ),
                    }
                )
                lines.append(
                    f"| {name}, {where} | {told(seconds['read'])} | {told(seconds['measure'])} "
                    f"| {ratio(seconds['measure'], seconds['read']):.2f} | ≤ 1.3 |"
                )
    return lines


def hausdorff() -> list[str]:
    """Topic c."""
    lines = [
        "95th-percentile Hausdorff distance of two outlines: `hausdorff_percentile` against all "
        "pairs of points (`scipy.spatial.distance.cdist`, minima both ways, `numpy.percentile`). "
        "Same result.",
        "",
        "| points a side | all pairs | Lamella | all pairs ÷ Lamella | target |",
        "| --- | --- | --- | --- | --- |",
    ]
    for n, target in ((300, 5), (3000, 50)):
        a, b = _outline(n, seed=1), _outline(n, seed=2)
        if not np.isclose(hausdorff_percentile(a, b), _all_pairs(a, b), rtol=1e-12):
            raise AssertionError("different Hausdorff distances")
        seconds = paired(
            {
                "pairs": lambda a=a, b=b: _all_pairs(a, b),
                "ours": lambda a=a, b=b: hausdorff_percentile(a, b),
            },
            calls=20 if n < 1000 else 1,
        )
        lines.append(
            f"| {n} | {told(seconds['pairs'])} | {told(seconds['ours'])} "
            f"| {ratio(seconds['pairs'], seconds['ours']):.0f} | ≥ {target} |"
        )
    return lines


def _cell() -> tuple[np.ndarray, np.ndarray, Movie, Labels]:
    images, masks = plain.moving_cell()
    movie = Movie.from_array(images, pixel_size_um=UM, interval_min=INTERVAL_MIN)
    return images, masks, movie, Labels.from_array(masks)


def _leave(file: Path) -> Path:
    return file


def _forget(file: Path) -> Path:
    """The file, put out of the system's cache."""
    with file.open("rb") as opened:
        os.fsync(opened.fileno())
        os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    return file


def _read_all(movie_file: Path, mask_file: Path) -> None:
    movie, labels = open_movie(movie_file), open_labels(mask_file)
    for t in range(movie.n_frames):
        labels.frame(t)
        movie.frame(t)


def _outline(n: int, *, seed: int) -> np.ndarray:
    """n boundary pixels of a lobed cell."""
    draws = np.random.default_rng(seed)
    angle = np.linspace(0, 2 * np.pi, n, endpoint=False)
    radius = n / 6 * (1 + 0.15 * np.cos(3 * angle + seed) + 0.05 * np.cos(7 * angle - seed))
    jitter = draws.integers(-1, 2, (n, 2))
    return np.rint(radius[:, None] * np.stack([np.sin(angle), np.cos(angle)], 1)) + n + jitter


def _all_pairs(a: np.ndarray, b: np.ndarray) -> float:
    distance = cdist(a, b)
    return float(
        max(np.percentile(distance.min(axis=1), 95), np.percentile(distance.min(axis=0), 95))
    )
