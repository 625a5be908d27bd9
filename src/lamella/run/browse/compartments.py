"""Lamellipodium and body of a movie's cells, frame by frame, as the run measured them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from pydantic import TypeAdapter

from lamella.core.frames import Frames, Image, MappedFrames
from lamella.core.level import taken_off
from lamella.kernels.regions import find_regions
from lamella.measure.channels import suffixes
from lamella.measure.lamellipodium import Lamellipodium
from lamella.measure.view import FrameView
from lamella.preprocess import Background
from lamella.run.browse.opened import OpenedMovie
from lamella.run.browse.roles import IS_BODY, IS_LAMELLIPODIUM
from lamella.run.stages import measure_stage


class MeasuredBy(NamedTuple):
    """The steps by which a run measured lamellipodia."""

    step: Lamellipodium
    background: Background
    in_even_light: bool


def measured_by(movie: OpenedMovie, object_name: str) -> MeasuredBy | None:
    """What the manifest says of the measure, also where study.toml was changed since.

    None where lamellipodia were not measured. Where polarity was off, so that nothing tells which
    definition is meant, the published one by halves is taken.
    """
    stages = dict(movie.manifest)
    done = stages.get(measure_stage(object_name, "lamellipodium"))
    if done is None:
        return None
    settings = dict(done.provenance["measure"]["settings"])
    if not settings["polarity"]:
        settings.update(polarity=True, polarity_by="halves")
    background: Background = TypeAdapter(Background).validate_python(
        done.provenance["background"]["settings"]
    )
    step = Lamellipodium.model_validate(settings)
    return MeasuredBy(step, background, "illumination" in done.provenance)


def lamellipodium_frames(
    movie: OpenedMovie, object_name: str, cells: Frames, *, channel: str | None = None
) -> Frames | None:
    """Lamellipodium and body of every cell; a frame is computed when it is asked for.

    Parameters
    ----------
    cells : Frames
        (T, Y, X) cells by number.
    channel : str, optional
        The first that was measured by default.

    Returns
    -------
    Frames or None
        uint8: 0 outside of cells, `IS_BODY`, `IS_LAMELLIPODIUM`. A pixel that belongs by a share
        belongs from one half on. None where the run did not measure lamellipodia.

    Notes
    -----
    Seen in even light and less the background, as measured. Bleaching is not undone, since for
    that all frames are read; a factor a frame changes no definition.
    """
    made = measured_by(movie, object_name)
    if made is None:
        return None
    raw = movie.evened if made.in_even_light else movie.movie
    name = channel or next(iter(suffixes(made.step.channels, raw.channel_names)))
    light, level = taken_off(raw, made.background)

    def parts(t: int) -> Image:
        mask = cells.frame(t)
        view = FrameView(t, mask, find_regions(mask), None, None, light, level, mask)
        out = np.zeros(mask.shape, np.uint8)
        if len(view.regions.label):
            share = made.step.part(view, name).share
            out[mask != 0] = IS_BODY
            out[(mask != 0) & (share >= 0.5)] = IS_LAMELLIPODIUM
            out[np.isnan(share)] = 0  # not told, as of a cell without three layers
        return out

    return MappedFrames(cells, parts, dtype=np.uint8)
