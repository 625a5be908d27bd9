"""Accept a model that was taught, or send it away."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from lamella.core.errors import OutputError
from lamella.io.atomic import output_error
from lamella.io.model_folder import read_card
from lamella.run.learn.proposal import Proposal
from lamella.run.learn.segment_text import put_back, write_segmenter
from lamella.run.study import SETTINGS_FILE, Study, open_study
from lamella.run.train import work_folder
from lamella.run.who import person


def accept(proposal: Proposal, study: Study) -> Study:
    """Let a study find its objects with the new model: written into study.toml, nothing is run.

    The table ``[objects.<name>.segment]`` gets the method and model of `Proposal.segment`. Other
    settings of the same method stay as they are now, and so does all else in the file, comments
    included.

    Returns
    -------
    Study
        As it now reads.

    Raises
    ------
    InputError
        The model's weights are not those that it was written with.
    SettingsError
        The file has changed in a way that the change does not fit.
    OutputError
        It cannot be written.
    """
    read_card(proposal.folder)
    replaced = write_segmenter(study, proposal.object_name, proposal.segment)
    if proposal.object_name not in used_for(study, proposal):
        try:
            proposal.mark("accepted", when=_now(), who=person(), replaced=replaced)
        except BaseException:  # else nobody knows what it took the place of
            put_back(study, proposal.object_name, replaced)
            raise
    return open_study(study.folder)


def reject(proposal: Proposal, study: Study) -> Study:
    """Keep the model, and say on its card that it was not taken.

    Where the study uses it since it was accepted, what stood in study.toml before comes back.

    Returns
    -------
    Study
        As it now reads.

    Raises
    ------
    SettingsError, OutputError
        See `accept`; the study uses it, but not by that, or for other objects; what stood there
        before is a model that was deleted since.
    """
    proposal.look_again()
    if uses(study, proposal):
        by_that = used_for(study, proposal) == [proposal.object_name]
        if proposal.decision != "accepted" or not by_that:  # somebody wrote it there by hand
            raise _in_use(proposal)
        before = _before(study, proposal)
        _refuse_deleted(study, proposal, before)
        put_back(study, proposal.object_name, before)
    proposal.mark("rejected", when=_now(), who=person(), replaced=proposal.replaced)
    return open_study(study.folder)


def uses(study: Study, proposal: Proposal) -> bool:
    """Whether a study, as it was read, finds any of its objects with this model."""
    return bool(used_for(study, proposal))


def used_for(study: Study, proposal: Proposal) -> list[str]:
    """The sets of objects that a study, as it was read, finds with this model.

    It may name the model's folder, or the file of weights in it.
    """
    place = proposal.folder.resolve()
    found = []
    for name, each in study.settings.objects.items():
        used = getattr(each.segment, "model", None)
        if used is None:
            continue
        file = (study.folder / used).resolve()
        if place in (file, file.parent):
            found.append(name)
    return found


def forget(proposal: Proposal, study: Study) -> None:
    """Delete a model for good, with what its training left beside it.

    Raises
    ------
    OutputError
        The study uses it, or the disk refuses.
    """
    if uses(study, proposal):
        raise _in_use(proposal)
    try:
        for each in (proposal.folder, work_folder(proposal.folder)):
            if each.exists():
                shutil.rmtree(each)
    except OSError as error:
        raise output_error(proposal.folder, error) from error


def _before(study: Study, proposal: Proposal) -> Mapping[str, Any] | None:
    """What stood in study.toml before; where that is a model rejected since, what was before it."""
    before = proposal.replaced
    while isinstance(model := (before or {}).get("model"), str):
        folder = study.folder / model
        if not Proposal.lies_in(folder) or (earlier := Proposal(folder)).decision != "rejected":
            break
        before = earlier.replaced
    return before


def _refuse_deleted(study: Study, proposal: Proposal, before: Mapping[str, Any] | None) -> None:
    """Nothing is put back that the next run would not find."""
    model = (before or {}).get("model")
    if not isinstance(model, str):
        return
    place = study.folder / model
    if place.parent.resolve() == proposal.folder.parent.resolve() and not place.exists():
        raise OutputError(
            str(study.folder / SETTINGS_FILE),
            f"the model before it, {model}, was deleted since",
            "accept another model, or choose a method in the settings",
        )


def _in_use(proposal: Proposal) -> OutputError:
    return OutputError(
        str(proposal.folder), "study.toml uses it", "let the study use another model first"
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
