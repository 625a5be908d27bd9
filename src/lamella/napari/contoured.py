"""A labels layer whose outlines are found quickly, so that large movies can be scrubbed."""

from __future__ import annotations

from typing import Any

import numpy as np
from napari.layers import Labels as Plain
from numpy.typing import NDArray

from lamella.kernels.label_contours import thin_contours


class Labels(Plain):  # type: ignore[misc]  # napari tells no types
    """napari's labels layer, with its contours of one pixel found in a fifth of the time.

    It is called as napari's is: its writers and its layer list go by the name of the class. What
    is overridden is not public. Where a napari has no such method, or gives it something else,
    the layer is napari's in all it does.
    """

    def _calculate_contour(self, *given: Any, **named: Any) -> Any:
        whole = None if named or len(given) != 2 else _whole(*given)
        if whole is None or self.contour != 1:
            return super()._calculate_contour(*given, **named)
        return thin_contours(whole, ground=int(self.colormap.background_value))


def _whole(labels: Any, part: Any) -> NDArray[Any] | None:
    """A plane that is to be drawn as a whole; None for parts, and what has more axes."""
    if not isinstance(labels, np.ndarray) or labels.ndim != 2:
        return None
    wanted = tuple(slice(0, side) for side in labels.shape)
    return labels if tuple(part) == wanted else None
