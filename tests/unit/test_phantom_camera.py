from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError
from scipy import stats

from lamella.phantom import Camera


def exposed(electrons: float, camera: Camera, side: int = 400) -> np.ndarray:
    image = np.full((side, side), electrons, np.float32)
    return camera.expose(image, np.random.default_rng(5)).astype(np.float64)


@pytest.mark.parametrize("electrons", [0.0, 0.4, 4.0, 60.0, 499.0, 501.0, 5000.0])
def test_mean_and_variance(electrons: float) -> None:
    gain, read = 2.0, 1.5
    camera = Camera(gain=gain, offset=100, read_noise_e=read, dtype="float32")
    grey = exposed(electrons, camera)
    variance = gain**2 * (electrons + read**2)
    assert abs(grey.mean() - (gain * electrons + 100)) < 4.5 * np.sqrt(variance / grey.size)
    assert grey.var() == pytest.approx(variance, rel=0.025)


def test_rounding_adds_a_twelfth() -> None:
    grey = exposed(30.0, Camera(gain=1.0, read_noise_e=2.0))
    assert grey.var() == pytest.approx(30 + 4 + 1 / 12, rel=0.025)


def test_few_electrons_are_poisson_on_uneven_light() -> None:
    light = np.full((300, 300), 2.0, np.float32)
    light[:, 150:] = 5.0
    grey = Camera(gain=1, offset=0, read_noise_e=0).expose(light, np.random.default_rng(2))
    for half, mean in ((grey[:, :150], 2.0), (grey[:, 150:], 5.0)):
        counted = np.bincount(half.ravel(), minlength=14)[:14]
        expected = half.size * stats.poisson.pmf(np.arange(14), mean)
        keep = expected > 20
        chi2 = np.sum((counted[keep] - expected[keep]) ** 2 / expected[keep])
        assert stats.chi2.sf(chi2, keep.sum()) > 1e-4


@pytest.mark.parametrize(
    ("camera", "dtype", "top"),
    [
        (Camera(bit_depth=8), np.uint8, 255),
        (Camera(bit_depth=12), np.uint16, 4095),
        (Camera(), np.uint16, 65535),
        (Camera(saturation=3000), np.uint16, 3000),
        (Camera(dtype="float32", saturation=3000), np.float32, 3000),
    ],
)
def test_depth_and_saturation(camera: Camera, dtype: type, top: float) -> None:
    grey = camera.expose(np.full((8, 8), 1e6, np.float32), np.random.default_rng(0))
    assert grey.dtype == dtype
    assert np.all(grey == top)


def test_float_frames_may_lie_below_zero() -> None:
    grey = exposed(0.0, Camera(offset=0, read_noise_e=2, dtype="float32"))
    assert grey.min() < 0


def test_darkness_without_noise_is_the_offset() -> None:
    assert np.all(exposed(0.0, Camera(offset=100, read_noise_e=0)) == 100)


def test_unknown_settings_are_refused() -> None:
    with pytest.raises(ValidationError, match="read_noise"):
        Camera(read_noise=3)  # type: ignore[call-arg]
