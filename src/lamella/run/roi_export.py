"""Every object as a ROI of ImageJ, a zip per image: what `lamella export --rois` does."""

from __future__ import annotations

from pathlib import Path

from lamella.core.errors import SettingsError
from lamella.run.exchange import Exchanged, Given, export_tracked
from lamella.run.saved import is_run, sets_of

_FORMAT = "imagej"


def export_rois(
    source: Path,
    out: Path,
    *,
    given: Given | None = None,
    source_format: str | None = None,
    movie: str | None = None,
    name: str | None = None,
    force: bool = False,
) -> list[Exchanged]:
    """Write a ROI zip per image into a folder.

    Parameters
    ----------
    source : Path
        A run, or labels or anything else with shapes that `export_tracked` takes.
    out : Path
        Folder. Of a run with one set of objects, or with `name`, it holds ``<movie>.zip``; of one
        with several ``<set>/<movie>.zip``; of labels ``<name of the file>.zip``.
    movie, name : str, optional
        Of a run: one movie, one set of objects; all by default.

    Returns
    -------
    list of Exchanged
        One a zip.

    Raises
    ------
    InputError, SettingsError, OutputError
        As `export_tracked`.
    """
    if not is_run(source):
        if name is not None or movie is not None:
            raise SettingsError(
                "--object" if name else "--movie", f"{source} is no run's folder", "leave it away"
            )
        file = out / f"{source.name.partition('.')[0]}.zip"
        return export_tracked(
            source,
            file,
            to=_FORMAT,
            given=given,
            source_format=source_format,
            tell_losses=False,
            force=force,
        )
    sets = [name] if name is not None else sets_of(source) or ["cell"]
    done: list[Exchanged] = []
    for each in sets:
        folder = out if len(sets) == 1 else out / each
        place = folder if movie is None else folder / f"{movie}.zip"
        done += export_tracked(
            source,
            place,
            to=_FORMAT,
            given=given,
            movie=movie,
            name=each,
            tell_losses=False,
            force=force,
        )
    return done
