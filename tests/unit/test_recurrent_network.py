"""The recurrent network: its size, how far it sees, what it gives, and what it is judged by."""

import math

import numpy as np
import pytest
import torch
from scipy import ndimage
from skimage.morphology import skeletonize
from torch import nn

from lamella.nets.convlstm_unet import PUBLISHED, Architecture, from_scratch
from lamella.nets.convlstm_unet.losses import (
    cross_entropy,
    distance_loss,
    jaccard,
    soft_cl_dice,
)
from lamella.nets.convlstm_unet.mobilenet import Encoder
from lamella.nets.convlstm_unet.network import ConvLSTM
from lamella.nets.convlstm_unet.receptive_field import encoder_field, whole_field, whole_reach


@pytest.mark.parametrize(
    ("name", "total", "fine_tuned", "frozen"),
    [
        ("B1", 490_530, 477_250, 227_266),
        ("B2", 288_370, 280_326, 188_358),
        ("B3", 288_370, 280_326, 188_358),
        ("B4", 723_520, 713_976, 622_008),
        ("B5", 101_714, 99_270, 83_430),
    ],
)
def test_published_networks_have_the_published_parameters(name, total, fine_tuned, frozen):
    with torch.device("meta"):
        net = from_scratch(PUBLISHED[name], seed=0)
    learnt = sum(p.numel() for p in net.parameters())
    moving = sum(b.numel() for b_name, b in net.named_buffers() if b_name.split(".")[-1] in MOVING)
    assert (learnt + moving, learnt) == (total, fine_tuned)
    assert learnt - sum(p.numel() for p in net.encoder.parameters()) == frozen


MOVING = ("running_mean", "running_var")


def all_seeing(architecture):
    """A network in which each pixel that can matter does: weights are above 0."""
    net = from_scratch(architecture, seed=0).double().eval()
    for module in net.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.constant_(module.weight, 1 / module.weight[0].numel())
    return net


def dim(*shape):
    """Images so dark that no value in them is clipped at 6, though blocks add up."""
    return 1e-4 * torch.rand(shape, dtype=torch.float64)


@pytest.mark.parametrize(
    ("poolings", "recurrent", "places"),
    [
        (1, True, range(2)),
        (2, True, range(4)),
        (3, True, range(8)),
        (3, False, range(8)),
        # Where in the coarsest stride pixels see farthest; the others take long.
        (4, True, (3, 12)),
        (5, False, (6, 25)),
    ],
)
def test_the_field_of_a_pixel_is_what_its_output_changes_with(poolings, recurrent, places):
    architecture = Architecture(
        poolings=poolings, filters=1, width=0.1, window=3, recurrent=recurrent
    )
    stride = architecture.multiple
    middle = math.ceil(whole_field(architecture) / stride / 2 + 1) * stride
    frames = dim(1, 3, stride, 2 * middle + stride).requires_grad_()
    cell = all_seeing(architecture)(frames)[0, 1, 0]
    before, after = [], []
    for x in (middle + place for place in places):
        (slope,) = torch.autograd.grad(cell[x], frames, retain_graph=True)
        (seen,) = np.nonzero(slope.abs().amax(dim=(0, 1, 2)).numpy())
        assert seen.size == seen.max() - seen.min() + 1
        before.append(x - seen.min())
        after.append(seen.max() - x)
    assert (max(before), max(after)) == whole_reach(architecture)
    assert whole_field(architecture) == max(before) + 1 + max(after)


@pytest.mark.parametrize(("poolings", "side"), [(4, 267), (5, 491)])
def test_the_field_of_the_encoder(poolings, side):
    architecture = Architecture(poolings=poolings, filters=2, width=0.1)
    assert encoder_field(architecture) == side
    encoder = all_seeing(architecture).encoder
    stride = architecture.multiple
    images = dim(1, 3, stride, 2 * stride * math.ceil(side / stride))
    deepest = encoder(images.requires_grad_())[-1]
    deepest[0, 0, 0, deepest.shape[-1] // 2].backward()
    assert np.count_nonzero(images.grad.abs().amax(dim=(0, 1, 2)).numpy()) == side


def test_a_frame_is_seen_alone_until_the_memory():
    architecture = Architecture(poolings=2, filters=3, window=3, head="distance")
    net = from_scratch(architecture, seed=0).eval()
    with torch.no_grad():
        net.memory.of_state.weight *= 10  # at random it remembers little
    movie = torch.rand(5, 16, 24, generator=torch.Generator().manual_seed(0))
    windows = torch.stack([movie[:3], movie[1:4], movie[2:]])
    at_once = net(windows)
    assert at_once.shape == (3, 3, 16, 24)
    driven = net.memory.driven(net.features(movie))
    for i, expected in enumerate(at_once):
        state = net.memory.last_state(driven[i : i + 3, None])
        assert torch.allclose(net.out(state)[0], expected, atol=1e-6)
    # Time matters: the same frames in another order are another window.
    assert not torch.allclose(net(windows.flip(1))[:, :, 5, 5], at_once[:, :, 5, 5], atol=1e-4)


def test_without_memory_only_the_last_frame_counts():
    net = from_scratch(Architecture(poolings=1, filters=2, recurrent=False), seed=0).eval()
    windows = torch.rand(1, 5, 8, 8, generator=torch.Generator().manual_seed(0))
    seen = net(windows)
    windows[:, :4] = 0
    assert torch.equal(net(windows), seen)


def test_what_cannot_be_is_refused():
    with pytest.raises(ValueError, match="1 to 5 levels, not 6"):
        Encoder(6)
    with pytest.raises(ValueError, match="at least one frame"):
        ConvLSTM(1, 1).last_state([])


def random_logits(shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def test_cross_entropy_is_minus_the_mean_logarithm_over_annotated_pixels():
    logits = random_logits((2, 3, 4, 5))
    target = torch.randint(-1, 2, (2, 4, 5), generator=torch.Generator().manual_seed(0))
    share = np.exp(logits[:, :2].numpy())
    share /= share.sum(axis=1, keepdims=True)
    wanted = [
        -np.log(share[b, int(kind), y, x])
        for (b, y, x), kind in np.ndenumerate(target.numpy())
        if kind >= 0
    ]
    assert float(cross_entropy(logits, target)) == pytest.approx(np.mean(wanted), rel=1e-5)


def test_a_pixel_that_is_not_annotated_moves_no_loss():
    target = torch.ones(1, 6, 6, dtype=torch.int64)
    target[0, :, 3:] = 0
    target[0, 2:4, 2:5] = -1
    logits = random_logits((1, 3, 6, 6)).requires_grad_()
    wanted = torch.rand(1, 6, 6)
    unseen = (target == -1)[:, None].expand_as(logits)
    for loss in (cross_entropy(logits, target), distance_loss(logits[:, 2], wanted, target)):
        (slope,) = torch.autograd.grad(loss, logits, retain_graph=True)
        assert bool((slope[unseen] == 0).all())
        assert bool((slope != 0).any())
    moved = logits + 3 * unseen
    assert jaccard(moved, target) == jaccard(logits, target)

    nothing = torch.full_like(target, -1)
    for loss in (
        cross_entropy(logits, nothing),
        distance_loss(logits[:, 2], wanted, nothing),
        soft_cl_dice(logits, nothing, 3),
    ):
        assert float(loss.detach()) == 0
    assert math.isnan(jaccard(logits, nothing))


def test_distance_weighs_few_cells_as_much_as_much_background():
    target = torch.zeros(1, 10, 10, dtype=torch.int64)
    target[0, 0, :4] = 1
    output, wanted = torch.zeros(1, 10, 10), torch.zeros(1, 10, 10)
    wanted[0, 0, :4] = 0.5
    assert float(distance_loss(output, wanted, target)) == pytest.approx(0.25 / 2)
    output[target == 0] = 1
    assert float(distance_loss(output, wanted, target)) == pytest.approx((0.25 + 1) / 2)


def test_jaccard_is_overlap_over_union():
    target = torch.tensor([[[1, 1, 0, 0, -1, -1]]])
    lead = torch.tensor([1.0, -1, 1e-6, -1, 1, -1])[None, None]
    logits = torch.stack([torch.zeros_like(lead), lead], dim=1)
    assert jaccard(logits, target) == pytest.approx(1 / 3)
    background = torch.zeros_like(target)
    assert jaccard(logits, background) == 0
    assert math.isnan(jaccard(torch.stack([lead.abs(), 0 * lead], dim=1), background))


def certain(cell):
    """Logits that are sure of a mask."""
    lead = torch.as_tensor(cell).float()[None] * 80 - 40
    return torch.stack([torch.zeros_like(lead), lead], dim=1)


@pytest.fixture
def cell_with_an_arm():
    """A body of 15 px radius with an arm 3 px wide."""
    y, x = np.mgrid[:64, :96]
    body = (y - 32) ** 2 + (x - 20) ** 2 <= 15**2
    return body | ((abs(y - 32) <= 1) & (x >= 20) & (x < 90))


def test_cl_dice_of_a_mask_and_itself_is_whole(cell_with_an_arm):
    target = torch.as_tensor(cell_with_an_arm).long()[None]
    assert float(soft_cl_dice(certain(cell_with_an_arm), target, 16)) == pytest.approx(0, abs=1e-5)


def test_cl_dice_minds_a_cut_arm_more_than_a_shaved_body(cell_with_an_arm):
    target = torch.as_tensor(cell_with_an_arm).long()[None]
    cut = cell_with_an_arm.copy()
    cut[:, 40:50] = False
    shaved = cell_with_an_arm & ~(
        (ndimage.distance_transform_edt(cell_with_an_arm) < 2) & (np.arange(96) < 34)
    )
    assert (cell_with_an_arm ^ shaved).sum() > 3 * (cell_with_an_arm ^ cut).sum()
    of_cut, of_shaved = (float(soft_cl_dice(certain(each), target, 16)) for each in (cut, shaved))
    assert of_cut > 3 * of_shaved
    # By the skeletons themselves: what the cut mask no longer covers.
    whole = skeletonize(cell_with_an_arm)
    sensitivity = (whole & cut).sum() / whole.sum()
    assert of_cut == pytest.approx(1 - 2 * sensitivity / (1 + sensitivity), abs=0.04)


def test_the_edge_of_an_annotated_area_costs_nothing(cell_with_an_arm):
    target = torch.as_tensor(cell_with_an_arm).long()[None]
    target[:, :, 60:] = -1
    assert float(soft_cl_dice(certain(cell_with_an_arm), target, 16)) == pytest.approx(0, abs=1e-5)


def test_cl_dice_teaches_the_missing_pixels(cell_with_an_arm):
    target = torch.as_tensor(cell_with_an_arm).long()[None]
    logits = torch.zeros(1, 2, *cell_with_an_arm.shape, requires_grad=True)
    (slope,) = torch.autograd.grad(soft_cl_dice(logits, target, 4), logits)
    inside = slope[0, 1][target[0] == 1].sum()
    assert float(inside) < 0
