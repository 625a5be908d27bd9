"""How one frame lies over another: the movement that most of the field agrees on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lamella.kernels.registration.fit import MOST_OF_FIELD, MUCH_OF_FIELD, Fit, Model, fitted
from lamella.kernels.registration.matrices import in_frame, translation
from lamella.kernels.registration.prepare import Prepared, prepared
from lamella.kernels.registration.starts import by_features, near, peaks
from lamella.kernels.registration.tiles import tiles_of

FloatArray = NDArray[np.float64]
Start = Literal["phase", "features"]


class Shift(NamedTuple):
    """How far the field has moved from one frame to another.

    Attributes
    ----------
    dy, dx : float
        In px: what was at (y, x) is at (y + dy, x + dx). 0 where not supported.
    support : float
        Share of the field's tiles, 0 to 1, that hold structure which moved this way.
    supported : bool
        Whether still structure all over the field agrees; when False, nothing is known.
    """

    dy: float
    dx: float
    support: float
    supported: bool


@dataclass(frozen=True)
class Alignment:
    """How a frame lies over another.

    Attributes
    ----------
    matrix : (2, 3) float64 array
        (y, x) of the first frame to (y, x) of the second, in px; the identity if not supported.
    support, supported
        As in `Shift`.
    sigma_px : float
        Standard error of the movement of the field's middle; NaN if not supported.
    """

    matrix: FloatArray
    support: float
    supported: bool
    sigma_px: float = float("nan")


def shift_between(a: NDArray[Any], b: NDArray[Any], *, most_pixels: int = 300_000) -> Shift:
    """How far the field has moved from frame `a` to frame `b`, cells left out.

    Does not depend on scale or offset of the intensities. About 25 ms a megapixel and pair when
    there is little drift.

    Parameters
    ----------
    a, b : (Y, X) arrays of numbers
    most_pixels : int
        Frames are reduced by a whole factor to at most about this many pixels. Reducing costs
        precision only where still structure is scarce.

    Examples
    --------
    >>> import numpy as np
    >>> field = np.random.default_rng(0).normal(size=(200, 200))
    >>> shift = shift_between(field[20:, 20:], 3 * field[15:-5, 18:-2] + 7)
    >>> [round(value, 1) for value in (shift.dy, shift.dx)], shift.supported
    ([5.0, 2.0], True)
    """
    found = align(prepared(a, most_pixels=most_pixels), prepared(b, most_pixels=most_pixels))
    dy, dx = found.matrix[:, 2].tolist()
    return Shift(dy, dx, found.support, found.supported)


def align(
    a: Prepared, b: Prepared, *, model: Model = "translation", start: Start = "phase"
) -> Alignment:
    """How frame `a` lies over frame `b`.

    Parameters
    ----------
    a, b : Prepared
        Of the same size.
    model : {"translation", "rigid", "affine"}
    start : {"phase", "features"}
        What the search starts from: peaks of the phase correlation, after which tiles of a field
        that may turn are looked for within 10 px; or, before that, matched features (SIFT), which
        also find larger turns where there are features that differ from each other.

    Notes
    -----
    Movements by more than 45 % of the field's side are not found.

    References
    ----------
    Lucas & Kanade 1981, IJCAI 674; Kuglin & Hines 1975, Proc. Int. Conf. Cybernetics and Society
    163; Lowe 2004, https://doi.org/10.1023/B:VISI.0000029664.99615.94
    """
    best = _best(a, b, model, start)
    left_out = max(1 - float(frame.still.mean()) for frame in (a, b))
    if (best is None or not best.supported) and left_out > MUCH_OF_FIELD:
        # A richly structured field looks like objects all over; then most of it must agree.
        again = _best(a.whole, b.whole, model, start)
        if again is not None and again.support >= MOST_OF_FIELD:
            best = again
    if best is None or not best.supported:
        return Alignment(np.eye(2, 3), 0.0 if best is None else best.support, False)
    matrix = in_frame(best.matrix, a.factor)
    return Alignment(matrix, best.support, True, best.sigma * a.factor)


def _best(a: Prepared, b: Prepared, model: Model, start: Start) -> Fit | None:
    """The movement that most of the field agrees on, from several starts."""
    if a.image is None or b.image is None:
        return None
    tiles = tiles_of(*a.image.shape)
    found: list[Fit | None] = []
    if start == "features":
        begin = by_features(a, b, model)
        found.append(None if begin is None else fitted(a, b, begin, tiles, model))
    if not any(fit is not None and fit.supported for fit in found):
        found.append(fitted(a, b, near(a, b, np.eye(2, 3), tiles, model), tiles, model))
        for shift, score in peaks(a, b, tiles):
            least = max((f.score for f in found if f is not None and f.supported), default=0.0)
            if score > 0.7 * least:  # otherwise not worth the time
                begin = near(a, b, translation(*shift), tiles, model)
                found.append(fitted(a, b, begin, tiles, model))
    fits = [fit for fit in found if fit is not None]
    return max(fits, key=lambda fit: (fit.supported, fit.score), default=None)
