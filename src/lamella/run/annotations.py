"""Labels that people drew or corrected, brought together with their images to learn from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from lamella.core.errors import InputError, LamellaError, SettingsError
from lamella.core.frames import Frames
from lamella.core.movie import Movie
from lamella.core.table import Col, stacked
from lamella.io.ctc_masks import raise_all
from lamella.io.seg_npy import read_seg_npy
from lamella.kernels.morphology import components
from lamella.run.annotation_files import LabelFile, find_label_files, frame_in
from lamella.run.annotation_images import Images, Place, images_of_folder, images_of_study
from lamella.run.annotation_labels import ChosenFrames, Offsets, corrected, read_drawn
from lamella.run.cache import MANIFEST
from lamella.run.centred import offsets_of
from lamella.run.corrections import is_corrected
from lamella.run.saved import is_run, sets_of
from lamella.run.study import SETTINGS_FILE, open_study
from lamella.train.annotations import Annotated, Annotations, Drawn, Origin
from lamella.train.examples import Example

CORRECTION = "correction"
"""Source of labels that were corrected by hand in a run."""


class Taught(NamedTuple):
    """What there is to learn from."""

    examples: list[Example]
    frames: pd.DataFrame
    """As `Annotated.frames`: every annotated frame, and why it was left out."""
    notes: tuple[str, ...]
    """What to tell the user."""


class _Piece(NamedTuple):
    """Labels and images of one movie, or of one frame of it."""

    origin: Origin
    drawn: Drawn
    image: Frames
    nuclei: Frames | None
    of_frame: int | None = None
    """The number of the frame, where labels and image are of it alone."""


def examples_from(
    labels: Path,
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
        corrected by hand.
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
        condition; images called ``cell3_t0012`` are frames of the movie ``cell3``.

    Raises
    ------
    InputError, FaultsError
        Every file that has no image, is of another size, has frames beyond the end, or cannot be
        read; a channel that is not there; no object in anything.
    SettingsError, NotInstalledError
    """
    choose = choose or Annotations()
    notes: list[str] = []
    run = is_run(labels)
    if study is None and images is None:
        study = _study_around(labels if run else centred)
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
    reader = _Reader(known, centred, channel, nuclear_channel, notes)
    if run:
        pieces = reader.of_run(labels, _set_in(labels, name), every_frame=every_frame)
    else:
        pieces = reader.of_files(labels)
    raise_all(reader.faults)
    made = [_chosen(choose, piece) for piece in _by_movie(pieces)]
    return _settled(made, choose, str(labels), notes)


def _study_around(run: Path | None) -> Path | None:
    """The study in whose folder a run lies, given the run's folder or something in it."""
    for folder in () if run is None else run.resolve().parents:
        if (folder / SETTINGS_FILE).is_file():
            return folder
    return None


def _set_in(run: Path, name: str | None) -> str:
    sets = sets_of(run)
    if name is None:
        name = sets[0] if len(sets) == 1 else "cell"
    if name not in sets:
        raise SettingsError(
            f"--object {name}", f"the run has {', '.join(sets) or 'no objects'}", "name one of them"
        )
    return name


class _Reader:
    """Reads labels and finds their images; faults are collected, so that all are told at once."""

    def __init__(
        self,
        known: Images | None,
        centred: Path | None,
        channel: str | None,
        nuclear_channel: str | None,
        notes: list[str],
    ) -> None:
        self._known, self._centred = known, centred
        self._channel, self._nuclear_channel = channel, nuclear_channel
        self._notes = notes
        self._beside: dict[Path, Images] = {}
        self._top = Path()
        self.faults: list[LamellaError] = []

    def of_files(self, labels: Path) -> list[_Piece]:
        """Labels in files."""
        known = self._known
        self._top = labels if labels.is_dir() else labels.parent
        files = find_label_files(labels, is_movie=None if known is None else known.knows)
        if known is not None and len(known.places) == len(files) == 1:
            # One of each belong together, whatever they are called.
            files = [files[0]._replace(names=(*files[0].names, known.places[0].movie))]
        return self._collected(partial(self._of_file, file) for file in files)

    def of_run(self, run: Path, name: str, *, every_frame: bool) -> list[_Piece]:
        """Corrections in the folder of a run."""
        folders = [each for each in sorted((run / "movies").iterdir()) if is_corrected(each, name)]
        if not folders:
            raise InputError(
                str(run), f"nothing of {name!r} was corrected in it", "give a run with corrections"
            )
        return self._collected(
            partial(self._of_movie, folder, name, every_frame=every_frame) for folder in folders
        )

    def _collected(self, tasks: Iterable[partial[_Piece | None]]) -> list[_Piece]:
        pieces = []
        for task in tasks:
            try:
                piece = task()
            except LamellaError as fault:
                self.faults.append(fault)
                continue
            if piece is not None:
                pieces.append(piece)
        return pieces

    def _of_movie(self, folder: Path, name: str, *, every_frame: bool) -> _Piece | None:
        place = self._settled_place(self._find((folder.name,), str(folder)), (folder.name,), folder)
        if place is None:
            return None
        drawn = corrected(folder, name, every_frame=every_frame)
        movie = place.opened()
        if drawn.labels.shape != (movie.n_frames, *movie.frame_shape):
            raise InputError(
                str(folder), f"its corrections are not of {movie.source}", "run the study again"
            )
        return self._piece(place, movie, drawn, CORRECTION)

    def _of_file(self, file: LabelFile) -> _Piece | None:
        path = file.paths[0]
        place, names, of_frame = self._find(file.names, str(path)), file.names, None
        if place is None and file.kind == "seg_npy":
            place = self._of_seg_npy(path)
        if place is None:
            # Labels of one frame of a movie of many: cell3_t0012_mask.tif of cell3.tif.
            split = [each for each in map(frame_in, file.names) if each is not None]
            place = self._find([each for each, _ in split], str(path))
            of_frame = split[0][1] if place is not None else None
        place = self._settled_place(place, names, path)
        if place is None or place.path.resolve() == path.resolve():
            return None
        movie = place.opened()
        offsets = None if self._centred is None else self._offsets(place.movie)
        if of_frame is None:
            drawn = read_drawn(file, movie, offsets=offsets, notes=self._notes)
            return self._piece(place, movie, drawn, file.kind)
        if of_frame >= movie.n_frames:
            raise InputError(
                str(path),
                f"it is of frame {of_frame}, and {movie.source} has {movie.n_frames} frames",
                "count frames from 0",
            )
        still = replace(
            movie,
            channels={
                each: ChosenFrames({0: partial(frames.frame, of_frame)}, frames)
                for each, frames in movie.channels.items()
            },
            scale=replace(movie.scale, time_min=None),
            recorded={},
        )
        own = None if offsets is None else offsets[of_frame : of_frame + 1]
        drawn = read_drawn(file, still, offsets=own, notes=self._notes)
        return self._piece(place, still, drawn, file.kind, of_frame=of_frame)

    def _find(self, names: Iterable[str], source: str) -> Place | None:
        names = tuple(names)
        if self._known is not None:
            return self._known.find(names, source=source)
        folder = Path(source).parent
        if Path(source).name.upper() in ("SEG", "TRA"):  # of a folder of the Challenge
            folder = folder.parent
        if folder not in self._beside:
            self._beside[folder] = images_of_folder(folder, depth=0, top=self._top)
        return self._beside[folder].find(names, source=source)

    def _of_seg_npy(self, path: Path) -> Place | None:
        """The image that a ``_seg.npy`` names, beside it, or holds itself."""
        content = read_seg_npy(path)
        if content.image_name is not None:
            base = content.image_name.replace("\\", "/").rpartition("/")[2]
            place = self._find((Path(base).stem,), str(path))
            if place is not None:
                return place
        image = content.image
        if image is None:
            return None
        own = path.name[: -len("_seg.npy")]
        return Place(own, "1", "", path / "img", lambda: Movie.from_array(image[None], source=own))

    def _settled_place(
        self, place: Place | None, names: tuple[str, ...], path: Path
    ) -> Place | None:
        """The place; None where the study leaves the movie out."""
        if place is None:
            told = "of the study " if self._known is not None else "beside it "
            raise InputError(
                str(path),
                f"no image {told}is called {' or '.join(names[:2])}",
                "name labels as their image (cell3_mask.tif of cell3.tif), or say where the images "
                "lie: --images or --study",
            )
        if place.fault is not None:
            raise place.fault
        if place.exclude:
            self._notes.append(f"{place.movie} is left out of the study: {place.exclude}")
            return None
        return place

    def _offsets(self, movie: str) -> Offsets:
        assert self._centred is not None  # noqa: S101  asked for only then
        if self._centred.is_file():
            return offsets_of(self._centred)
        return offsets_of(self._centred / "movies" / movie / MANIFEST)

    def _piece(
        self, place: Place, movie: Movie, drawn: Drawn, source: str, *, of_frame: int | None = None
    ) -> _Piece:
        origin = Origin(place.movie, place.session, place.condition, source)
        split = frame_in(place.movie) if movie.n_frames == 1 and of_frame is None else None
        if split is not None:
            origin, of_frame = origin._replace(movie=split[0]), split[1]
        nuclei = self._nuclear_channel
        return _Piece(
            origin,
            drawn,
            movie.channel(self._channel),
            None if nuclei is None else movie.channel(nuclei),
            of_frame,
        )


def _by_movie(pieces: Iterable[_Piece]) -> Iterator[_Piece]:
    """Labels of single frames brought together by movie; frames that were told of are left away."""
    singles: dict[Origin, dict[int, _Piece]] = {}
    wholes: list[_Piece] = []
    for piece in pieces:
        if piece.of_frame is None:
            wholes.append(piece)
        else:
            singles.setdefault(piece.origin, {}).setdefault(piece.of_frame, piece)
    taken: dict[str, set[int]] = {}
    for piece in [*wholes, *(_joined(origin, each) for origin, each in singles.items())]:
        told = taken.setdefault(piece.origin.movie, set())
        left = [t for t in piece.drawn.annotated if t not in told]
        told.update(left)
        if left:
            yield piece._replace(drawn=piece.drawn._replace(annotated=left))


def _joined(origin: Origin, members: dict[int, _Piece]) -> _Piece:
    """Labels of single frames as those of one movie."""
    frames = {t: piece for t, piece in sorted(members.items()) if piece.drawn.annotated}
    if not frames:
        return next(iter(members.values()))
    first = next(iter(frames.values()))
    offsets = None
    if first.drawn.offsets is not None:
        offsets = np.zeros((max(frames) + 1, 2), np.int64)
        for t, piece in frames.items():
            if piece.drawn.offsets is not None:
                offsets[t] = piece.drawn.offsets[0]
    nuclei = {t: partial(p.nuclei.frame, 0) for t, p in frames.items() if p.nuclei is not None}
    return _Piece(
        origin,
        Drawn(
            ChosenFrames(
                {t: partial(p.drawn.labels.frame, 0) for t, p in frames.items()}, first.drawn.labels
            ),
            list(frames),
            offsets,
        ),
        ChosenFrames({t: partial(p.image.frame, 0) for t, p in frames.items()}, first.image),
        ChosenFrames(nuclei, first.nuclei) if nuclei and first.nuclei is not None else None,
    )


def _chosen(choose: Annotations, piece: _Piece) -> Annotated:
    return choose(piece.image, piece.drawn, origin=piece.origin, nuclei=piece.nuclei)


def _settled(made: list[Annotated], choose: Annotations, where: str, notes: list[str]) -> Taught:
    """All examples with what to tell of them."""
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
            "draw cells, or allow more: --set labels.cut=keep, labels.min_objects=0",
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
    return Taught(examples, frames, tuple(dict.fromkeys(notes)))


def _is_mask(examples: list[Example]) -> bool:
    """Whether nothing but one number is there, and most frames have it in several pieces."""
    if any(each.labels.max() > 1 for each in examples):
        return False
    apart = [len(components(each.labels > 0)[1]) > 2 for each in examples]
    return 2 * sum(apart) > len(apart)
