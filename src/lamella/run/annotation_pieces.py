"""Labels that people drew, each file or movie with its images."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

from lamella.core.errors import InputError, LamellaError
from lamella.core.frames import Frames
from lamella.core.movie import Movie
from lamella.io.seg_npy import read_seg_npy
from lamella.run.annotation_files import LabelFile, Numbered, find_label_files, frame_in, numbered
from lamella.run.annotation_images import Images, Place, images_of_folder
from lamella.run.annotation_labels import ChosenFrames, Offsets, corrected, read_drawn
from lamella.run.cache import MANIFEST
from lamella.run.centred import offsets_of
from lamella.run.corrections import is_corrected
from lamella.run.samples import movie_name
from lamella.train.annotations import Drawn, Origin

CORRECTION = "correction"
"""Source of labels that were corrected by hand in a run."""


class Piece(NamedTuple):
    """Labels and images of one movie, or of one frame of it."""

    origin: Origin
    drawn: Drawn
    image: Frames
    nuclei: Frames | None
    of_frame: int | None = None
    """The number of the frame, where labels and image are of it alone."""
    numbered: Numbered | None = None
    """Of a single image: what its name says of others that may be of the same movie."""
    film: Frames | None = None
    """Where labels are of one frame of a movie: the frames of the whole movie."""
    beside: Sequence[Place] = ()
    """Of a single image: all images among which it was found."""


class Reader:
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

    def of_files(self, labels: Path) -> list[Piece]:
        """Labels in files."""
        known = self._known
        self._top = labels if labels.is_dir() else labels.parent
        files = find_label_files(labels, is_movie=None if known is None else known.knows)
        if known is not None and len(known.places) == len(files) == 1:
            # One of each belong together, whatever they are called, but for labels of one frame.
            (movie,) = (each.movie for each in known.places)
            if movie not in (split[0] for split in map(frame_in, files[0].names) if split):
                files = [files[0]._replace(names=(*files[0].names, movie))]
        return self._collected(partial(self._of_file, file) for file in files)

    def of_run(self, run: Path, name: str, *, every_frame: bool) -> list[Piece]:
        """Corrections in the folder of a run."""
        folders = [each for each in sorted((run / "movies").iterdir()) if is_corrected(each, name)]
        if not folders:
            raise InputError(
                str(run), f"nothing of {name!r} was corrected in it", "give a run with corrections"
            )
        return self._collected(
            partial(self._of_movie, folder, name, every_frame=every_frame) for folder in folders
        )

    def _collected(self, tasks: Iterable[partial[Piece | None]]) -> list[Piece]:
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

    def _of_movie(self, folder: Path, name: str, *, every_frame: bool) -> Piece | None:
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

    def _of_file(self, file: LabelFile) -> Piece | None:
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
        piece = self._piece(place, still, drawn, file.kind, of_frame=of_frame)
        return piece._replace(film=movie.channel(self._channel))

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
        name = movie_name(path.relative_to(self._top).with_name(f"{own}.tif").as_posix())
        return Place(
            name, "1", "", path / "img", lambda: Movie.from_array(image[None], source=own),
            numbered=numbered(path.with_name(f"{own}.tif"), self._top),
        )  # fmt: skip

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
    ) -> Piece:
        origin = Origin(place.movie, place.session, place.condition, source)
        still = movie.n_frames == 1 and of_frame is None
        split = frame_in(place.movie) if still else None
        if split is not None:
            origin, of_frame = origin._replace(movie=split[0]), split[1]
        nuclei = self._nuclear_channel
        return Piece(
            origin,
            drawn,
            movie.channel(self._channel),
            None if nuclei is None else movie.channel(nuclei),
            of_frame,
            place.numbered if still else None,
            beside=self._around(place) if still else (),
        )

    def _around(self, place: Place) -> Sequence[Place]:
        """The images among which one was found."""
        if self._known is not None:
            return self._known.places
        found = self._beside.get(place.path.parent)
        return () if found is None else found.places
