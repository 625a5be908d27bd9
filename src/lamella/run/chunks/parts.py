"""The parts of a stage of a cut movie, kept as files until the movie is whole.

A stage of a movie that is cut runs from its beginning until it needs what the chunks give. Where
that is not there yet it raises `PartsWanted`; workers make the parts, and the stage is begun anew,
reads them, and goes on, maybe until it wants others. So whatever is done lies on disk: a run that
is killed goes on with the chunks that it has, whoever made them. A part that the disk has spoilt
since is made anew: with every part lies what its files held when they were written. Whoever ends
the stage looks at that; workers that make parts would read all that came before for each of them.

::

    movies/<movie>/.parts/<key of the stage>/<phase>.<first>-<last>/
"""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from lamella.core.errors import InputError, LamellaWarning
from lamella.io.atomic import whole_folder
from lamella.io.documents import as_json, read_json, write_json
from lamella.io.intact import content_of, digest_of_text, holds_content

FOLDER = ".parts"
_MADE = "made.json"
"""What is to be known of a part, and what its files hold."""


class Part(NamedTuple):
    """One chunk of one phase of a stage."""

    stage: str
    stale: tuple[str, ...]
    """The parts of the stage that are not up to date, as `StageWork.do` wants them."""
    key: str
    phase: str
    span: range
    spans: tuple[range, ...]


class PartsWanted(BaseException):
    """A stage cannot go on before these parts are made. No fault, so no `Exception`."""

    def __init__(self, parts: Sequence[Part]) -> None:
        super().__init__(len(parts))
        self.parts = tuple(parts)


class PartDone(BaseException):
    """The part that was asked for is made, and the stage goes no further."""


class Parts:
    """The parts of one stage.

    Parameters
    ----------
    folder : Path
        ``OUT/movies/<movie>``.
    stage, stale, key
        See `Part`.
    spans : sequence of range
        The chunks.
    only : Part, optional
        The part to be made; none where the stage is to be finished.
    """

    def __init__(
        self,
        folder: Path,
        stage: str,
        stale: Sequence[str],
        key: str,
        spans: Sequence[range],
        *,
        only: Part | None = None,
    ) -> None:
        self._folder, self._only, self.spans = folder, only, tuple(spans)
        self._stage, self._stale, self._key = stage, tuple(stale), key

    @property
    def is_cut(self) -> bool:
        return len(self.spans) > 1

    @property
    def making(self) -> range | None:
        """The frames of the part that is to be made."""
        return None if self._only is None else self._only.span

    @property
    def phase_made(self) -> str | None:
        """The phase of the part that is to be made."""
        return None if self._only is None else self._only.phase

    def of(self, phase: str, make: Callable[[range, Path], object]) -> list[Path]:
        """The folders of all parts of a phase, in order of time, with what `make` has put there.

        Raises
        ------
        PartsWanted
            When some are not made yet.
        PartDone
            When it was one of this phase that was to be made, and it is.
        """
        if self._only is not None and self._only.phase == phase:
            self._make(phase, self._only.span, make)
            raise PartDone
        with suppress(OSError):  # a network drive looks anew at a folder that is listed
            _ = [*(self._folder / FOLDER / self._key).iterdir()]
        there = {span: self._path(phase, span) for span in self.spans}
        told: dict[range, list[str] | None] = {}
        if self._only is None:
            told = {span: _told_of(path) for span, path in there.items()}
            missing = [span for span in self.spans if told[span] is None]
        else:
            missing = [span for span, path in there.items() if not (path / _MADE).is_file()]
        if missing:
            self._remove_others()
            raise PartsWanted(
                [
                    Part(self._stage, self._stale, self._key, phase, span, self.spans)
                    for span in missing
                ]
            )
        if self._only is None:
            for span in self.spans:
                for text in told[span] or ():
                    warnings.warn(text, LamellaWarning, stacklevel=2)
        return [*there.values()]

    def _path(self, phase: str, span: range) -> Path:
        name = f"{phase}.{span.start:06d}-{span.stop - 1:06d}"
        return self._folder / FOLDER / self._key / name

    def _make(self, phase: str, span: range, make: Callable[[range, Path], object]) -> None:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            with whole_folder(self._path(phase, span)) as part:
                make(span, part)
                told = [str(w.message) for w in caught if issubclass(w.category, LamellaWarning)]
                content = {each.name: content_of(each) for each in sorted(part.iterdir())}
                made = {"content": content, "warnings": list(dict.fromkeys(told))}
                write_json(part / _MADE, {"made": made, "digest": digest_of_text(as_json(made))})

    def _remove_others(self) -> None:
        """What other settings or another state of the files had begun."""
        with suppress(OSError):
            for each in (self._folder / FOLDER).iterdir():
                if each.name != self._key:
                    shutil.rmtree(each, ignore_errors=True)


def _told_of(folder: Path) -> list[str] | None:
    """What is to be known of a part; None where it is not there as it was made."""
    try:
        told = read_json(folder / _MADE)
        made = told["made"]
        if told["digest"] != digest_of_text(as_json(made)):
            return None
        intact = all(holds_content(folder / name, it) for name, it in made["content"].items())
        return [str(text) for text in made["warnings"]] if intact else None
    except (InputError, LookupError, TypeError, AttributeError, OSError):
        return None


def remove_damaged_parts(folder: Path) -> bool:
    """Remove the parts of a movie that are not there as they were made; whether there were any.

    Parameters
    ----------
    folder : Path
        ``OUT/movies/<movie>``.
    """
    whole = [each for each in (folder / FOLDER).glob("*/*") if not each.name.startswith(".")]
    damaged = [each for each in whole if _told_of(each) is None]
    for each in damaged:
        shutil.rmtree(each, ignore_errors=True)
    return bool(damaged)


def remove_parts(folder: Path) -> None:
    """Remove all parts of a movie.

    Parameters
    ----------
    folder : Path
        ``OUT/movies/<movie>``.
    """
    shutil.rmtree(folder / FOLDER, ignore_errors=True)
