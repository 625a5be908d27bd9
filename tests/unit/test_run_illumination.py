"""The light of many fields, some of which are not as they should be."""

import numpy as np
import pytest
import tifffile

from lamella.core.errors import InputError
from lamella.preprocess import Illumination
from lamella.run.illumination import illumination_of_files


def test_a_field_of_another_size_is_named_though_another_cannot_be_read(tmp_path):
    rng = np.random.default_rng(0)
    for name, side in (("b", 64), ("c", 64), ("d", 72)):
        image = rng.integers(500, 600, (side, side)).astype(np.uint16)
        tifffile.imwrite(tmp_path / f"{name}.tif", image)
    (tmp_path / "a.tif").write_bytes(b"")
    files = sorted(tmp_path.glob("*.tif"))
    with pytest.raises(InputError, match=r"d\.tif is \(72, 72\) \(Y, X\), b\.tif is \(64, 64\)"):
        illumination_of_files(
            files, tmp_path / "out", step=Illumination(least_fields=2), axes=None,
            advance=lambda done, total: None,
        )  # fmt: skip
    assert not (tmp_path / "out").exists()
