"""Why is this pixel cell? What `lamella why` does: one movie, the motion segmenter, explained."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from lamella.core.errors import InputError, SettingsError
from lamella.core.frames import ArrayFrames, Frames, Image, MappedFrames
from lamella.core.movie import Movie, Scale
from lamella.core.take import WHOLE, Take
from lamella.io import open_movie, tiff
from lamella.io.atomic import whole_file
from lamella.preprocess import refuse_nan
from lamella.report.figures.why import LookPlanes, Pixel, Planes, why
from lamella.report.style import as_png
from lamella.run.settings import ObjectSettings
from lamella.run.single import Advance, refuse_existing, refuse_input
from lamella.segment import Motion
from lamella.segment.motion import Explanation, words
from lamella.segment.motion.flow import flow_of
from lamella.segment.motion.survey import Plan

SELF_LABELS, EVIDENCE = "self_labels.ome.tif", "evidence.ome.tif"
ODDS, FLOW = "odds.ome.tif", "flow.ome.tif"


class Why(NamedTuple):
    """What was found of one frame."""

    frame: int
    n_objects: int
    """Touching cells are one object."""
    figure: Path
    sentences: list[str]
    """Why each pixel asked for is cell, or is not."""


def explain_movie(
    source: Path,
    out: Path,
    *,
    motion: Motion,
    frames_wanted: Sequence[int] = (),
    at: Sequence[tuple[int, int]] = (),
    all_frames: bool = False,
    channel: str | None = None,
    axes: str | None = None,
    take: Take = WHOLE,
    force: bool = False,
    advance: Advance = lambda done, total: None,
) -> list[Why]:
    """Explain frames of a movie: a figure each, and their planes as OME-TIFF.

    Parameters
    ----------
    frames_wanted : sequence of int
        Frames to explain; the middle one by default. The images hold these frames in their order.
    at : sequence of (int, int)
        Pixels (y, x) to explain; by default the surest cell, the surest background and the most
        doubtful pixel.
    all_frames : bool
        Self-labels and flow of every frame of the movie instead, one frame in memory at a time.

    Raises
    ------
    InputError
        A movie of one frame, in which nothing can be seen moving.
    SettingsError
        A frame or a pixel that does not exist.
    OutputError
        When one of the files is there already, unless `force`.
    """
    movie = open_movie(source, axes=axes, take=take)
    raw = refuse_nan(movie).channel(channel)
    if len(raw) < 2:
        raise InputError(
            str(source),
            "it has one frame, and motion is seen between two",
            "give a movie, or segment the frame with --method multiotsu",
        )
    wanted = list(dict.fromkeys(frames_wanted)) or [len(raw) // 2]
    _refuse_outside(wanted, at, raw)
    figures = [out / f"why_t{t:04d}.png" for t in wanted]
    for file in (*figures, *(out / name for name in (SELF_LABELS, EVIDENCE, ODDS, FLOW))):
        refuse_input(file, source)
        refuse_existing(file, force=force)
    # The frames as `lamella segment` would give them to the segmenter.
    normalise = ObjectSettings(segment=motion, normalise=None).normaliser
    frames = normalise(raw, state=normalise.prepare(raw))
    plan = motion.prepare(frames).plan
    found, evidence, odds, labels, flows = [], [], [], [], []
    for t, figure in zip(wanted, figures, strict=True):
        explanation = motion.explain(frames, t, plan)
        flow = flow_of(frames, t, lag=plan.lag)
        pixels = _pixels(explanation, at)
        drawn = why(
            _planes(explanation, flow, plan),
            pixels,
            title=f"Why is this pixel cell?  {source.name}, frame {t}",
            subtitle=_how(explanation, frames, t, plan),
            pixel_size_um=movie.scale.pixel_size_um,
        )
        with whole_file(figure) as part:
            part.write_bytes(as_png(drawn))
        told = [words.in_words(explanation, pixel.y, pixel.x) for pixel in pixels]
        found.append(Why(t, int(explanation.cells.max()), figure, told))
        evidence.append(explanation.evidence)
        odds.append(explanation.odds if explanation.looks else explanation.odds + np.nan)
        labels.append(words.label_image(explanation.labels))
        flows.append(flow)
    scale = _scale_of(movie, wanted)
    for name, planes in ((EVIDENCE, evidence), (ODDS, odds)):
        kind = name.partition(".")[0]
        stack = ArrayFrames(np.stack(planes).astype(np.float32))
        tiff.write_movie(out / name, {kind: stack}, scale=scale, name=kind)
    if all_frames:
        _write_all(out, frames, motion, plan, movie.scale, advance)
    else:
        _write_labels(out, ArrayFrames(np.stack(labels)), scale)
        y, x = (ArrayFrames(np.stack([flow[k] for flow in flows])) for k in (0, 1))
        tiff.write_movie(out / FLOW, {"y": y, "x": x}, scale=scale, name="flow")
    return found


def _write_all(
    out: Path, frames: Frames, motion: Motion, plan: Plan, scale: Scale, advance: Advance
) -> None:
    """Self-labels and flow of all frames, computed as they are written."""
    total = 2 * len(frames)

    def labels(t: int) -> Image:
        advance(t - frames.span.start + 1, total)
        return words.label_image(motion.explain(frames, t, plan).labels)

    last: dict[int, Image] = {}

    def flow(k: int) -> Callable[[int], Image]:
        def component(t: int) -> Image:
            if t not in last:  # both components of a frame are written one after the other
                last.clear()
                last[t] = flow_of(frames, t, lag=plan.lag)
                advance(len(frames) + t - frames.span.start + 1, total)
            plane: Image = last[t][k]
            return plane

        return component

    _write_labels(out, MappedFrames(frames, labels, dtype=np.uint8), scale)
    channels = {
        name: MappedFrames(frames, flow(k), dtype=np.float32) for k, name in enumerate(("y", "x"))
    }
    tiff.write_movie(out / FLOW, channels, scale=scale, name="flow")


def _write_labels(out: Path, labels: Frames, scale: Scale) -> None:
    tiff.write_labels(out / SELF_LABELS, labels, scale=scale, name="self_labels")


def _refuse_outside(wanted: Sequence[int], at: Sequence[tuple[int, int]], frames: Frames) -> None:
    for t in wanted:
        if t not in frames.span:
            raise SettingsError(
                f"--frame {t}",
                f"the movie has no such frame ({len(frames)} frames)",
                f"give a number from 0 to {frames.span.stop - 1}",
            )
    height, width = frames.frame_shape
    for y, x in at:
        if not (0 <= y < height and 0 <= x < width):
            raise SettingsError(
                f"--at {y},{x}",
                f"it lies outside the frame, which has {height} rows and {width} columns",
                f"give row,column from 0,0 to {height - 1},{width - 1}",
            )


def _scale_of(movie: Movie, wanted: Sequence[int]) -> Scale:
    """The scale of these frames alone; without times where they do not rise."""
    times = movie.scale.time_min
    rising = list(wanted) == sorted(wanted)
    some = None if times is None or not rising else np.asarray(times)[list(wanted)]
    return Scale(movie.scale.pixel_size_um, some)


def _how(explanation: Explanation, frames: Frames, t: int, plan: Plan) -> str:
    others = [str(u) for u in (t - plan.lag, t + plan.lag) if u in frames.span]
    told = [
        f"compared with frame{'s' * (len(others) > 1)} {' and '.join(others) or '–'}",
        f"motion pooled over {plan.scale.pool_px:g} px",
    ]
    n = int(explanation.cells.max())
    if explanation.looks:
        told.append(f"{explanation.prior:.0%} of the frame taken to be cell beforehand")
        told.append(f"{n} {'object' if n == 1 else 'objects'} found")
    elif not plan.moving:
        told.append("the movie shows no motion above its noise: nothing is cell")
    else:
        told.append("too few moving or still pixels to learn from: nothing is cell")
    return " · ".join(told)


def _pixels(explanation: Explanation, at: Sequence[tuple[int, int]]) -> list[Pixel]:
    if at:
        chosen = [(y, x, "as asked") for y, x in at]
    else:
        chosen = [(y, x, kind) for kind, (y, x) in words.instructive(explanation).items()]
    prior = words.prior_log_odds(explanation)
    labels = words.label_image(explanation.labels)
    return [
        Pixel(
            y=y,
            x=x,
            why_this=kind,
            evidence=float(explanation.evidence[y, x]),
            self_label=words.SELF_LABELS[labels[y, x]],
            prior=prior,
            looks=tuple(words.looks_at(explanation, y, x)),
            log_odds=float(explanation.odds[y, x]),
            verdict=words.verdict_at(explanation, y, x),
        )
        for y, x, kind in chosen
    ]


def _planes(explanation: Explanation, flow: Image, plan: Plan) -> Planes:
    return Planes(
        frame=explanation.frame,
        evidence=explanation.evidence,
        self_labels=words.label_image(explanation.labels),
        looks=tuple(
            LookPlanes(
                look.scale_px,
                words.brightness_over_noise(look),
                words.texture_over_noise(look),
                added,
            )
            for look, added in zip(explanation.looks, explanation.odds_by_look, strict=True)
        ),
        log_odds=explanation.odds,
        stages=words.stages(explanation),
        cells=explanation.cells,
        flow=flow,
        lag=plan.lag,
    )
