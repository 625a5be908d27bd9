"""What training makes small, and the measure that it is judged by.

Targets are (B, Y, X) int64: 1 cell, 0 background, -1 not annotated, which no loss sees. Logits are
what the network gives, (B, outputs, Y, X), of which the first two are background and cell. All is
computed in 32 bits, in mixed precision too. Where nothing is annotated a loss is 0.

References
----------
Shit et al., "clDice: a novel topology-preserving loss function for tubular structure
segmentation", CVPR 2021, doi:10.1109/CVPR46437.2021.01629.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

_IGNORED = -1
_SMOOTH = 1.0  # as published: pixels added to numerators and denominators


def cross_entropy(logits: Tensor, target: Tensor) -> Tensor:
    """Mean over the annotated pixels of minus the logarithm of the right class' share."""
    total = functional.cross_entropy(
        logits[:, :2].float(), target, ignore_index=_IGNORED, reduction="sum"
    )
    return total / (target != _IGNORED).sum().clamp(min=1)


def soft_cl_dice(logits: Tensor, target: Tensor, iterations: int) -> Tensor:
    """1 minus the centre-line Dice: how much of each one's skeleton the other covers.

    A protrusion that is cut costs as much as a cell body of the same length.

    Parameters
    ----------
    iterations : int
        Erosions until a skeleton is left: half the widest cell, in px. With fewer, the inside of
        wide bodies is left out.

    Notes
    -----
    Skeletons are computed from the whole image, with the prediction in place of what is not
    annotated: annotated areas would otherwise end in edges that no cell has.
    """
    cell = logits[:, :2].float().softmax(dim=1)[:, 1]
    known = target != _IGNORED
    truth = torch.where(known, (target == 1).float(), cell.detach())
    of_prediction = _soft_skeleton(cell, iterations) * known
    of_truth = _soft_skeleton(truth, iterations) * known
    precision = ((of_prediction * truth).sum() + _SMOOTH) / (of_prediction.sum() + _SMOOTH)
    sensitivity = ((of_truth * cell).sum() + _SMOOTH) / (of_truth.sum() + _SMOOTH)
    return 1 - 2 * precision * sensitivity / (precision + sensitivity)


def distance_loss(output: Tensor, wanted: Tensor, target: Tensor) -> Tensor:
    """Mean squared error of the distance head, half of it that of cells, half of background.

    Cells are few: a mean over all pixels would let the background decide.

    Parameters
    ----------
    output : Tensor
        (B, Y, X), the network's third output.
    wanted : Tensor
        (B, Y, X), 0 to 1.
    """
    squared = (output.float() - wanted) ** 2
    means = []
    for kind in (0, 1):
        there = target == kind
        means.append((squared * there).sum() / there.sum().clamp(min=1))
    return torch.stack(means).mean()


def jaccard(logits: Tensor, target: Tensor) -> float:
    """Overlap over union of predicted and annotated cell pixels; NaN where there are neither."""
    predicted = logits[:, 1] > logits[:, 0]
    known, cell = target != _IGNORED, target == 1
    union = int(((predicted | cell) & known).sum())
    return int((predicted & cell).sum()) / union if union else float("nan")


def _soft_skeleton(image: Tensor, iterations: int) -> Tensor:
    """What openings take away at every scale, (B, Y, X) of 0 to 1."""
    skeleton = functional.relu(image - _opened(image))
    for _ in range(iterations):
        image = _eroded(image)
        lost = functional.relu(image - _opened(image))
        skeleton = skeleton + functional.relu(lost - skeleton * lost)
    return skeleton


def _opened(image: Tensor) -> Tensor:
    return functional.max_pool2d(_eroded(image), 3, stride=1, padding=1)


def _eroded(image: Tensor) -> Tensor:
    """The least of a pixel and its four neighbours."""
    upright = -functional.max_pool2d(-image, (3, 1), stride=1, padding=(1, 0))
    level = -functional.max_pool2d(-image, (1, 3), stride=1, padding=(0, 1))
    return torch.minimum(upright, level)
