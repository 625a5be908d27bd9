"""What segmenters have in common whose weights lie in a file."""

from __future__ import annotations

from typing import Any, ClassVar

from lamella.core.step import Step


class _ByNetwork(Step):
    """A segmenter that asks a network; its field ``model`` names the weights.

    Attributes
    ----------
    execution : frozenset of str
        Settings that change how long it takes and not what is found.
    """

    execution: ClassVar[frozenset[str]] = frozenset()

    def provenance(self) -> dict[str, Any]:
        """Name, version and settings that decide the result; the weights by their name."""
        told = super().provenance()
        kept = {k: v for k, v in told["settings"].items() if k not in self.execution}
        return {**told, "settings": kept}

    def deciding(self) -> dict[str, Any]:
        """What decides the result beside the weights themselves, by whatever name these go."""
        told = self.provenance()
        del told["settings"]["model"]
        return told
