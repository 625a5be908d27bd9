"""Images and labels as Cellpose's trainer wants them, and patches to ask for its loss."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lamella.core.errors import InputError
from lamella.nets.cellpose import installed
from lamella.nets.cellpose.installation import imported
from lamella.train.examples import Example

if TYPE_CHECKING:
    from collections.abc import Iterator

    import torch

_SMALLEST_DIAMETER_PX = 5.0
"""Cellpose takes smaller objects for this size."""
_FLOW_SCALE = 5.0
_ZOOM = 0.5
"""Patches are drawn between 1 − a half and 1 + a half of this, as Cellpose draws them."""


class Prepared(NamedTuple):
    """An example that is ready for the trainer."""

    image: NDArray[np.float32]
    """(2, Y, X), each channel stretched between its 1st and 99th percentile."""
    flows: NDArray[np.float32]
    """(4, Y, X): labels, cell or not, and the unit vectors to the middle of the cell (y, x)."""
    diameter_px: float
    """Median over the objects of the diameter of a disc of their area; NaN without objects."""


def prepared(example: Example, device: torch.device) -> Prepared:
    """Stretch the image as Cellpose does before it segments, and draw the flows of the labels.

    Raises
    ------
    InputError
        An image of another size than its labels, with a wrong number of channels, or with NaN.
    """
    image, labels = np.asarray(example.image), np.asarray(example.labels)
    _refuse_misfit(example, image, labels)
    both = np.zeros((2, *labels.shape), np.float32)
    both[: 1 if image.ndim == 2 else 2] = image
    stretched = np.ascontiguousarray(imported("transforms").normalize_img(both, axis=0), np.float32)
    # One at a time: of several it prints a bar. It renumbers the labels where they lie.
    flows = imported("dynamics").labels_to_flows([labels.astype(np.int32)], device=device)[0]
    areas = np.bincount(labels.ravel())[1:] if labels.any() else np.zeros(0, int)
    sides = np.sqrt(areas[areas > 0])
    diameter = float(np.median(sides)) * 2 / np.sqrt(np.pi) if len(sides) else np.nan
    return Prepared(stretched, flows, diameter)


def _refuse_misfit(example: Example, image: NDArray[Any], labels: NDArray[np.integer[Any]]) -> None:
    where = f"{example.movie}, frame {example.frame}"
    channels = image.shape[0] if image.ndim == 3 else 1
    if image.ndim not in (2, 3) or channels > 2:
        raise InputError(
            where,
            f"its image has the shape {image.shape}",
            "give one channel, or the cells and their nuclei",
        )
    if image.shape[-2:] != labels.shape:
        raise InputError(
            where,
            f"its image has {image.shape[-2]} × {image.shape[-1]} px, its labels "
            f"{' × '.join(map(str, labels.shape))}",
            "give labels of the same frame",
        )
    if np.issubdtype(image.dtype, np.floating) and not np.isfinite(image).all():
        raise InputError(where, "its image holds NaN or infinity", "mend it, or leave it out")


class Yardstick:
    """A fixed set of patches on which Cellpose's loss is asked after every epoch.

    The trainer's own patches change from epoch to epoch; here every epoch answers the same
    question, so that curves of training and held-out images can be read beside each other.

    Parameters
    ----------
    ready : sequence of Prepared
        Images to cut one patch from each.
    mean_px : float
        Diameter that stands in for images without objects.
    rescale : bool
        Whether images are scaled so that cells have the size that the network is made for.
    """

    def __init__(
        self,
        ready: Sequence[Prepared],
        net: Any,
        *,
        patch_px: int,
        mean_px: float,
        rescale: bool,
        seed: int,
    ) -> None:
        diameters = [mean_px if np.isnan(each.diameter_px) else each.diameter_px for each in ready]
        made_for = float(net.diam_mean.item())
        self._patches = []
        with numpy_seeded(seed):
            for each, diameter in zip(ready, diameters, strict=True):
                size = max(diameter, _SMALLEST_DIAMETER_PX) / made_for if rescale else 1.0
                self._patches.append(_patch(each, patch_px, size))

    def __len__(self) -> int:
        return len(self._patches)

    def loss(self, net: Any, batch_size: int) -> float:
        """Cellpose's loss (Stringer et al. 2021, doi:10.1038/s41592-020-01018-x) on the patches.

        Half the mean squared error of five times the flows, and the cross-entropy of cell or not.
        NaN without patches.
        """
        import torch
        from torch.nn.functional import binary_cross_entropy_with_logits, mse_loss

        if not self._patches:
            return float("nan")
        net.eval()
        total = 0.0
        with torch.no_grad():
            for start in range(0, len(self._patches), batch_size):
                some = self._patches[start : start + batch_size]
                image, wanted = (
                    torch.from_numpy(np.stack(parts)).to(net.device)
                    for parts in zip(*some, strict=True)
                )
                found = net(image)[0].float()
                flows = mse_loss(found[:, -3:-1], _FLOW_SCALE * wanted[:, 1:])
                cell = binary_cross_entropy_with_logits(found[:, -1], (wanted[:, 0] > 0.5).float())
                total += float(flows / 2 + cell) * len(some)
        return total / len(self._patches)


def _patch(
    each: Prepared, patch_px: int, size: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Image and flows of one patch, drawn from numpy's global state as Cellpose does."""
    transforms = imported("transforms")
    if installed() == 3:
        image, wanted = transforms.random_rotate_and_resize(
            [each.image],
            Y=[each.flows[1:]],
            rescale=[size],
            scale_range=_ZOOM,
            xy=(patch_px, patch_px),
        )[:2]
        return image[0], wanted[0]
    three = np.concatenate([each.image, np.zeros_like(each.image[:1])])
    image, wanted = transforms.random_rotate_and_resize(
        [three], lbls=[each.flows[1:]], rescale=[size], scale_range=_ZOOM, bsize=patch_px
    )[:2]
    return image[0].numpy(), wanted[0].numpy()


@contextmanager
def numpy_seeded(seed: int) -> Iterator[None]:
    """Numpy's global state from a seed, as Cellpose draws from it; restored afterwards."""
    before = np.random.get_state()  # noqa: NPY002  Cellpose knows no other
    np.random.seed(seed)  # noqa: NPY002
    try:
        yield
    finally:
        np.random.set_state(before)  # noqa: NPY002
