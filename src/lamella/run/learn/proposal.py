"""A model that was taught, held against the one before it: what a person accepts or sends away."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from lamella.core.errors import InputError
from lamella.core.frames import Image
from lamella.io import read_table
from lamella.io.documents import read_json, write_json
from lamella.io.model_folder import CARD, read_card

PROPOSAL = "proposal.json"
SCORES = "before_after.csv"
PICTURES = "before_after.npz"
SIDES = ("before", "after", "corrected")

Decision = Literal["open", "accepted", "rejected"]


class HeldOutFrame(NamedTuple):
    """A corrected frame that was not learnt from: labels (Y, X), 0 = background."""

    movie: str
    frame: int
    before: Image
    """By what found the objects until now."""
    after: Image
    """By the new model."""
    corrected: Image


class Proposal:
    """A model's folder with scores and masks of held-out frames, before and after.

    Parameters
    ----------
    folder : Path

    Raises
    ------
    InputError
        A folder that holds no such model, or a damaged card. Weights are large: whether they are
        those that the card tells of is seen when they are used.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.card: dict[str, Any] = read_card(folder, weigh=False)
        read = read_json(folder / PROPOSAL)
        self._told: dict[str, Any] = read if isinstance(read, dict) else {}
        if not self._told.keys() >= {"object", "before", "segment", "frames", "n_held_out"}:
            raise InputError(str(folder / PROPOSAL), "it is damaged", "train again")

    @classmethod
    def lies_in(cls, folder: Path) -> bool:
        """Whether a folder holds one, as its files say."""
        return (folder / PROPOSAL).is_file() and (folder / CARD).is_file()

    @property
    def object_name(self) -> str:
        """The set of objects that it finds."""
        return str(self._told["object"])

    @property
    def segment(self) -> Mapping[str, Any]:
        """The table ``[objects.<name>.segment]`` of a study that uses it."""
        found: dict[str, Any] = self._told["segment"]
        return found

    @property
    def before(self) -> str:
        """What it was held against, in words."""
        return str(self._told["before"])

    @property
    def of_one_movie(self) -> bool:
        """Whether the held-out frames are of the very movie that was learnt from."""
        return bool(self.card["held_out_of"] != "other movies")

    @property
    def frames(self) -> list[tuple[str, int]]:
        """Movie and number of the held-out frames that were compared."""
        return [(str(movie), int(t)) for movie, t in self._told["frames"]]

    @property
    def n_held_out(self) -> int:
        """Held-out frames in all; of many, some are compared."""
        return int(self._told["n_held_out"])

    @property
    def n_known(self) -> int:
        """Held-out frames that what was there before has learnt from: of movies it knows."""
        return int(self._told.get("n_known", 0))

    @property
    def is_known(self) -> bool:
        """Whether all of them are: then nothing follows from the frames that were compared."""
        return self.n_known == self.n_held_out

    @cached_property
    def scores(self) -> pd.DataFrame:
        """A row per frame and side, see `lamella.run.learn.compare.scored`."""
        return read_table(self.folder / SCORES)

    @cached_property
    def losses(self) -> pd.DataFrame:
        """Rows of losses.csv: epoch, train_loss, held_out_loss and more."""
        return read_table(self.folder / "losses.csv")

    def frame(self, place: int) -> HeldOutFrame:
        """One of the held-out frames, by its place in `frames`."""
        movie, t = self.frames[place]
        file = self.folder / PICTURES
        try:
            with np.load(file, allow_pickle=False) as kept:
                images = [kept[f"{side}_{place}"] for side in SIDES]
        except (OSError, ValueError, LookupError) as error:
            raise InputError(str(file), f"it is damaged ({error})", "train again") from error
        return HeldOutFrame(movie, t, *images)

    def look_again(self) -> None:
        """Read its card anew: somebody may have decided on it in another window.

        Raises
        ------
        InputError
            A damaged card.
        """
        self.card = read_card(self.folder, weigh=False)

    @property
    def decision(self) -> Decision:
        """What became of it."""
        found: Decision = self.card.get("decision", {}).get("is", "open")
        return found

    @property
    def replaced(self) -> Mapping[str, Any] | None:
        """What stood in ``[objects.<name>.segment]`` before it was accepted; None = nothing."""
        found: Mapping[str, Any] | None = self.card.get("decision", {}).get("replaced")
        return found

    def mark(
        self,
        decision: Decision,
        *,
        when: str,
        who: str,
        replaced: Mapping[str, Any] | None = None,
    ) -> None:
        """Write on its card what became of it, and what of study.toml it took the place of."""
        told = {"is": decision, "time": when, "who": who, "replaced": replaced}
        self.look_again()
        card = {**self.card, "decision": told}
        write_json(self.folder / CARD, card)
        self.card = card
