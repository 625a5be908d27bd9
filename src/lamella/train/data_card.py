"""What a model was taught with, in numbers: the data part of its card."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import groupby
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lamella.core.table import Col
from lamella.kernels.diameter import typical_diameter
from lamella.kernels.regions import find_regions
from lamella.train.examples import Example


def data_table(examples: Sequence[Example], held_out: Collection[str] = ()) -> pd.DataFrame:
    """One row per movie and source.

    Parameters
    ----------
    examples : sequence of Example
    held_out : collection of str
        Movies that are not learnt from.

    Returns
    -------
    DataFrame
        movie, session, condition, source, held_out, n_images, n_labelled, stride (NaN of a single
        frame), height_px, width_px, n_channels, pixel_type, diameter_px and its quartiles (NaN
        without a whole object).
    """
    rows = []
    kept = sorted(examples, key=_group)
    for (movie, source, session, condition), members in groupby(kept, key=_group):
        own = sorted(members, key=lambda each: each.frame)
        frames = np.array([each.frame for each in own])
        diameter = typical_diameter(_whole_areas(own))
        first = own[0]
        rows.append(
            (
                movie, session, condition, source, movie in held_out, len(own), _n_objects(own),
                float(np.median(np.diff(frames))) if len(frames) > 1 else np.nan,
                *first.image.shape[-2:], _n_channels(first), str(first.image.dtype),
                diameter.px, diameter.low, diameter.high,
            )
        )  # fmt: skip
    return pd.DataFrame(rows, columns=_COLUMNS)


def data_card(examples: Sequence[Example], held_out: Collection[str] = ()) -> dict[str, Any]:
    """The data of a model in words and numbers for its ``card.json``.

    Parameters
    ----------
    examples, held_out
        As for `data_table`.

    Returns
    -------
    dict
        n_images, n_cells, n_movies, n_sessions; movies, sessions, conditions and sources, each name
        with its number of images; stride (median over movies of several frames, NaN without any);
        frame_sizes_px and pixel_types, each with its number of images; n_channels (1, or 2 with
        nuclei; both where mixed);
        diameter_px with median, quartiles, smallest and largest of whole objects, and their number
        (NaN without any); mean_confidence; held_out: names, n_images and n_cells of the movies that
        are not learnt from, which the other numbers leave out.
    """
    taught = [each for each in examples if each.movie not in held_out]
    aside = [each for each in examples if each.movie in held_out]
    areas = _whole_areas(taught)
    diameter = typical_diameter(areas)
    wide = np.sqrt(4 * areas / np.pi)
    strides = data_table(taught)[Col.STRIDE].dropna()
    return {
        "n_images": len(taught),
        "n_cells": _n_objects(taught),
        "n_movies": len({each.movie for each in taught}),
        "n_sessions": len({each.session for each in taught}),
        "movies": _counts([each.movie for each in taught]),
        "sessions": _counts([each.session for each in taught]),
        "conditions": _counts([each.condition for each in taught]),
        "sources": _counts([each.source for each in taught]),
        "stride": float(strides.median()) if len(strides) else np.nan,
        "frame_sizes_px": _counts(["{} × {}".format(*e.image.shape[-2:]) for e in taught]),
        "n_channels": sorted({_n_channels(each) for each in taught}),
        "pixel_types": _counts([str(each.image.dtype) for each in taught]),
        "diameter_px": {
            "median": diameter.px,
            "low": diameter.low,
            "high": diameter.high,
            "smallest": float(wide.min()) if len(wide) else np.nan,
            "largest": float(wide.max()) if len(wide) else np.nan,
            "n": diameter.n,
        },
        "mean_confidence": (
            float(np.mean([each.confidence for each in taught])) if taught else np.nan
        ),
        "held_out": {
            "movies": _counts([each.movie for each in aside]),
            "n_images": len(aside),
            "n_cells": _n_objects(aside),
        },
    }


def _group(example: Example) -> tuple[str, str, str, str]:
    return example.movie, example.source, example.session, example.condition


def _n_objects(examples: Sequence[Example]) -> int:
    return sum(len(find_regions(each.labels).label) for each in examples)


def _whole_areas(examples: Sequence[Example]) -> NDArray[np.int64]:
    """Areas of objects that the frame does not cut."""
    areas = [np.zeros(0, np.int64)]
    for each in examples:
        found = find_regions(each.labels)
        height, width = each.labels.shape
        areas.append(found.area[~found.at_border((height, width))])
    return np.concatenate(areas)


def _n_channels(example: Example) -> int:
    return 1 if example.image.ndim == 2 else len(example.image)


def _counts(names: Sequence[str]) -> dict[str, int]:
    """Every name with how often it is there, in order of the names."""
    return {name: names.count(name) for name in sorted(set(names))}


_COLUMNS = [
    Col.MOVIE, Col.SESSION, Col.CONDITION, Col.SOURCE, Col.HELD_OUT, Col.N_IMAGES, Col.N_LABELLED,
    Col.STRIDE, Col.HEIGHT_PX, Col.WIDTH_PX, Col.N_CHANNELS,
    Col.PIXEL_TYPE, Col.DIAMETER_PX, Col.DIAMETER_LOW_PX, Col.DIAMETER_HIGH_PX,
]  # fmt: skip
