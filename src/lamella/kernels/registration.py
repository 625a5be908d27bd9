"""How one frame of a field lies over another: the stage's movement, not the cells'.

Two frames are compared tile by tile. Every tile tells by least squares how far it would have to be
moved (Lucas and Kanade), and how surely; the movement on which tiles all over the field agree is
the stage's. A tile that another movement fits significantly better holds a cell and is left out,
and no tile counts much more than the others, since a cell is often all the contrast there is.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Literal, NamedTuple

import cv2
import numpy as np
import scipy.fft
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
Plane = NDArray[Any]  # float32
Model = Literal["translation", "rigid", "affine"]
Start = Literal["phase", "features"]

# Band of structure that is compared, in pixels of the reduced image (SD of the two Gaussians):
# finer is noise, coarser is uneven light, which belongs to the camera.
_FINE_PX, _COARSE_PX = 1.2, 7.0
_RIM_PX = 4  # beyond it, the band holds what was made up outside the frame
_COMPRESS_FROM = 4.0  # SDs of the field above which contrast counts less and less
_REPAIR_FROM = 6.0  # SDs by which a broken pixel stands out from its neighbours
_PIXELS_PER_VALUE = 4 * np.pi * _FINE_PX**2  # neighbours share their noise: independent values

# Objects, cells as a rule: how far their gradients stand out from quiet parts of the field (energy
# over its 20th percentile), the gap that is closed, the radius that makes an object, and the share
# of the field from which on they are the field.
_OBJECT_FROM, _JOIN_PX, _OBJECT_PX, _MOST_OBJECTS = 8.0, 4, 8, 0.75

_SIGNIFICANT = 3.0  # SDs of the correlation of unrelated tiles; five tiles are never so by chance
_SURE_PX = 0.5  # a tile speaks for a movement when it knows its own to this
_FITS = 16.0  # χ² (2 degrees of freedom) above which a tile moves on its own
_TILE_FLOOR_PX = 0.04  # what a tile may differ by for reasons of optics and interpolation
_MOST_OVER_MEDIAN = 3.0  # information of one tile over that of the median tile
_CANDIDATES = 6
_MOST_SHIFT = 0.45  # of the side: beyond, too little of the field is shared
_ROUNDS = 8
_CONVERGED_PX = 0.003

# A movement is the stage's when it holds over much of the field, or in places (of 4 × 4 blocks)
# that are spread over it (over the spread of all tiles); one object, or a few, are not enough.
_MUCH_OF_FIELD, _MOST_OF_FIELD = 0.4, 0.6
_FEWEST_TILES, _FEWEST_PLACES, _LEAST_SPREAD = 5, 5, 0.6


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


@dataclass(frozen=True)
class Prepared:
    """A frame made ready for comparison: reduced, broken pixels mended, light evened out.

    Attributes
    ----------
    image : (y, x) float32 array or None
        In SDs of the field, contrast compressed; None for a frame of one grey value.
    factor : int
        Pixels of the frame per pixel of the image.
    still : (y, x) float32 array
        0 at the rim and where something large stands out, cells as a rule; 1 elsewhere.
    source : (y, x) float32 array or None
        What the image was made from, where something was left out.
    """

    image: Plane | None
    factor: int
    still: Plane
    source: Plane | None = None

    @cached_property
    def whole(self) -> Prepared:
        """The same frame with nothing left out."""
        if self.image is None or self.source is None:
            return self
        return _banded(self.source, self.factor, objects=None)

    @cached_property
    def gradients(self) -> tuple[Plane, Plane]:
        """∂/∂y and ∂/∂x."""
        assert self.image is not None  # noqa: S101  asked only of frames with structure
        return _gradients(self.image)

    @cached_property
    def spectrum(self) -> NDArray[np.complex64]:
        """Fourier transform of the windowed image."""
        assert self.image is not None  # noqa: S101
        window = cv2.createHanningWindow(self.image.shape[::-1], cv2.CV_32F)
        out: NDArray[np.complex64] = scipy.fft.rfft2(self.image * window)
        return out


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


def prepared(frame: NDArray[Any], *, most_pixels: int) -> Prepared:
    """A frame made ready for :func:`align`; frames to be compared need the same `most_pixels`."""
    factor = max(1, int(np.ceil(np.sqrt(frame.size / most_pixels))))
    height, width = (max(side // factor, 1) for side in frame.shape)
    image: Plane = frame[: height * factor, : width * factor].astype(np.float32)
    if factor > 1:
        image = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    if min(image.shape) <= 2 * _RIM_PX or not float(image.max()) > float(image.min()):
        return Prepared(None, factor, np.zeros(image.shape, np.float32))
    image = _mended(image)
    return _banded(image, factor, objects=_objects(cv2.GaussianBlur(image, (0, 0), _FINE_PX)))


def _banded(image: Plane, factor: int, *, objects: Plane | None) -> Prepared:
    """The band of structure that is compared, in SDs of the field; objects (1) are left out."""
    still = np.zeros(image.shape, np.float32)
    still[_RIM_PX:-_RIM_PX, _RIM_PX:-_RIM_PX] = 1
    if objects is None:
        fine = cv2.GaussianBlur(image, (0, 0), _FINE_PX)
        coarse = cv2.GaussianBlur(image, (0, 0), _COARSE_PX)
    else:
        # From still pixels only: a bright cell would reach far into its surroundings.
        around = 1 - objects
        still *= around
        fine = _blurred_within(image, around, _FINE_PX)
        coarse = _blurred_within(image, around, _COARSE_PX)
    band: Plane = fine - coarse
    sd = _robust_sd(band[still > 0])
    if not sd > 1e-5 * float(np.abs(image).max()):
        return Prepared(None, factor, still)
    compressed = _COMPRESS_FROM * np.arcsinh(band / np.float32(sd * _COMPRESS_FROM))
    return Prepared(compressed, factor, still, None if objects is None else image)


def _blurred_within(image: Plane, mask: Plane, sigma_px: float) -> Plane:
    """The image blurred within a mask of 0 and 1; 0 outside it."""
    inside = cv2.GaussianBlur(image * mask, (0, 0), sigma_px)
    share = cv2.GaussianBlur(mask, (0, 0), sigma_px)
    out: Plane = mask * inside / np.maximum(share, np.float32(1e-6))
    return out


def _objects(image: Plane) -> Plane | None:
    """1 where something stands out that is larger than a grain, else 0; None where nothing does.

    Edges and texture are joined to patches and filled; small patches are grains, and patches over
    most of the field are the field.
    """
    dy, dx = _gradients(image)
    energy = cv2.GaussianBlur(dy * dy + dx * dx, (0, 0), 2.0)
    quiet = float(np.percentile(energy.ravel()[::7], 20))  # cells may cover more than half
    found = (energy > _OBJECT_FROM * quiet).astype(np.uint8)
    near, large = (
        cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * r + 1, 2 * r + 1))
        for r in (_JOIN_PX, _OBJECT_PX)
    )
    joined = cv2.morphologyEx(found, cv2.MORPH_CLOSE, near)
    outlines, _ = cv2.findContours(joined, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    filled = cv2.drawContours(joined, outlines, -1, 1, cv2.FILLED)
    objects = cv2.morphologyEx(filled, cv2.MORPH_OPEN, large)
    share = float(objects.mean())
    if not 0 < share < _MOST_OBJECTS:
        return None
    return cv2.dilate(objects, near).astype(np.float32)


def _mended(image: Plane) -> Plane:
    """Hot pixels and dead columns, one pixel wide, take the median of their neighbours.

    They belong to the camera, so would say that nothing moves. Light, which the optics blur, never
    stands out from its neighbours as they do.
    """
    median = cv2.medianBlur(image, 3)
    excess = np.abs(image - median)
    sd = _robust_sd(excess)
    if not sd > 0:
        return image
    around = np.abs(image - cv2.blur(median, (9, 9)))
    broken = (excess > _REPAIR_FROM * sd) & (excess > 0.6 * around)
    return np.where(broken, median, image)


def _robust_sd(values: Plane) -> float:
    """From the median deviation from 0, of every seventh pixel; the plain SD where that is 0."""
    some = np.abs(values.ravel()[::7])
    return float(1.4826 * np.median(some)) or float(np.sqrt(np.mean(some * some)))


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
    if (best is None or not best.supported) and left_out > _MUCH_OF_FIELD:
        # A richly structured field looks like objects all over; then most of it must agree.
        again = _best(a.whole, b.whole, model, start)
        if again is not None and again.support >= _MOST_OF_FIELD:
            best = again
    if best is None or not best.supported:
        return Alignment(np.eye(2, 3), 0.0 if best is None else best.support, False)
    matrix = _in_frame(best.matrix, a.factor)
    return Alignment(matrix, best.support, True, best.sigma * a.factor)


def _best(a: Prepared, b: Prepared, model: Model, start: Start) -> _Fit | None:
    """The movement that most of the field agrees on, from several starts."""
    if a.image is None or b.image is None:
        return None
    tiles = _tiles_of(*a.image.shape)
    found: list[_Fit | None] = []
    if start == "features":
        begin = _by_features(a, b, model)
        found.append(None if begin is None else _fit(a, b, begin, tiles, model))
    if not any(fit is not None and fit.supported for fit in found):
        found.append(_fit(a, b, _near(a, b, np.eye(2, 3), tiles, model), tiles, model))
        for shift, score in _peaks(a, b, tiles):
            least = max((f.score for f in found if f is not None and f.supported), default=0.0)
            if score > 0.7 * least:  # otherwise not worth the time
                begin = _near(a, b, _translation(*shift), tiles, model)
                found.append(_fit(a, b, begin, tiles, model))
    fits = [fit for fit in found if fit is not None]
    return max(fits, key=lambda fit: (fit.supported, fit.score), default=None)


class _Tiles(NamedTuple):
    """A grid of tiles: their number down and across, and their side in pixels."""

    down: int
    across: int
    height: int
    width: int

    @property
    def n(self) -> int:
        return self.down * self.across

    def means(self, image: Plane) -> FloatArray:
        """Mean of every tile, (n,)."""
        cut = image[: self.down * self.height, : self.across * self.width]
        small = cv2.resize(cut, (self.across, self.down), interpolation=cv2.INTER_AREA)
        means: FloatArray = small.ravel().astype(np.float64)
        return means

    @property
    def centres(self) -> FloatArray:
        """(y, x) of the middle of every tile, (n, 2)."""
        y = np.arange(self.down) * self.height + (self.height - 1) / 2
        x = np.arange(self.across) * self.width + (self.width - 1) / 2
        out: FloatArray = np.stack(np.meshgrid(y, x, indexing="ij"), axis=-1).reshape(-1, 2)
        return out


@lru_cache(maxsize=32)
def _tiles_of(height: int, width: int) -> _Tiles:
    side = float(np.clip(np.sqrt(height * width / 200), 20, 64))
    down, across = (max(1, round(length / side)) for length in (height, width))
    return _Tiles(down, across, height // down, width // across)


class _Fit(NamedTuple):
    """A movement, and what speaks for it."""

    matrix: FloatArray
    support: float
    supported: bool
    score: float
    sigma: float


class _Sums(NamedTuple):
    """What a comparison of `a` with the moved `b` tells of every tile (means over its pixels)."""

    shared: FloatArray  # (n,) share of the tile that both frames show
    cross: FloatArray  # (n, 2, 2) ∇a·∇bᵀ: what both frames know of a movement
    own: FloatArray  # (n, 2, 2) mean of ∇a·∇aᵀ and ∇b·∇bᵀ: that, and noise
    pull: FloatArray  # (n, 2) ∇·(a − b)
    z: FloatArray  # (n,) correlation in SDs of that of unrelated tiles


def _fit(a: Prepared, b: Prepared, begin: FloatArray, tiles: _Tiles, model: Model) -> _Fit | None:
    """Improve a movement until it no longer changes; None where it leads nowhere."""
    matrix = begin.copy()
    centre = np.array([(tiles.down * tiles.height - 1) / 2, (tiles.across * tiles.width - 1) / 2])
    reach = float(np.hypot(*centre))
    design = _design(tiles.centres - centre, reach, model)
    sums = _compare(a, b, matrix, tiles)
    for k in range(_ROUNDS):
        # What begins a pixel off must not be taken for a cell.
        floor_px = max(0.5 / 3**k, _TILE_FLOOR_PX)
        change = _step(sums, design, floor_px=floor_px)
        if change is None:
            return None
        matrix = _moved(matrix, change, centre, reach, model)
        drift = matrix[:, 2] + matrix[:, :2] @ centre - centre
        if np.any(np.abs(drift) > _MOST_SHIFT * np.array([2 * c + 1 for c in centre])):
            return None
        sums = _compare(a, b, matrix, tiles)
        if k and float(np.abs(change).max()) < _CONVERGED_PX:
            break
    return _judged(matrix, sums, design, tiles)


def _design(offsets: FloatArray, reach: float, model: Model) -> FloatArray:
    """Movement of every tile by each parameter, (n, 2, p); parameters are in px at the rim."""
    n = len(offsets)
    y, x = offsets[:, 0] / reach, offsets[:, 1] / reach
    one, none = np.ones(n), np.zeros(n)
    rows: list[list[FloatArray]] = [[one, none], [none, one]]
    if model == "rigid":
        rows.append([x, -y])
    if model == "affine":
        rows += [[y, none], [x, none], [none, y], [none, x]]
    return np.stack([np.stack(row, axis=1) for row in rows], axis=2)


def _compare(a: Prepared, b: Prepared, matrix: FloatArray, tiles: _Tiles) -> _Sums:
    assert a.image is not None  # noqa: S101
    assert b.image is not None  # noqa: S101
    here = a.image
    there, seen = _pulled(b.image, matrix), a.still * _pulled(b.still, matrix, whole=True)
    ay, ax = a.gradients
    by, bx = _gradients(there)
    here, there, ay, ax, by, bx = (plane * seen for plane in (here, there, ay, ax, by, bx))
    shared = tiles.means(seen)
    energy_a, energy_b = tiles.means(here * here), tiles.means(there * there)
    usable = (shared > 0.3) & (energy_a > 0) & (energy_b > 0)
    # Equal contrast on both sides, so that flicker is not taken for movement.
    gain = np.float32(
        np.sqrt(np.median(energy_a[usable] / energy_b[usable])) if usable.any() else 1.0
    )
    there, by, bx = there * gain, by * gain, bx * gain
    energy_b = energy_b * float(gain) ** 2
    rest = here - there
    mean_y, mean_x = 0.5 * (ay + by), 0.5 * (ax + bx)
    cross = np.empty((tiles.n, 2, 2))
    own = np.empty((tiles.n, 2, 2))
    cross[:, 0, 0], cross[:, 1, 1] = tiles.means(ay * by), tiles.means(ax * bx)
    cross[:, 0, 1] = cross[:, 1, 0] = 0.5 * tiles.means(ay * bx + ax * by)
    own[:, 0, 0], own[:, 1, 1] = (
        0.5 * tiles.means(ay * ay + by * by),
        0.5 * tiles.means(ax * ax + bx * bx),
    )
    own[:, 0, 1] = own[:, 1, 0] = 0.5 * tiles.means(ay * ax + by * bx)
    pull = np.stack([tiles.means(mean_y * rest), tiles.means(mean_x * rest)], axis=1)
    both = tiles.means(here * there)
    values = shared * tiles.height * tiles.width / _PIXELS_PER_VALUE
    rho = np.divide(both, np.sqrt(energy_a * energy_b), out=np.zeros(tiles.n), where=usable)
    # Fisher's transform: its SD does not depend on the correlation.
    z = np.arctanh(np.clip(rho, -0.999, 0.999)) * np.sqrt(np.maximum(values - 3, 0))
    return _Sums(np.where(usable, shared, 0.0), cross, own, pull, z)


def _step(sums: _Sums, design: FloatArray, *, floor_px: float) -> FloatArray | None:
    """The next change of the parameters; tiles may differ by `floor_px` and still count."""
    usable = sums.shared > 0
    if np.count_nonzero(usable) < 2:
        return None
    even = _evened(sums)
    believable = usable * np.clip(sums.z / 2, 0, 1)
    change = np.zeros(design.shape[2])
    for _ in range(3):
        chi2 = _misfit(sums, design, change, floor_px=floor_px)
        weight = believable / (1 + (chi2 / _FITS) ** 2)
        solved = _solved(sums, design, even * weight)
        if solved is None:
            return None
        change = solved
    return np.clip(change, -1.5, 1.5)  # further off, the tiles know nothing


def _evened(sums: _Sums) -> FloatArray:
    """Weights that keep a tile of much contrast from deciding alone."""
    information = np.maximum(np.trace(sums.cross, axis1=1, axis2=2), 0)
    known = information[sums.z > _SIGNIFICANT]
    if not len(known):
        known = information[information > 0]
    most = _MOST_OVER_MEDIAN * float(np.median(known)) if len(known) else 0.0
    share = np.divide(most, information, out=np.ones_like(information), where=information > 0)
    out: FloatArray = np.minimum(share, 1.0)
    return out


def _solved(sums: _Sums, design: FloatArray, weight: FloatArray) -> FloatArray | None:
    normal = np.einsum("nip,nij,njq,n->pq", design, sums.cross, design, weight)
    right = np.einsum("nip,ni,n->p", design, sums.pull, weight)
    values, vectors = np.linalg.eigh(normal)
    kept = values > 1e-3 * max(float(values[-1]), 0.0)
    if not kept.any():
        return None
    out: FloatArray = vectors[:, kept] @ ((vectors[:, kept].T @ right) / values[kept])
    return out


def _misfit(
    sums: _Sums, design: FloatArray, change: FloatArray, *, floor_px: float = _TILE_FLOOR_PX
) -> FloatArray:
    """χ² of every tile after a change: how surely it moves on its own."""
    moved = design @ change
    rest = sums.pull - np.einsum("nij,nj->ni", sums.cross, moved)
    size = np.trace(sums.own, axis1=1, axis2=2)[:, None, None]
    tiny = 1e-9 * (1e-12 + size) * np.eye(2)
    usable = sums.shared > 0
    plain = _quadratic(rest, sums.own + tiny)
    # What good tiles differ by is seen in the median tile, whatever the noise.
    scale = float(np.median(plain[usable])) / 1.386
    floor = floor_px**2 * sums.cross @ sums.cross
    return _quadratic(rest, max(scale, 1e-12) * sums.own + floor + tiny)


def _quadratic(vectors: FloatArray, matrices: FloatArray) -> FloatArray:
    """vᵀ M⁻¹ v of every pair, for 2 × 2 matrices."""
    (p, q), (r, s) = np.moveaxis(matrices, 0, -1)
    y, x = vectors.T
    determinant = np.maximum(p * s - q * r, 1e-30)
    out: FloatArray = np.maximum((s * y * y - (q + r) * x * y + p * x * x) / determinant, 0)
    return out


def _moved(
    matrix: FloatArray, change: FloatArray, centre: FloatArray, reach: float, model: Model
) -> FloatArray:
    """The matrix after a change, which is a movement seen in the first frame."""
    linear = np.eye(2)
    if model == "rigid":
        angle = float(change[2]) / reach
        linear = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    if model == "affine":
        linear = linear + change[2:].reshape(2, 2) / reach
    shift = change[:2] + centre - linear @ centre
    return composed(matrix, np.column_stack([linear, shift]))


def _judged(matrix: FloatArray, sums: _Sums, design: FloatArray, tiles: _Tiles) -> _Fit:
    """Whether what moved is the stage."""
    none = np.zeros(design.shape[2])
    chi2 = _misfit(sums, design, none)
    usable = sums.shared > 0
    fits = usable & (chi2 < _FITS)
    agree = fits & (sums.z > _SIGNIFICANT) & (_tile_sigma(sums) < _SURE_PX)
    n_usable, n = max(int(usable.sum()), 1), int(agree.sum())
    centres = tiles.centres
    spread = _spread(centres[agree]) / max(_spread(centres), 1e-9) if n > 1 else 0.0
    blocks = np.floor(4 * centres / (centres.max(axis=0) + centres.min(axis=0))).astype(int)
    places = len(np.unique(blocks[agree], axis=0))
    supported = n / n_usable >= _MUCH_OF_FIELD or (
        n >= _FEWEST_TILES and places >= _FEWEST_PLACES and spread >= _LEAST_SPREAD
    )
    weight = np.where(usable, _evened(sums) / (1 + (chi2 / _FITS) ** 2), 0.0)
    score = float(np.clip(sums.z * fits, 0, 6).sum())
    return _Fit(matrix, n / n_usable, bool(supported), score, _sigma(sums, design, weight))


def _tile_sigma(sums: _Sums) -> FloatArray:
    """Standard error of every tile's own movement in its least certain direction, in px."""
    usable = sums.shared > 0
    plain = _quadratic(sums.pull, sums.own + 1e-12 * np.eye(2))
    scale = float(np.median(plain[usable])) / 1.386 if usable.any() else 1.0
    noise = np.trace(sums.own, axis1=1, axis2=2) / 2
    known = np.maximum(np.linalg.eigvalsh(sums.cross)[:, 0], 1e-12)
    out: FloatArray = np.sqrt(scale * noise) / known
    return out


def _sigma(sums: _Sums, design: FloatArray, weight: FloatArray) -> float:
    """Standard error of the movement of the middle, in px."""
    usable = sums.shared > 0
    plain = _quadratic(sums.pull, sums.own + 1e-12 * np.eye(2))
    scale = float(np.median(plain[usable])) / 1.386
    normal = np.einsum("nip,nij,njq,n->pq", design, sums.cross, design, weight)
    noise = scale * np.einsum("nip,nij,njq,n->pq", design, sums.own, design, weight**2)
    inverse = np.linalg.pinv(normal)
    covariance = inverse @ noise @ inverse
    return float(np.sqrt(max(np.trace(covariance[:2, :2]) / 2, 0)))


def _spread(points: FloatArray) -> float:
    return float(np.sqrt(((points - points.mean(axis=0)) ** 2).sum(axis=1).mean()))


# Where the search starts


def _near(a: Prepared, b: Prepared, begin: FloatArray, tiles: _Tiles, model: Model) -> FloatArray:
    """A start from which the tiles of a field that turns or stretches can be compared."""
    return begin if model == "translation" else _by_blocks(a, b, begin, tiles, model)


def _peaks(a: Prepared, b: Prepared, tiles: _Tiles) -> list[tuple[tuple[float, float], float]]:
    """Shifts (dy, dx) other than none that many tiles speak for, with their scores, best first."""
    assert a.image is not None  # noqa: S101
    product = np.conj(a.spectrum) * b.spectrum
    size = np.abs(product)
    # Half-way between correlation and phase correlation: frequencies of noise alone do not count
    # as much as those of structure.
    surface = scipy.fft.irfft2(product / np.sqrt(size + 1e-6 * size.max()), s=a.image.shape)
    surface = cv2.GaussianBlur(surface.astype(np.float32), (0, 0), 0.8)
    height, width = surface.shape
    dy, dx = (np.fft.fftfreq(n, 1 / n) for n in (height, width))
    near = (np.abs(dy) <= _MOST_SHIFT * height)[:, None] & (np.abs(dx) <= _MOST_SHIFT * width)
    highest = cv2.dilate(surface, np.ones((5, 5), np.uint8))
    y, x = np.nonzero(near & (surface == highest))
    best = np.argsort(surface[y, x])[::-1][:_CANDIDATES]
    found = [(float(dy[y[i]]), float(dx[x[i]])) for i in best]
    scores = [_tile_score(a, b, shift, tiles) for shift in found]
    order = np.argsort(scores)[::-1][:2]
    return [(found[i], scores[i]) for i in order if max(map(abs, found[i])) > 1]


def _tile_score(a: Prepared, b: Prepared, shift: tuple[float, float], tiles: _Tiles) -> float:
    assert a.image is not None  # noqa: S101
    assert b.image is not None  # noqa: S101
    move = _translation(*shift)
    seen = a.still * _pulled(b.still, move, whole=True)
    here, there = a.image * seen, _pulled(b.image, move, whole=True) * seen
    both, energy_a, energy_b = (tiles.means(p) for p in (here * there, here * here, there * there))
    power = np.sqrt(energy_a * energy_b)
    rho = np.divide(both, power, out=np.zeros(tiles.n), where=power > 0)
    values = np.maximum(tiles.means(seen) * tiles.height * tiles.width / _PIXELS_PER_VALUE - 3, 0)
    return float(np.clip(np.arctanh(np.clip(rho, 0, 0.999)) * np.sqrt(values), 0, 6).sum())


def _by_blocks(
    a: Prepared, b: Prepared, begin: FloatArray, tiles: _Tiles, model: Model, *, reach: int = 10
) -> FloatArray:
    """Look for every tile of `a` in `b`, and fit the model to where most were found."""
    assert a.image is not None  # noqa: S101
    assert b.image is not None  # noqa: S101
    there = _pulled(b.image, begin)
    height, width = tiles.height, tiles.width
    padded = cv2.copyMakeBorder(there, reach, reach, reach, reach, cv2.BORDER_CONSTANT, value=0)
    places, moves = [], []
    least = 5.5 / np.sqrt(max(height * width / _PIXELS_PER_VALUE - 3, 1))
    for centre in tiles.centres:
        top, left = (round(c - (n - 1) / 2) for c, n in zip(centre, (height, width), strict=True))
        block = a.image[top : top + height, left : left + width]
        window = padded[top : top + height + 2 * reach, left : left + width + 2 * reach]
        _, best, _, (x, y) = cv2.minMaxLoc(cv2.matchTemplate(window, block, cv2.TM_CCORR_NORMED))
        if best > np.tanh(least):
            places.append(centre)
            moves.append((y - reach, x - reach))
    fitted = _ransac(np.array(places), np.array(places) + np.array(moves), model)
    return begin if fitted is None else composed(begin, fitted)


def _by_features(a: Prepared, b: Prepared, model: Model) -> FloatArray | None:
    """The movement that most matched features agree on; None where there are too few."""
    assert a.image is not None  # noqa: S101
    assert b.image is not None  # noqa: S101
    finder = cv2.SIFT_create(nfeatures=2000, contrastThreshold=0.02)  # type: ignore[attr-defined]
    keys, words = [], []
    for image in (a.image, b.image):
        grey = np.clip(127.5 + 16 * image, 0, 255).astype(np.uint8)
        points, described = finder.detectAndCompute(grey, None)
        keys.append(np.array([p.pt[::-1] for p in points], np.float64))
        words.append(described)
    if any(described is None or len(described) < 2 for described in words):
        return None
    pairs = cv2.BFMatcher().knnMatch(words[0], words[1], k=2)
    good = [p[0] for p in pairs if len(p) == 2 and p[0].distance < 0.85 * p[1].distance]
    return _ransac(keys[0][[m.queryIdx for m in good]], keys[1][[m.trainIdx for m in good]], model)


def _ransac(here: FloatArray, there: FloatArray, model: Model) -> FloatArray | None:
    """The movement from `here` to `there`, (n, 2) each, of most points; None for too few."""
    if len(here) < 4:
        return None
    if model == "translation":
        moves = there - here
        near = np.hypot(*np.moveaxis(moves[:, None] - moves[None], -1, 0)) < 2
        best = near[np.argmax(near.sum(axis=1))]
        return _translation(*moves[best].mean(axis=0)) if best.sum() >= 4 else None
    estimate = cv2.estimateAffine2D if model == "affine" else cv2.estimateAffinePartial2D
    found, inliers = estimate(
        here[:, ::-1], there[:, ::-1], method=cv2.RANSAC, ransacReprojThreshold=2.0
    )
    if found is None or int(inliers.sum()) < 6:
        return None
    matrix = found[::-1][:, [1, 0, 2]].astype(np.float64)  # from (x, y) to (y, x)
    if model == "rigid":
        middle = here[inliers.ravel() > 0].mean(axis=0)
        goes_to = matrix[:, :2] @ middle + matrix[:, 2]
        turn = nearest_rotation(matrix[:, :2])
        matrix = np.column_stack([turn, goes_to - turn @ middle])
    return matrix


# Matrices, (2, 3), of (y, x)


def composed(second: FloatArray, first: FloatArray) -> FloatArray:
    """The movement `first`, then `second`."""
    linear = second[:, :2] @ first[:, :2]
    return np.column_stack([linear, second[:, :2] @ first[:, 2] + second[:, 2]])


def nearest_rotation(linear: FloatArray) -> FloatArray:
    """The rotation nearest to a 2 × 2 matrix."""
    left, _, right = np.linalg.svd(linear)
    flip = np.diag([1.0, np.sign(np.linalg.det(left @ right))])
    out: FloatArray = left @ flip @ right
    return out


def _translation(dy: float, dx: float) -> FloatArray:
    return np.array([[1.0, 0.0, dy], [0.0, 1.0, dx]])


def _in_frame(matrix: FloatArray, factor: int) -> FloatArray:
    """A matrix between reduced images as one between frames."""
    corner = np.full(2, (factor - 1) / 2)
    shift = factor * matrix[:, 2] + corner - matrix[:, :2] @ corner
    return np.column_stack([matrix[:, :2], shift])


def _pulled(image: Plane, matrix: FloatArray, *, whole: bool = False) -> Plane:
    """The image as it lies under the other frame; 0 where it shows nothing."""
    if np.array_equal(matrix, np.eye(2, 3)):
        return image
    for_cv = np.ascontiguousarray(matrix[::-1][:, [1, 0, 2]])  # from (y, x) to (x, y)
    if not whole and np.array_equal(matrix[:, :2], np.eye(2)):
        # OpenCV rounds places to 1/32 px, which for a shift is the same everywhere.
        first = np.floor(matrix[:, 2])
        for_cv[:, 2] = first[::-1]
        py, px = matrix[:, 2] - first
        image = cv2.sepFilter2D(
            image, -1, np.array([1 - px, px]), np.array([1 - py, py]), anchor=(0, 0)
        )
        whole = True
    # Its cubic kernel does not keep a slope, so would move the image by up to 0.05 px.
    how = (cv2.INTER_NEAREST if whole else cv2.INTER_LINEAR) | cv2.WARP_INVERSE_MAP
    out: Plane = cv2.warpAffine(image, for_cv, image.shape[::-1], flags=how)
    return out


def _gradients(image: Plane) -> tuple[Plane, Plane]:
    return (
        cv2.Sobel(image, cv2.CV_32F, 0, 1, ksize=1, scale=0.5),
        cv2.Sobel(image, cv2.CV_32F, 1, 0, ksize=1, scale=0.5),
    )
