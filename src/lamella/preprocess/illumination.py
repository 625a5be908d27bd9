"""Uneven illumination, found from many fields that were taken under it, and undone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from lamella.core.errors import InputError
from lamella.core.frames import Frames, Image, MappedFrames
from lamella.core.step import Step
from lamella.kernels.filters import reduced

FloatArray = NDArray[np.float64]

_BLOCKS = 48  # along the longer side
_ROUNDS, _ROBUST_ROUNDS = 4, 4
_SOFT = 3.0  # SDs from which on a block counts less for the surface
_UNSURE = 0.03
_DEGREES = (1, 2, 3, 4, 6)


@dataclass(frozen=True)
class FieldMeans:
    """Images of one channel, each reduced to the means of its blocks.

    Attributes
    ----------
    frame_shape : (Y, X)
    means : (n, y, x) float32 array
        Grey values.
    """

    frame_shape: tuple[int, int]
    means: NDArray[np.float32]


class Flat(NamedTuple):
    """How bright the light was in every pixel, compared with the field's mean."""

    image: NDArray[np.float32]
    """(Y, X), positive, mean 1."""
    told: dict[str, Any]
    doubts: list[str]


class Illumination(Step):
    """Divide by the illumination of the field, estimated from many fields, or measured.

    Cells lie elsewhere in every field, the light falls in the same way: in every block of the
    image, the median or the mean over all fields, each divided by its own brightness, shows it. A
    smooth surface through it (the exponential of a polynomial) is what frames are divided by. What
    stands still and is small, such as dust, is no part of it: give `files` for that.

    Valid where fields were taken under one lamp. Best where the ground between cells gives some
    light above the dark level, so that the median sees it in every field; where cells cover most of
    the field it goes by the cells themselves, and needs more of them.

    Parameters
    ----------
    channels : tuple of str or None
        Those that are corrected; all by default.
    per : {"session", "study"}
        Which fields share a lamp.
    segmenting : bool
        Segment and split corrected frames, too; measuring always sees them.
    files : str or None
        Measured flat fields instead of an estimate, such as ``flat/{channel}.tif``, from the
        study's folder; ``{session}`` may stand in it, too.
    dark_files : str or None
        Images without light, in the same way, which are taken off movies and `files` first; not
        without `files`, since an estimate takes off one grey value.
    dark : float or None
        Grey value without light. It is taken off before frames are divided, and put back. None =
        the offset under [measure.background] where there is one, else 0.
    statistic : {"median", "mean"} or None
        Over the fields. The median sees the ground where cells are few; the mean, as in
        CellProfiler's *Regular* illumination function, the cells where they are many.
    degree : int or None
        Of the polynomial: 2 to 4 follow a vignette that is off the centre, 1 a tilt alone. Where
        either is None, what is taken is that with which every other image foretells the rest best,
        of the degrees 1, 2, 3, 4 and 6.
    least_fields : int
        With fewer, nothing is estimated.
    frames_per_movie : int
        Frames of a movie that are looked at, spread over it: they show one field.

    References
    ----------
    Singh et al., J Microsc 256:231 (2014), https://doi.org/10.1111/jmi.12178, for estimating from
    many fields; Peng et al. (BaSiC), Nat Commun 8:14836 (2017),
    https://doi.org/10.1038/ncomms14836, for light that is told from what it falls on by being the
    same in all images.
    """

    version: ClassVar[int] = 1
    channels: tuple[str, ...] | None = Field(None, min_length=1)
    per: Literal["session", "study"] = "session"
    segmenting: bool = False
    files: str | None = None
    dark_files: str | None = None
    dark: float | None = Field(None, allow_inf_nan=False)
    statistic: Literal["median", "mean"] | None = None
    degree: int | None = Field(None, ge=0, le=8)
    least_fields: int = Field(5, ge=2)
    frames_per_movie: int = Field(5, ge=1)

    @model_validator(mode="after")
    def _dark_files_with_files(self) -> Self:
        if self.dark_files is not None and self.files is None:
            raise ValueError("dark_files goes with files: for an estimate set dark")
        return self

    def deciding(self) -> dict[str, Any]:
        """The part of the provenance that decides an estimate; the rest is where it is used.

        Not the dark level, which may be that of the background.
        """
        told = self.provenance()
        wanted = ("statistic", "degree", "frames_per_movie")
        return {**told, "settings": {name: told["settings"][name] for name in wanted}}

    def prepare(self, frames: Frames) -> FieldMeans:
        """Reduce every frame to the means of at most 48 × 48 blocks."""
        factor = max(1, -(-max(frames.frame_shape) // _BLOCKS))
        means = [reduced(frames.frame(t).astype(np.float32), factor) for t in frames.span]
        return FieldMeans(frames.frame_shape, np.stack(means))

    def merge(self, states: Sequence[FieldMeans]) -> FieldMeans:
        return FieldMeans(states[0].frame_shape, np.concatenate([state.means for state in states]))

    def estimate(self, state: FieldMeans, *, dark: float = 0.0, source: str = "fields") -> Flat:
        """The illumination from the means of many images.

        Parameters
        ----------
        dark : float
            Used where the setting `dark` is None.
        source : str
            For messages.

        Raises
        ------
        InputError
            When the images are not brighter than the dark level.
        """
        dark = dark if self.dark is None else self.dark
        light = state.means.astype(np.float64) - dark
        lit = np.median(light, axis=(1, 2)) > 0
        how = _best(light[lit], self.statistic, self.degree)
        surface = _surface(light[lit], how)
        if surface is None:
            raise InputError(
                source,
                f"its images are not brighter than the dark level ({dark:g})",
                "set dark under [illumination] to the grey value without light",
            )
        image = surface.at(state.frame_shape)
        told: dict[str, Any] = {
            "n_images": len(lit),
            "n_images_too_dark": int((~lit).sum()),
            "dark": dark,
            **how._asdict(),
            "unevenness_rms": float(np.sqrt(np.mean((image - 1) ** 2))),
            "darkest": float(image.min()),
            "brightest": float(image.max()),
        }
        doubts = []
        unsure = _unsure(light[lit], how)
        told["uncertainty_rms"] = unsure
        if unsure is not None and unsure > _UNSURE:
            doubts.append(
                f"estimates from half of the images each differ, so that it is uncertain by "
                f"{unsure:.1%} (RMS): add fields"
            )
        return Flat(image, told, doubts)

    def corrected(self, frames: Frames, flat: Image, *, dark: float | Image = 0.0) -> Frames:
        """Frames as they would be under even light, lazy, float32; the dark level stays below.

        Parameters
        ----------
        flat : (Y, X) array
            Positive.
        dark : float or (Y, X) array
            What the camera gives without light. Of an image, its mean is put back.
        """
        off = np.asarray(dark, np.float32)
        back = np.float32(off.mean())
        share = np.asarray(flat, np.float32)

        def even(t: int) -> Image:
            out = frames.frame(t).astype(np.float32)
            out -= off
            out /= share
            out += back
            return out

        return MappedFrames(frames, even, dtype=np.float32)


class _How(NamedTuple):
    """How the light is told from many images."""

    statistic: Literal["median", "mean"]
    degree: int


def _best(
    light: FloatArray, statistic: Literal["median", "mean"] | None, degree: int | None
) -> _How:
    """What is not given, so that each half of the images tells best what the other half shows."""
    statistics: tuple[Literal["median", "mean"], ...] = ("median", "mean")
    ways = [
        _How(each, n)
        for each in (statistics if statistic is None else (statistic,))
        for n in (_DEGREES if degree is None else (degree,))
    ]
    if len(ways) == 1:
        return ways[0]
    if len(light) < 4:
        return _How(statistic or "median", 2 if degree is None else degree)
    halves = (light[::2], light[1::2])
    return min(ways, key=lambda how: sum(_off(*each, how) for each in (halves, halves[::-1])))


def _off(known: FloatArray, asked: FloatArray, how: _How) -> float:
    """How far the light that some images tell is from what others show, in logarithms."""
    surface = _surface(known, how)
    if surface is None:
        return float("inf")
    shown = _shown(asked, surface, how)
    off = shown / surface.at(shown.shape)
    if not (off > 0).any():
        return float("inf")
    off = np.log(off[off > 0])
    return float(np.mean(np.abs(off - np.median(off))))


def _unsure(light: FloatArray, how: _How) -> float | None:
    """Standard error of the surface, from estimates with every other image; None if too few."""
    if len(light) < 4:
        return None
    halves = [_surface(light[start::2], how) for start in (0, 1)]
    shapes = [half.at(light.shape[1:]).astype(np.float64) for half in halves if half is not None]
    if len(shapes) < 2:
        return None
    return float(np.sqrt(np.mean((shapes[0] - shapes[1]) ** 2)) / 2)


def _surface(light: FloatArray, how: _How) -> _Surface | None:
    """The smooth surface of the light in images above the dark level, if there is one."""
    surface: _Surface | None = _Surface.flat()
    for _ in range(_ROUNDS):
        if surface is None or not len(light):
            return None
        surface = _Surface.through(_shown(light, surface, how), degree=how.degree)
    return surface


def _shown(light: FloatArray, surface: _Surface, how: _How) -> FloatArray:
    """What the images show of the light in every block, given what is known of it by now."""
    even = light / surface.at(light.shape[1:])
    own = np.median(even, axis=(1, 2)) if how.statistic == "median" else even.mean(axis=(1, 2))
    kept = own > 0
    if not kept.any():
        return np.zeros(light.shape[1:])
    ratios = light[kept] / own[kept, None, None]
    return np.asarray((np.median if how.statistic == "median" else np.mean)(ratios, axis=0))


@dataclass(frozen=True)
class _Surface:
    """The exponential of a polynomial over the field, in Legendre's polynomials of y and x."""

    terms: tuple[tuple[int, int], ...]
    weights: FloatArray

    @classmethod
    def flat(cls) -> _Surface:
        return cls(((0, 0),), np.zeros(1))

    @classmethod
    def through(cls, shown: FloatArray, *, degree: int) -> _Surface | None:
        """The surface that fits best; blocks that are far off count less. None if all is dark."""
        height, width = shown.shape
        terms = tuple(
            (i, j)
            for i in range(min(degree, height - 1) + 1)
            for j in range(min(degree - i, width - 1) + 1)
        )
        lit = (shown > 0).ravel()
        if lit.sum() < max(len(terms), 0.5 * lit.size):
            return None
        design = _design(terms, (height, width))[lit]
        wanted = np.log(shown.ravel()[lit])
        weights = np.ones(len(wanted))
        found = np.zeros(len(terms))
        for _ in range(_ROBUST_ROUNDS):
            root = np.sqrt(weights)
            found = np.linalg.lstsq(design * root[:, None], wanted * root, rcond=None)[0]
            off = wanted - design @ found
            spread = 1.4826 * float(np.median(np.abs(off)))
            if spread <= 1e-12:
                break
            weights = 1 / (1 + (off / (_SOFT * spread)) ** 2) ** 2
        return cls(terms, found)

    def at(self, shape: tuple[int, ...]) -> NDArray[np.float32]:
        """The surface in every pixel of an image of this shape, mean 1."""
        height, width = shape
        most = max(max(t) for t in self.terms)
        square = np.zeros((most + 1, most + 1))
        for (i, j), weight in zip(self.terms, self.weights, strict=True):
            square[i, j] = weight
        out = np.exp(_polynomials(height, most) @ square @ _polynomials(width, most).T)
        even: NDArray[np.float32] = (out / out.mean()).astype(np.float32)
        return even


def _design(terms: Sequence[tuple[int, int]], shape: tuple[int, int]) -> FloatArray:
    """Every term in every block, (blocks, terms)."""
    down, across = (_polynomials(n, max(max(term) for term in terms)) for n in shape)
    return np.stack([np.outer(down[:, i], across[:, j]).ravel() for i, j in terms], axis=1)


def _polynomials(n: int, degree: int) -> FloatArray:
    """Legendre's polynomials at the centres of `n` equal parts of −1 … 1, (n, degree + 1)."""
    places = (2 * np.arange(n) + 1) / n - 1
    values = np.ones((n, degree + 1))
    for k in range(1, degree + 1):  # Bonnet's recursion
        before = values[:, k - 2] if k > 1 else 0.0
        values[:, k] = ((2 * k - 1) * places * values[:, k - 1] - (k - 1) * before) / k
    return values
