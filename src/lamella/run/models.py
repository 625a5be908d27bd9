"""Which segmenters a study is to be run under: from what stands on the command line."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

from lamella.core.errors import FaultsError, LamellaError, SettingsError
from lamella.io.model_folder import kind_of_model
from lamella.run.settings import settings_from
from lamella.run.single import step_from
from lamella.run.study import Study
from lamella.run.suggest import candidates
from lamella.segment import Segmenter

AS_IS = "as-is"
"""The study's own segmenter."""
_FLAG = "--models"


def chosen_set(study: Study, name: str | None) -> str:
    """The set of objects whose segmenter changes.

    Raises
    ------
    SettingsError
        There is no such set, or there are several and none is named.
    """
    sets = list(study.settings.objects)
    if name is None and len(sets) == 1:
        return sets[0]
    if name in sets:
        return str(name)
    fault = "there are several sets of objects" if name is None else "there is no such set"
    raise SettingsError(
        f"--object {name or ''}".strip(), fault, f"give --object, one of {', '.join(sets)}"
    )


def segmenters_of(texts: Sequence[str], study: Study, of: str) -> list[Segmenter | None]:
    """A segmenter for each of these texts; None for `AS_IS`.

    A text is `AS_IS`, a file of weights or the folder of a model, a method by its name as
    `lamella suggest` lists it (``multiotsu dark``), or else the name of a Cellpose model. With a
    model of Cellpose or of the recurrent network, the study's other settings of that method stay
    where it has any.

    Raises
    ------
    LamellaError
        Everything that is wrong with any of them, weights that are not on this machine included.
    """
    found: list[Segmenter | None] = []
    faults: list[LamellaError] = []
    for text in texts:
        try:
            found.append(_segmenter(text, study, of))
        except FaultsError as several:
            faults += several.faults
        except LamellaError as fault:
            faults.append(fault)
    if faults:
        raise faults[0] if len(faults) == 1 else FaultsError(faults)
    return found


def _segmenter(text: str, study: Study, of: str) -> Segmenter | None:
    if text == AS_IS:
        return None
    named: Mapping[str, Segmenter] = candidates()
    if text in named and not Path(text).exists():
        return named[text]
    methods = [each.model_fields["method"].default for each in get_args(get_args(Segmenter)[0])]
    if text in methods and not Path(text).exists():
        try:
            plain: Segmenter = step_from(Segmenter, text, [], (_FLAG, _FLAG))
        except LamellaError:
            raise SettingsError(
                f"{_FLAG} {text}",
                "the method needs settings that cannot be given here",
                "run the study with a study.toml that has them, and use lamella compare-runs",
            ) from None
        return plain
    own = study.settings.objects[of].segment
    method = kind_of_model(Path(text))
    settings: dict[str, Any] = own.model_dump(exclude_unset=True) if own.method == method else {}
    settings |= {"method": method, "model": _seen_from(study.folder, text)}
    changed = settings_from({"objects": {of: {"segment": settings}}}, where=f"{_FLAG} {text}")
    return changed.objects[of].segment


def _seen_from(folder: Path, text: str) -> str:
    """A path as it stands in study.toml, relative to the study; a name stays as it is."""
    path = Path(text)
    if not path.exists():
        if path.suffix or len(path.parts) > 1:
            raise SettingsError(
                f"{_FLAG} {text}", "there is no such file or folder", "check the path"
            )
        return text
    try:
        return Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix()
    except ValueError:  # on another drive
        return path.resolve().as_posix()


def names_of(texts: Sequence[str], given: Sequence[str] | None) -> list[str]:
    """What to call the models, which is also what their folders are called.

    Raises
    ------
    SettingsError
        Fewer than two models, or names that are not safe, not as many, or not all different.
    """
    if len(texts) < 2:
        other = "the model to compare with" if AS_IS in texts else AS_IS
        raise SettingsError(
            f"{_FLAG} {','.join(texts)}", "two or more are compared", f"add {other}"
        )
    names = [_safe(text) for text in texts] if given is None else [each.strip() for each in given]
    wrong = [name for name in names if not re.fullmatch(r"\w[\w.-]*", name)]
    taken = [name for name in names if name.casefold() in ("figures",)]
    if len(names) != len(texts) or len({n.casefold() for n in names}) < len(names):
        fault, remedy = f"there are {len(texts)} models", "give each its own name, with commas"
    elif wrong or taken:
        fault = f"{(wrong or taken)[0]!r} cannot be the name of a folder here"
        remedy = "use letters, digits, '_', '-' and '.'"
    else:
        return names
    raise SettingsError(f"--names {','.join(names)}", fault, remedy)


def _safe(text: str) -> str:
    """The end of a path, or a name, as a folder may be called."""
    name = Path(text).name.removesuffix(".pth").removesuffix(".safetensors")
    return re.sub(r"[^\w.-]+", "_", name).strip("._-") or "model"


def with_segmenter(study: Study, of: str, step: Segmenter | None, *, name: str) -> Study:
    """The study with another segmenter of one set of objects, all else as it was.

    Raises
    ------
    SettingsError, FaultsError
        The segmenter does not fit the other settings.
    """
    if step is None:
        return study
    values = study.settings.model_dump(exclude_unset=True)
    objects = values.setdefault("objects", {})
    table = {**step.model_dump(exclude_unset=True), "method": step.method}
    objects[of] = {**objects.get(of, {}), "segment": table}
    return Study(study.folder, settings_from(values, where=f"{_FLAG} {name}"), study.samples)
