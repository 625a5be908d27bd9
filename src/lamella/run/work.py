"""What each stage of a movie does: read what the stages before it left, compute, write."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import pandas as pd

from lamella.core.errors import LamellaWarning
from lamella.core.frames import Frames
from lamella.core.labels import Labels
from lamella.core.long_table import LongTable
from lamella.core.table import Col
from lamella.core.tracks import Tracks
from lamella.io import open_labels, tiff
from lamella.io.tables import write_table
from lamella.measure import (
    VARIANTS,
    Compartment,
    Group,
    Measured,
    Walked,
    joined,
    looked_at,
    refuse_mismatch,
    seen_alone,
    wherever,
)
from lamella.preprocess import NoBackground, Normalise, doubt
from lamella.report.cell_strips import CellSet
from lamella.run.cautions import (
    warn_of_background,
    warn_of_few_steps,
    warn_of_flat,
    warn_of_negatives,
    warn_of_nothing,
    warn_of_saturation,
)
from lamella.run.centred import centred
from lamella.run.channels import shifts_told
from lamella.run.corrected_rows import (
    cells_with_corrected,
    corrected_shapes,
    frames_with_corrected,
)
from lamella.run.corrections import is_corrected, last_edit
from lamella.run.counted import noting_flat
from lamella.run.diameter import as_json
from lamella.run.follow import CHECKS, Followed, follow, followed_by_hand
from lamella.run.in_parts import InParts
from lamella.run.light import Light, provenance_of, walked_in_light
from lamella.run.made import Made
from lamella.run.measured import write_measured, write_movie
from lamella.run.nuclei_check import nuclei_counts, warn_of_nuclei
from lamella.run.outlines import WrongOutlines, cells_of, compared_groups, measured_again
from lamella.run.pictures import pictures_of
from lamella.run.remarks import Tally, described, named, naming
from lamella.run.review.unmeasured import hidden, told_apart
from lamella.run.settings import ObjectSettings
from lamella.run.stages import (
    DRIFT_STAGE,
    SIGHTINGS,
    events_file,
    measure_stage,
    outlines_stage,
    sightings_stage,
)
from lamella.run.task import external_in, masks_path
from lamella.run.weights import Network, weights_of, with_weights
from lamella.segment import Cellpose, ExistingLabels, External, Guided


class StageWork(InParts):
    """The stages of one movie, a method each.

    A method is called with the name of the set of objects and the parts of the stage that are not
    up to date, and gives what it made for each part.
    """

    def do(self, stage: str, stale: list[str]) -> dict[str, Made]:
        """Run one stage, such as ``segment/cell``."""
        kind, _, name = stage.partition("/")
        settings = self.task.settings
        if stage == (DRIFT_STAGE if settings.drift else f"segment/{settings.objects_in_order[0]}"):
            self._tell_notes()
        methods = {
            "drift": self._drift,
            "segment": self._segment,
            "declump": self._declump,
            "track": self._track,
            "centre": self._centre,
            "picture": self._picture,
            "measure": self._measure,
            "outlines": self._outlines,
            "tables": self._tables,
        }
        return methods[kind](name, stale)

    def _drift(self, name: str, stale: list[str]) -> dict[str, Made]:
        step = self.task.settings.drift
        if not step:
            return {DRIFT_STAGE: Made()}
        state = self._state(step, "frames", "drift", self.movie.channel(step.channel))
        registration = step.estimate(state)
        told = doubt(registration, self.movie.source)
        if told is not None:
            warnings.warn(told, LamellaWarning, stacklevel=2)
        return {DRIFT_STAGE: Made((), registration.as_json(), step.deciding())}

    def _segment(self, name: str, stale: list[str]) -> dict[str, Made]:
        each = self.task.settings.objects[name]
        found: dict[str, object] = {"described": described(self.movie), **self._laid(name)}
        flat: set[int] = set()
        tally = Tally()
        labels = self._segmented(each, found, flat)
        file, doing = f"segmented/{name}.ome.tif", f"segment {name}"
        self._write_labels(file, labels, doing, name=name, tally=tally, flat=flat)
        tally.warn(self.movie.source)
        found["diameter"] = as_json(tally.diameter)
        found["frames_with_odd_area"] = sorted(tally.jumps())
        found["flat_frames"] = sorted(flat)
        warn_of_flat(flat, len(labels), self.movie.source)
        provenance = {"segment": each.segment.provenance()}
        if not isinstance(each.segment, ExistingLabels):
            provenance["normalise"] = each.normaliser.provenance()
        if isinstance(each.segment, Network):
            provenance["weights"] = weights_of(each.segment, self.task.study_folder).told()
        return {f"segment/{name}": Made((file,), found, provenance)}

    def _laid(self, name: str) -> dict[str, object]:
        """How channels lie over each other, found once a movie: with its first set of objects."""
        if name != next(iter(self.task.settings.objects)):
            return {}
        if self.task.settings.channels.align == "translate":
            return {"channels_laid_over": self._raw.laid}
        for told in shifts_told(self.movie):
            warnings.warn(f"{self.movie.source}: {told}", LamellaWarning, stacklevel=2)
        return {}

    def _segmented(self, each: ObjectSettings, found: dict[str, object], flat: set[int]) -> Frames:
        step = each.segment
        if isinstance(step, ExistingLabels):
            masks = open_labels(masks_path(self.task, step))
            refuse_mismatch(self.movie, masks)
            return step(masks.frames)
        frames = noting_flat(self._shown.channel(each.channel), flat)
        state = self._looked_at(each.normaliser, "light", frames)
        found["normalise"] = each.normaliser.decide(frames.dtype, state)._asdict()
        normalised = each.normaliser(frames, state=state)
        if isinstance(step, External):
            return external_in(self.task, step)(normalised)
        if isinstance(step, Guided):
            nuclei = self._nuclei(step)
            return step.scaled(self.movie.scale.pixel_size_um)(normalised, nuclei)
        others: list[Frames] = []
        if isinstance(step, Cellpose):
            others = self._nuclear(step, each)
        step = with_weights(step, self.task.study_folder)
        if isinstance(step, Network):
            self.tell("load the network", 0, 1)
            step.load()
        prepared = self._state(step, "survey", f"survey {self.task.name}", normalised, *others)
        verb: Callable[..., Frames] = step  # a state fits the step that prepared it
        with naming(self.movie.source):
            found["decided"] = step.told(prepared)
            found["found_by"] = f"{step.method}: {step.in_words(prepared)}".removesuffix(": ")
            return named(verb(normalised, *others, state=prepared), self.movie.source)

    def _nuclear(self, step: Cellpose, each: ObjectSettings) -> list[Frames]:
        """The second channel that is shown to Cellpose, normalised as the first, if there is."""
        if step.nuclear_channel is None:
            return []
        frames = self._shown.channel(step.nuclear_channel)
        state = self._looked_at(each.normaliser, "nuclear light", frames)
        return [each.normaliser(frames, state=state)]

    def _looked_at(self, normaliser: Normalise, phase: str, frames: Frames) -> Any:
        """What decides whether a channel is stretched; None where the rule asks for no look."""
        if not normaliser.looks_at(frames.dtype):
            return None
        return self._state(normaliser, phase, "normalise", frames)

    def _declump(self, name: str, stale: list[str]) -> dict[str, Made]:
        each = self.task.settings.objects[name]
        step = each.declump
        assert step  # noqa: S101  it has a stage only then
        labels = self._labels("segmented", name).frames
        image, nuclei = self._shown.channel(each.channel), self._nuclei(step)
        state = self._state(step, "sizes", f"cell sizes of {name}", labels, image, nuclei)
        file, doing, tally = f"declumped/{name}.ome.tif", f"declump {name}", Tally()
        single = step(labels, image, nuclei, state=state)
        self._write_labels(file, single, doing, name=name, tally=tally, flat=set())
        found: dict[str, object] = {"half_width_px": state.half_width_px, "cells_are": state.look}
        found["diameter"] = as_json(tally.diameter)
        return {f"declump/{name}": Made((file,), found, step.provenance())}

    def _track(self, name: str, stale: list[str]) -> dict[str, Made]:
        by_hand = is_corrected(self.task.folder, name)
        followed = (
            followed_by_hand(self.task.folder, name, self.movie)
            if by_hand
            else self._followed(name)
        )
        labels, tracks, found = followed.labels, followed.tracks, followed.found
        if by_hand:
            found["corrected"] = corrected_shapes(self.task.folder, name)
        file, links = f"labels/{name}.ome.tif", f"tracks/{name}.parquet"
        tiff.write_labels(
            self.task.folder / file,
            self._counted(tracks.relabel(labels), f"relabel {name}"),
            scale=self.movie.scale,
            name=name,
        )
        write_table(self.task.folder / links, tracks.links)
        events = events_file(name)
        write_table(self.task.folder / events, followed.events)
        if not tracks.first_last:
            warn_of_nothing(name, len(labels), str(self.task.source))
        how = self.task.settings.objects[name].track.provenance()
        provenance = {"corrected": last_edit(self.task.folder, name)} if by_hand else {"track": how}
        provenance["checks"] = CHECKS.provenance()
        return {f"track/{name}": Made((file, links, events), found, provenance)}

    def _followed(self, name: str) -> Followed:
        each = self.task.settings.objects[name]
        return follow(
            each.track,
            self._single(name),
            self.movie.channel(each.channel),
            scale=self.movie.scale,
            registration=self._registration,
            source=self.movie.source,
            fill_gaps=each.fill_gaps,
            several=f'set method = "lap" under [objects.{name}.track] in study.toml',
            prepared=partial(self._state, each.track, "objects", f"track {name}"),
        )

    def _centre(self, name: str, stale: list[str]) -> dict[str, Made]:
        step = self.task.settings.objects[name].centre
        assert step  # noqa: S101  it has a stage only then
        made = centred(
            step,
            self.movie,
            self._labels("labels", name),
            self._tracks(name),
            self.task.folder,
            counted=lambda frames: self._counted(frames, "centre"),
        )
        return {f"centre/{name}": made}

    def _picture(self, name: str, stale: list[str]) -> dict[str, Made]:
        settings, folder = self.task.settings, self.task.folder
        sets = [
            CellSet(
                other,
                self.movie.channel(each.channel),
                self._labels("labels", other).frames,
                self._tracks(other),
            )
            for other, each in settings.objects.items()
        ]
        told = partial(self.tell, "picture")
        made = pictures_of(sets, self.movie.scale, folder, file=f"filmstrip_{name}.png", told=told)
        return {f"picture/{name}": made}

    def _measure(self, name: str, stale: list[str]) -> dict[str, Made]:
        settings, tracks = self.task.settings.measure, self._tracks(name)
        every = self.task.settings.groups_of(name)
        groups = {n: g for n, g in every.items() if measure_stage(name, n) in stale}
        labels = self._labels("labels", name)
        light, (sightings, tables) = self._walked(labels, groups, tracks, f"measure {name}")
        if "lamellipodium" in groups and isinstance(settings.background, NoBackground):
            warn_of_background(self.movie, labels, tracks.links[Col.FRAME].unique())
        made: dict[str, Made] = {}
        if sightings_stage(name) in stale:
            files = write_measured(
                self.task.folder, f"measures/{name}.{SIGHTINGS}", Measured(sightings)
            )
            if self.movie.n_frames > 1:
                warn_of_few_steps(sightings, self.movie.source)
            trusted = {"measure": settings.sightings.provenance()}
            made[sightings_stage(name)] = Made(files, {}, trusted)
        for (group_name, group), measured in zip(groups.items(), tables, strict=True):
            files = write_measured(self.task.folder, f"measures/{name}.{group_name}", measured)
            warn_of_saturation(measured.frames, sightings, self.movie.source)
            warn_of_negatives(measured.frames, sightings, self.movie.source)
            provenance = provenance_of(group, settings, self.task.settings.illumination)
            told = dict(light.told) if group.looks_at_light else {}
            if isinstance(group, Compartment):
                nuclei = self._tracks(group.nuclei)
                n_nuclei = len(nuclei.links) - len(nuclei.interpolated)
                counts = nuclei_counts(measured.frames, n_nuclei)
                warn_of_nuclei(counts, self.movie.source)
                told["nuclei"] = counts
            made[measure_stage(name, group_name)] = Made(files, told, provenance)
        return made

    def _walked(
        self,
        labels: Labels,
        groups: Mapping[str, Group],
        tracks: Tracks,
        doing: str,
        *,
        phase: str = "rows",
        wrong: WrongOutlines | None = None,
    ) -> tuple[Light, Walked]:
        """The movie measured with these labels, in its light."""
        settings = self.task.settings.measure
        names = self.task.settings.objects if settings.background.looks_outside else ()
        sets = [self._found_anywhere(name).frames for name in names]
        left_out = self._left_out(labels.name)
        light, walked = walked_in_light(
            self.evened,
            labels,
            groups,
            settings,
            tracks=hidden(tracks, left_out),
            anything=wherever(sets) if sets else None,
            others={
                each: seen_alone(self._labels("labels", each), self._tracks(each).interpolated)
                for each in looked_at(groups.values())
            },
            registration=self._registration,
            progress=lambda t: self.tell(doing, *self._how_far(t)),
            faded=self._faded,
            gathered=lambda look: self._gathered(look, phase, wrong),
        )
        return light, told_apart(walked, tracks, left_out)

    def _faded(self, step: Any, frames: Frames, **named: Any) -> Any:
        """How a channel bleached."""
        nth = self.movie.channel_names.index(named["channel"])
        return self._state(step, f"bleaching {nth}", "bleaching", frames, **named)

    def _outlines(self, name: str, stale: list[str]) -> dict[str, Made]:
        settings, tracks = self.task.settings, self._tracks(name)
        groups = compared_groups(settings, *self._found(name))

        def measured(wrong: WrongOutlines, variant: str) -> pd.DataFrame:
            doing = f"{variant} {name}"
            _, (sightings, tables) = self._walked(
                wrong.labels, groups, tracks, doing, phase=variant, wrong=wrong
            )
            found = dict(zip(groups, tables, strict=True))
            return cells_of(settings.measure, sightings, found, tracks)

        assert settings.outlines  # noqa: S101  it has a stage only then
        given = settings.outlines, self._labels("labels", name), self.task.folder
        making = self.parts.phase_made if self.parts is not None else None
        # A chunk of one variant needs nothing of the others.
        variants = [each for each in VARIANTS if each == making] or VARIANTS
        return {outlines_stage(name): measured_again(*given, measured, variants)}

    def _tables(self, name: str, stale: list[str]) -> dict[str, Made]:
        parts: dict[str, list[pd.DataFrame]] = {"frames": [], "cells": []}
        long: dict[str, list[LongTable]] = {}
        settings = self.task.settings
        for each in settings.objects:
            sightings, found = self._found(each)
            by_hand = self.manifest[f"track/{each}"].found.get("corrected", {})
            frames = joined([sightings, *(measured.frames for measured in found.values())])
            frames = frames_with_corrected(frames, by_hand)
            cells = cells_of(settings.measure, sightings, found, self._tracks(each))
            parts["frames"].append(frames)
            parts["cells"].append(cells_with_corrected(cells, frames))
            for measured in found.values():
                for kind, table in measured.finer.items():
                    parts.setdefault(kind, []).append(table)
                for kind, each_long in measured.long.items():
                    long.setdefault(kind, []).append(each_long)
        return {"tables": Made(write_movie(self.task.folder, self.task.name, parts, long))}
