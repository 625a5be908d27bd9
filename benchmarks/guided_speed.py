"""How fast cells are grown from their nuclei, against scikit-image's watershed from the same."""

from __future__ import annotations

import numpy as np
from accuracy_guided import by_plain_watershed
from guided_truth import stained_field
from timing import paired, ratio

from lamella.segment import Guided

_SIDE, _REPEATS = 2048, 3


def growing() -> list[str]:
    """Topic n."""
    one = stained_field(0)
    n = -(-_SIDE // one.stain.shape[0])
    which = np.kron(np.arange(n * n, dtype=np.int32).reshape(n, n), np.ones_like(one.nuclei))
    nuclei = np.tile(one.nuclei, (n, n))
    nuclei = np.where(nuclei > 0, nuclei + which * one.nuclei.max(), 0)
    here = slice(_SIDE), slice(_SIDE)
    nuclei, stain = (
        np.ascontiguousarray(part[here]) for part in (nuclei, np.tile(one.stain, (n, n)))
    )
    field = one._replace(stain=stain, nuclei=nuclei)
    ways = {"guided": Guided(), "without `edge_px`": Guided(edge_px=0)}
    seconds = paired(
        {
            "watershed": lambda: by_plain_watershed(field),
            **{name: lambda step=step: step.segment(stain, nuclei) for name, step in ways.items()},
        },
        repeats=_REPEATS,
    )
    plain = seconds.pop("watershed")
    return [
        f"A drawn field of {_SIDE}×{_SIDE} with {len(np.unique(nuclei)) - 1} nuclei. scikit-image: "
        "Gaussian, Otsu's threshold and the watershed of the gradient, which finds the same cells "
        "less well (docs/accuracy.md). Guided grows twice, once by a threshold for every nucleus "
        "and once within the outer edge at half height, and finds that edge in between.",
        "",
        "| | seconds | of the watershed's |",
        "| --- | --- | --- |",
        f"| watershed of the gradient from nuclei (scikit-image) | {np.median(plain):.3g} | |",
        *(
            f"| {name} | {np.median(each):.3g} | {ratio(each, plain):.1f}× |"
            for name, each in seconds.items()
        ),
    ]


if __name__ == "__main__":
    print("\n".join(growing()))
