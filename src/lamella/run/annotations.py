"""Labels that people drew or corrected, brought together with their images to learn from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from lamella.core.errors import InputError, SettingsError
from lamella.core.table import Col, stacked
from lamella.io.ctc_masks import raise_all
from lamella.kernels.morphology import components
from lamella.run.annotation_films import Film, films_of
from lamella.run.annotation_images import Images, images_of_folder, images_of_study
from lamella.run.annotation_movies import as_frames, by_movie
from lamella.run.annotation_pieces import Piece, Reader
from lamella.run.annotators import named, vote
from lamella.run.saved import is_run, sets_of
from lamella.run.study import open_study, study_around
from lamella.train.annotations import Annotated, Annotations
from lamella.train.examples import Example


class Taught(NamedTuple):
    """What there is to learn from."""

    examples: list[Example]
    frames: pd.DataFrame
    """As `Annotated.frames`: every annotated frame, and why it was left out."""
    notes: tuple[str, ...]
    """What to tell the user."""
    films: Mapping[str, list[Film]]
    """By the name of the movie: its frames, whether annotated or not."""
    agreement: pd.DataFrame | None = None
    """Where several people drew: how far they agree, see `annotators.vote`."""

    @property
    def movies(self) -> pd.DataFrame:
        """A row per example: movie, session, condition."""
        return pd.DataFrame(
            [(e.movie, e.session, e.condition) for e in self.examples],
            columns=[Col.MOVIE, Col.SESSION, Col.CONDITION],
        )


class LabelSource(NamedTuple):
    """Where labels and their images are: what `examples_from` is told, by the same names."""

    labels: Path | Sequence[Path]
    images: Path | None = None
    study: Path | None = None
    centred: Path | None = None
    name: str | None = None
    channel: str | None = None
    nuclear_channel: str | None = None
    every_frame: bool = False

    def examples(self, choose: Annotations) -> Taught:
        """What there is to learn from."""
        return examples_from(**self._asdict(), choose=choose)


def examples_from(
    labels: Path | Sequence[Path],
    *,
    images: Path | None = None,
    study: Path | None = None,
    centred: Path | None = None,
    name: str | None = None,
    channel: str | None = None,
    nuclear_channel: str | None = None,
    every_frame: bool = False,
    choose: Annotations | None = None,
) -> Taught:
    """Examples to learn from, out of labels of any kind.

    Parameters
    ----------
    labels : Path
        A file or a folder (with folders in it) of Cellpose's ``_seg.npy``, ImageJ ROIs, outlines of
        QuimP, TrackMate's, label images (``cell3_mask.tif``, ``cell3_cp_masks.png`` …), a folder of
        the Cell Tracking Challenge; or the folder of a run, of which the frames are taken that were
        corrected by hand. Of several people, one for each, no runs: what most of them agree on is
        taken, see `lamella.train.majority.fused`.
    images : Path, optional
        Folder of the images, or one image. By default they lie beside the labels; a ``_seg.npy`` of
        an older Cellpose may hold its image itself.
    study : Path, optional
        Study whose movies the labels are of, by name. For a run, by default the study that it lies
        in.
    centred : Path, optional
        Folder of a run, or a movie's ``manifest.json`` in it: the labels were drawn on its centred
        movies and are moved back to raw coordinates.
    name : str, optional
        Set of objects of a run; by default its only one, or ``cell``.
    channel : str, optional
        Channel that is segmented; by default that of the study's settings, or the first.
    nuclear_channel : str, optional
        Channel of nuclei, which becomes the second of every image.
    every_frame : bool
        Of a run all frames of corrected movies, not only those that were edited.
    choose : Annotations, optional
        Which annotated frames are taken.

    Returns
    -------
    Taught
        Of labels that tell of one frame twice those of the first kind are taken (see
        `annotation_files.KINDS`). Movies outside of a study have the session ``1`` and no
        condition; images called ``cell3_t0012`` are frames of the movie ``cell3``, and numbered
        images may be frames of one movie, too: see `annotation_movies`.

    Raises
    ------
    InputError, FaultsError
        Every file that has no image, is of another size, has frames beyond the end, or cannot be
        read; a channel that is not there; no object in anything.
    SettingsError, NotInstalledError
    """
    choose = choose or Annotations()
    notes: list[str] = []
    people = [labels] if isinstance(labels, Path) else list(labels)
    names = named(people)
    labels = people[0]
    run = is_run(labels)
    if study is None and images is None:
        study = study_around(labels if run else centred)
    if run and study is None:
        raise SettingsError(
            str(labels), "the study of this run is not around it", "say where it lies: --study"
        )
    if study is not None:
        opened = open_study(study)
        known: Images | None = images_of_study(opened)
        found = opened.settings.objects.get(name or "cell")
        channel = channel or (None if found is None else found.channel)
    else:
        known = None if images is None else images_of_folder(images)
    reader = Reader(known, centred, channel, nuclear_channel, notes)
    if run:
        pieces = reader.of_run(labels, _set_in(labels, name), every_frame=every_frame)
    else:
        pieces = reader.of_files(labels)
    others = [reader.of_files(each) for each in people[1:]]
    raise_all(reader.faults)
    every = [as_frames(own, notes) for own in (pieces, *others)]
    movies, left_out, agreement = list(by_movie(every[0])), None, None
    if others:
        by_person = {name: list(by_movie(own)) for name, own in zip(names, every, strict=True)}
        movies, left_out, agreement = vote(by_person, binary=choose.binary, notes=notes)
    made = [_chosen(choose, piece) for piece in movies]
    made += [] if left_out is None else [left_out]
    examples, frames = _settled(made, choose, ", ".join(map(str, people)), notes)
    films = films_of([piece for own in every for piece in own], channel=channel)
    return Taught(examples, frames, tuple(dict.fromkeys(notes)), films, agreement)


def _set_in(run: Path, name: str | None) -> str:
    sets = sets_of(run)
    if name is None:
        name = sets[0] if len(sets) == 1 else "cell"
    if name not in sets:
        raise SettingsError(
            f"--object {name}", f"the run has {', '.join(sets) or 'no objects'}", "name one of them"
        )
    return name


def _chosen(choose: Annotations, piece: Piece) -> Annotated:
    return choose(piece.image, piece.drawn, origin=piece.origin, nuclei=piece.nuclei)


def _settled(made: list[Annotated], choose: Annotations, where: str, notes: list[str]) -> Annotated:
    """All examples; what to tell of them is added to the notes."""
    examples = [each for one in made for each in one.examples]
    frames = stacked(one.frames for one in made)
    if not examples:
        reasons = (
            ""
            if frames.empty
            else ", ".join(
                f"{n} × {reason}" for reason, n in frames[Col.REASON].value_counts().items()
            )
        )
        raise InputError(
            where,
            f"no annotated frame can be learnt from ({reasons or 'there is none'})",
            _more(frames, choose),
        )
    cut = frames[frames[Col.N_CUT_BY_VIEW] > 0]
    if len(cut):
        n_left = int((~cut[Col.KEPT].astype(bool)).sum())
        notes.append(
            f"in {len(cut)} of {len(frames)} frames a cell reaches where the centred view ended, "
            f"along {cut[Col.CUT_BY_VIEW_PX].median():.0f} px (median), so that its outline may "
            f"lack a part; {n_left or 'none'} of these frames "
            f"{'is' if n_left == 1 else 'are'} left out"
        )
    n_empty = int((frames[Col.N_LABELLED] == 0).sum())
    if n_empty:
        what = "taken as background" if choose.min_objects == 0 else "left out"
        notes.append(f"{n_empty} frames without any object are {what}")
    if not choose.binary and _is_mask(examples):
        notes.append(
            "all objects of every frame have one number although they lie apart: if these are "
            "masks, no labels, say --set labels.binary=true"
        )
    return Annotated(examples, frames)


def _more(frames: pd.DataFrame, choose: Annotations) -> str:
    """What would leave fewer annotated frames out."""
    if choose.min_objects > 1:
        return "draw more cells, or ask for fewer: --set labels.min_objects=1"
    if not frames.empty and (frames[Col.N_CUT_BY_VIEW] > 0).any():
        return "draw on the raw movies, or allow outlines that were cut: --set labels.cut=keep"
    return "draw cells in some frames"


def _is_mask(examples: list[Example]) -> bool:
    """Whether nothing but one number is there, and most frames have it in several pieces."""
    if any(each.labels.max() > 1 for each in examples):
        return False
    apart = [len(components(each.labels > 0)[1]) > 2 for each in examples]
    return 2 * sum(apart) > len(apart)
