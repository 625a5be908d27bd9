"""A step: a method with its settings, its memory of the movie and its reach.

A method is a frozen pydantic model. It works in two phases, so that a movie may be cut anywhere and
still give the same answer: :meth:`Step.prepare` walks a part of the movie once and returns a small
state, :meth:`Step.merge` joins the states of the parts, and the step's verb (its ``__call__``) maps
frames with that state, looking at most `reach` frames before and after the one it makes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple, Self

from pydantic import BaseModel, ConfigDict

from lamella.core.frames import Frames


class Reach(NamedTuple):
    """How many frames before and after a frame its result depends on."""

    before: int = 0
    after: int = 0


class Step(BaseModel):
    """Base of every method. Unknown settings are refused by name.

    Attributes
    ----------
    version : int
        Raised whenever the same settings may give another result; part of every cache key.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    version: ClassVar[int] = 1

    @classmethod
    def suggestions(cls) -> dict[str, Self]:
        """Variants to try on a movie that nobody has tried yet, by the word that tells them apart.

        The defaults, under no word; none where a method needs settings that only the user knows.
        """
        needy = any(field.is_required() for field in cls.model_fields.values())
        return {} if needy else {"": cls()}

    @property
    def reach(self) -> Reach:
        """Frames before and after that the verb looks at."""
        return Reach()

    def prepare(self, frames: Frames) -> Any:
        """The state of one part of the movie; None where the step needs none."""
        return None

    def merge(self, states: Sequence[Any]) -> Any:
        """The state of several parts that follow each other, from theirs, in order of time.

        It may be merged once more with what follows: states of many parts need not be held at once.
        """
        return None

    def told(self, state: Any) -> dict[str, Any]:
        """What the state decided, in JSON, for the manifest; empty where nothing."""
        return {}

    def in_words(self, state: Any) -> str:
        """The same in a few words for the user."""
        return ""

    def provenance(self) -> dict[str, Any]:
        """Name, version and settings: all that decides what the step gives."""
        return {
            "step": type(self).__name__,
            "version": self.version,
            "settings": self.model_dump(mode="json"),
        }
