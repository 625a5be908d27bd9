"""The model that other tests lean on does find its cells."""

import numpy as np

from worlds.small_cellpose import DIAMETER_PX, small_cell

SEEDS = range(100, 104)


def test_the_small_model_finds_cells_that_it_was_not_trained_on(small_cellpose):
    import torch
    from cellpose.models import CellposeModel

    model = CellposeModel(pretrained_model=str(small_cellpose), device=torch.device("cpu"))
    assert model.diam_mean == DIAMETER_PX
    overlaps = []
    for seed in SEEDS:
        phantom = small_cell(seed, photoelectrons=200.0 + 200 * (seed % 4))
        for frame, truth in zip(phantom.movie.channel(), phantom.truth.frames, strict=True):
            found = model.eval(frame, channels=[0, 0], normalize={"normalize": True})[0] > 0
            overlaps.append(np.sum(found & (truth > 0)) / np.sum(found | (truth > 0)))
    assert np.mean(overlaps) >= 0.85
    assert min(overlaps) >= 0.8
