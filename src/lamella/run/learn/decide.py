"""Accept a model that was taught, or send it away."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime

from lamella.core.errors import OutputError
from lamella.io.atomic import output_error
from lamella.io.model_folder import read_card
from lamella.run.learn.proposal import Proposal
from lamella.run.learn.segment_text import put_back, write_segmenter
from lamella.run.study import Study, open_study
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
    if not uses(study, proposal):
        proposal.mark("accepted", when=_now(), who=person(), replaced=replaced)
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
        See `accept`; the study uses it, but not by that.
    """
    if uses(study, proposal):
        if proposal.decision != "accepted":  # somebody wrote it there by hand
            raise _in_use(proposal)
        put_back(study, proposal.object_name, proposal.replaced)
    proposal.mark("rejected", when=_now(), who=person())
    return open_study(study.folder)


def uses(study: Study, proposal: Proposal) -> bool:
    """Whether a study, as it was read, finds its objects with this model."""
    used = getattr(study.settings.objects[proposal.object_name].segment, "model", None)
    return used is not None and (study.folder / used).resolve() == proposal.folder.resolve()


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


def _in_use(proposal: Proposal) -> OutputError:
    return OutputError(
        str(proposal.folder), "study.toml uses it", "let the study use another model first"
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
