"""One movie, one step: what `lamella segment` does."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from pydantic import TypeAdapter, ValidationError

from lamella.core.errors import (
    FaultsError,
    OutputError,
    SettingsError,
)
from lamella.core.frames import Frames
from lamella.core.movie import Movie
from lamella.core.take import WHOLE, Take
from lamella.io import open_labels, open_movie, tiff
from lamella.measure import refuse_mismatch
from lamella.preprocess import Normalise, refuse_nan
from lamella.run.counted import counted
from lamella.run.options import values_of
from lamella.run.remarks import Tally, named, naming
from lamella.run.settings import ObjectSettings
from lamella.run.weights import Network, with_weights
from lamella.segment import Cellpose, Declump, ExistingLabels, Guided, Segmenter, UsesNuclei

Advance = Callable[[int, int], object]
"""Called with the number of frames done, and of all."""


def segmenter_from(method: str, options: Sequence[str]) -> Segmenter:
    """A segmenter from a method's name and ``key=value`` options.

    Raises
    ------
    SettingsError, FaultsError
        When the method or one of the options does not exist, or a value does not fit.
    """
    segmenter: Segmenter = step_from(Segmenter, method, options, ("--method", "--set"))
    return segmenter


def declumper_from(method: str, options: Sequence[str]) -> Declump:
    """A way to split clumps from its name and options; raises as `segmenter_from`."""
    declump: Declump = step_from(Declump, method, options, ("--declump", "--declump-set"))
    return declump


def step_from(union: Any, method: str, options: Sequence[str], flags: tuple[str, str]) -> Any:
    """A step of a union from its method's name and options, both as given by these flags."""
    values = {"method": method, **values_of(options, flag=flags[1])}
    adapter: TypeAdapter[Any] = TypeAdapter(union)
    try:
        return adapter.validate_python(values)
    except ValidationError as error:
        faults = [_option_fault(dict(e), method, union, flags) for e in error.errors()]
        raise FaultsError(list(faults)) from None


class Segmented(NamedTuple):
    """What became of a movie."""

    tally: Tally
    """Objects and pixels of every frame."""
    told: str
    """What the method decided from the movie, in words."""
    pixel_size_um: float | None


def segment_movie(
    source: Path,
    out: Path,
    *,
    segmenter: Segmenter,
    declump: Declump | None = None,
    nuclei: Path | None = None,
    normalise: Normalise | None = None,
    channel: str | None = None,
    axes: str | None = None,
    take: Take = WHOLE,
    force: bool = False,
    advance: Advance = lambda done, total: None,
) -> Segmented:
    """Segment one movie and write its labels as OME-TIFF.

    Parameters
    ----------
    nuclei : Path, optional
        Label TIFF of the nuclei, for guided segmentation and for splitting by nucleus.

    Raises
    ------
    OutputError
        When `out` is there already, unless `force`.
    """
    if out.suffix.lower() not in (".tif", ".tiff"):
        raise SettingsError(str(out), "labels are written as TIFF", "give a name that ends in .tif")
    refuse_input(out, source)
    led = _led(segmenter, declump, nuclei)
    if nuclei is not None:
        refuse_input(out, nuclei)
    refuse_existing(out, force=force)
    segmenter = with_weights(segmenter, Path(), download=True)
    movie = open_movie(source, axes=axes, take=take)
    seeds = _seeds(movie, led, nuclei)
    told = ""
    if isinstance(segmenter, ExistingLabels):
        refuse_input(out, Path(segmenter.pattern))
        masks = open_labels(segmenter.pattern)
        refuse_mismatch(movie, masks)
        labels = segmenter(masks.frames)
    else:
        normalise = ObjectSettings(segment=segmenter, normalise=normalise).normaliser
        frames = _normalised(movie, channel, normalise)
        if isinstance(segmenter, Network):
            segmenter.load()  # what is wrong with its file is no fault of the movie
        with naming(movie.source):
            if isinstance(segmenter, Guided):
                labels = segmenter.scaled(movie.scale.pixel_size_um)(frames, seeds)
            else:
                seen: list[Frames] = [frames]
                if isinstance(segmenter, Cellpose) and segmenter.nuclear_channel is not None:
                    seen.append(_normalised(movie, segmenter.nuclear_channel, normalise))
                prepared: Any = segmenter.prepare(*seen)
                told = segmenter.in_words(prepared)
                verb: Callable[..., Frames] = segmenter  # a state fits the step that prepared it
                labels = named(verb(*seen, state=prepared), movie.source)
                del prepared  # a survey holds pixels, which the verb does not need any more
    tally, n, passes = Tally(), len(labels), 2 if declump else 1

    with ExitStack() as stack:
        if declump is not None:  # it reads labels twice: what is computed is held in a file
            folder = stack.enter_context(TemporaryDirectory(prefix="lamella-"))
            clumps = Path(folder) / "clumps.ome.tif"
            tiff.write_labels(
                clumps,
                counted(labels, lambda done: advance(done, n * passes)),
                scale=movie.scale,
                name="cell",
            )
            held, image = open_labels(clumps).frames, refuse_nan(movie).channel(channel)
            labels = declump(held, image, seeds, state=declump.prepare(held, image, seeds))
        before = n * (passes - 1)
        final = counted(tally.watching(labels), lambda done: advance(before + done, n * passes))
        tiff.write_labels(out, final, scale=movie.scale, name="cell")
    tally.warn(movie.source)
    return Segmented(tally, told, movie.scale.pixel_size_um)


def _normalised(movie: Movie, channel: str | None, normalise: Normalise) -> Frames:
    frames = refuse_nan(movie).channel(channel)
    return normalise(frames, state=normalise.prepare(frames))


def _led(segmenter: Segmenter, declump: Declump | None, nuclei: Path | None) -> UsesNuclei | None:
    """The step that needs nuclei; they come from one place, and are asked for only where used."""
    led = [
        (flag, step)
        for flag, step in (("--method", segmenter), ("--declump", declump))
        if isinstance(step, UsesNuclei)
    ]
    if isinstance(segmenter, Guided) and declump is not None:
        raise SettingsError(
            f"--declump {declump.method}",
            "guided cells are single already, and have the numbers of their nuclei",
            "leave it out",
        )
    if not led:
        if nuclei is not None:
            used = declump.method if declump is not None else segmenter.method
            raise SettingsError(
                f"--nuclei {nuclei}",
                f"{used} uses no nuclei",
                "use --declump nucleus, or --method guided",
            )
        return None
    flag, step = led[0]
    change = "--set" if flag == "--method" else "--declump-set"
    if step.nuclei is not None:
        raise SettingsError(
            f"{change} nuclei={step.nuclei}",
            "sets of objects have names in a study only",
            "give --nuclei LABELS.tif",
        )
    if (nuclei is None) == (step.channel is None):
        raise SettingsError(
            f"{flag} {'guided' if flag == '--method' else 'nucleus'}",
            "it has no nuclei" if nuclei is None else "it has nuclei from two places",
            f"give either --nuclei LABELS.tif or {change} channel=NAME",
        )
    return step


def _seeds(movie: Movie, step: UsesNuclei | None, nuclei: Path | None) -> Frames | None:
    """Labels of the nuclei, where they are wanted."""
    if step is None:
        return None
    if nuclei is None:
        return step.found_in(refuse_nan(movie).channel(step.channel))
    masks = open_labels(nuclei, name="nucleus")
    refuse_mismatch(movie, masks)
    return masks.frames


def refuse_input(out: Path, source: Path) -> None:
    """Whatever --force says, what is read is never written over."""
    if source.resolve() in (out.resolve(), *out.resolve().parents):
        raise OutputError(str(out), "it is the input, or lies in it", "choose another --out")


def refuse_existing(path: Path, *, force: bool) -> None:
    """Raise the OutputError of a file that would be overwritten."""
    if path.exists() and not force:
        raise OutputError(str(path), "it is there already", "use --force to replace it")


def _option_fault(
    detail: dict[str, Any], method: str, union: Any, flags: tuple[str, str]
) -> SettingsError:
    choose, change = flags
    if detail["type"].startswith("union_tag"):
        known = detail.get("ctx", {}).get("expected_tags", "")
        return SettingsError(f"{choose} {method}", "there is no such method", f"use one of {known}")
    name = str(detail["loc"][-1])
    if detail["type"] == "missing":
        return SettingsError(f"{choose} {method}", f"it needs {name}", f"add {change} {name}=…")
    if detail["type"] == "extra_forbidden":
        known = _settings_of(union, method)
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"it has {', '.join(known)}"
        return SettingsError(f"{change} {name}", f"{method} has no such setting", hint)
    if detail["type"] == "value_error":  # of the settings together
        return SettingsError(f"{choose} {method}", "its settings clash", str(detail["msg"]))
    return SettingsError(
        f"{change} {name}={detail['input']}", "the value is not accepted", str(detail["msg"])
    )


def _settings_of(union: Any, method: str) -> list[str]:
    options = union.__origin__.__args__
    for option in options:
        if option.model_fields["method"].default == method:
            return [name for name in option.model_fields if name != "method"]
    return []
