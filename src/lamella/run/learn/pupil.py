"""The process that learns: `python -m lamella.run.learn.pupil LESSON.json`.

It says how far it is on its standard output, see `Teller`, and ends when its standard input is
closed: with the window that began it, or when that asks it to. Files are written whole or not at
all, so that it may be ended at any time.
"""

from __future__ import annotations

import _thread
import os
import sys
import threading
import time
import warnings
from pathlib import Path
from typing import Any

from lamella.core.errors import LamellaWarning
from lamella.io.documents import read_json
from lamella.nets.device import Device
from lamella.run.annotations import LabelSource
from lamella.run.browse import OpenedRun
from lamella.run.learn.compare import compare
from lamella.run.learn.lesson import EFFORTS, Effort, Lesson, NetworkName, lesson_of
from lamella.run.learn.told import Teller
from lamella.run.train import settings_from, train_labels
from lamella.run.train_recurrent import recurrent_settings, train_recurrent
from lamella.segment import Cellpose, Recurrent

FAILED, STOPPED = 2, 130
_GRACE_S = 20.0
_NOT_OF_THE_MODEL = {"method", "model"}


def learn(
    lesson: Lesson,
    out: Path,
    tell: Teller,
    *,
    effort: Effort = "quick",
    options: tuple[str, ...] = (),
    device: Device = "auto",
) -> None:
    """Train, then hold the new model against what found the objects until now; in this process.

    Parameters
    ----------
    out : Path
        The model's folder; what a training that was stopped has left beside it is taken up.
    effort : {"quick", "thorough"}
    options : tuple of str
        Settings of the training, as `lamella train` takes them with ``--set``: they come last.

    Raises
    ------
    LamellaError
        As `train_recurrent` and `train_labels`.
    """
    if lesson.faults:
        raise lesson.faults[0]
    run, name = lesson.run, lesson.object_name
    chosen = [*EFFORTS[lesson.network][effort], *options]
    source = LabelSource(
        run.folder, study=run.study.folder, name=name,
        channel=run.study.settings.objects[name].channel,
    )  # fmt: skip
    own: dict[str, Any] = {}
    if lesson.can_learn:
        own = lesson.present.model_dump(exclude_unset=True, exclude=_NOT_OF_THE_MODEL)
    if lesson.network == "recurrent":
        settings = recurrent_settings(chosen)
        step = Recurrent(**{**own, **settings.segmenter.model_dump(exclude_unset=True)})
        train_recurrent(
            source, out, how="corrections", settings=settings._replace(segmenter=step),
            base=lesson.base, device=device, force=True, advance=tell.advance, looked=tell.looked,
        )  # fmt: skip
    else:
        tuned = settings_from(chosen, drawn=True)
        asked = Cellpose(**{**own, **tuned.segmenter}).model_dump(exclude_unset=True)
        train_labels(
            source, out, how="corrections", settings=tuned._replace(segmenter=asked),
            base=lesson.base, device=device, force=True, advance=tell.advance, looked=tell.looked,
            one_movie=True,
        )  # fmt: skip
    compare(lesson, out, advance=tell.advance)


def main(file: Path) -> int:
    """Learn as a file tells; the exit status."""
    warnings.simplefilter("ignore", LamellaWarning)  # all of them are told on the model's page
    # What libraries print is none of the lines that are read.
    tell = Teller(os.fdopen(os.dup(1), "w", encoding="utf-8"))
    os.dup2(2, 1)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if hasattr(os, "nice"):
        os.nice(5)  # the window that waits for it stays quick
    job: dict[str, Any] = read_json(file)
    network: NetworkName = job["network"]
    try:
        opened = OpenedRun(Path(job["run"]), study=Path(job["study"]))
        learn(
            lesson_of(opened, job["object"], network=network),
            Path(job["out"]),
            tell,
            effort=job["effort"],
            options=tuple(job["options"]),
            device=job["device"],
        )
    except KeyboardInterrupt:
        return STOPPED
    except Exception as error:
        tell.fault(error)
        return FAILED
    return 0


def _end_with_parent() -> None:
    """Wait until nobody listens any more, then end as Ctrl-C ends a command."""
    while sys.stdin.read(1):
        pass
    _thread.interrupt_main()
    time.sleep(_GRACE_S)  # within a long computation no interrupt is heard
    os._exit(STOPPED)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
