"""The recurrent network gives what the same network gives in Keras, an independent writing of it.

Keras runs on PyTorch here, and the network is drawn from its own layers and its own MobileNetV2.
"""

import atexit
import os
import shutil
import tempfile

# Keras reads its backend, and settings that may be the user's own, when it is imported.
os.environ["KERAS_BACKEND"] = "torch"
os.environ["KERAS_HOME"] = tempfile.mkdtemp(prefix="lamella-keras-")

import h5py
import keras
import numpy as np
import pytest
import torch
from keras.applications import MobileNetV2
from keras.src.legacy.saving.legacy_h5_format import save_weights_to_hdf5_group

from lamella.core.errors import InputError, NotInstalledError, SettingsError
from lamella.nets.convlstm_unet import Architecture, from_scratch, installation
from lamella.nets.convlstm_unet.keras_weights import encoder_tensors, find_keras_file
from lamella.nets.convlstm_unet.mobilenet import Encoder
from lamella.nets.convlstm_unet.network import ConvLSTM

atexit.register(shutil.rmtree, os.environ["KERAS_HOME"], ignore_errors=True)

WIDTH = 0.35
SKIPS = (
    "block_1_expand_relu", "block_3_expand_relu", "block_6_expand_relu", "block_13_expand_relu",
    "block_16_project",
)  # fmt: skip


def unlike_new(model, seed=0):
    """Random weights, with statistics of batch normalisation that are not 0 and 1."""
    draw = np.random.default_rng(seed)
    for weight in model.weights:
        name, shape = weight.path, weight.shape
        if "variance" in name or "gamma" in name:
            weight.assign(draw.uniform(0.5, 1.5, shape))
        elif any(each in name for each in ("mean", "beta", "bias")):
            weight.assign(draw.normal(0, 0.3, shape))
        else:
            inside = np.prod(shape[:2]) * (1 if "depthwise" in name else shape[2])
            weight.assign(draw.normal(0, 1 / np.sqrt(inside), shape))
    return model


def mobilenet():
    """Keras' own, as it comes; any multiple of 32 px."""
    return MobileNetV2(
        input_shape=(None, None, 3), alpha=WIDTH, include_top=False, weights=None, name=None
    )


def drawn_in_keras(architecture, side):
    """The network of the paper: (window, side, side, 1) to logits of the last frame."""
    layers = keras.layers
    whole = mobilenet()
    skips = [whole.get_layer(name).output for name in SKIPS[: architecture.poolings]]
    f = architecture.filters

    def level(x, filters):
        for _ in range(2):
            x = layers.SeparableConv2D(filters, 3, padding="same")(x)
            x = layers.BatchNormalization()(x)
            x = layers.Dropout(0.05)(layers.ELU()(x))
        return x

    x = skips[-1]
    for i in range(architecture.poolings - 1, 0, -1):
        x = layers.UpSampling2D()(level(x, f * 2**i))
        x = layers.Concatenate()([x, skips[i - 1]])
    x = level(layers.UpSampling2D()(x), f)
    of_frame = keras.Model(whole.input, x)

    frames = keras.Input((architecture.window, side, side, 1))
    coloured = layers.Concatenate()([frames] * 3)
    seen = layers.TimeDistributed(of_frame)(coloured)
    state = layers.ConvLSTM2D(f, 3, padding="same")(seen)
    logits = layers.Conv2D(architecture.outputs, 1)(state)
    return unlike_new(keras.Model(frames, logits)), of_frame


def put(tensor, weight):
    """One of Keras' into one of ours: the axes of kernels stand in another order."""
    value = torch.as_tensor(keras.ops.convert_to_numpy(weight))
    if value.ndim == 4:
        value = value.permute(3, 2, 0, 1)
        if value.shape != tensor.shape:  # depthwise
            value = value.transpose(0, 1)
    assert value.shape == tensor.shape
    tensor.copy_(value)


def put_layers(ours, theirs):
    """Convolutions and normalisations, one after the other."""
    with torch.no_grad():
        mine = iter(ours)
        for layer in theirs:
            if isinstance(layer, keras.layers.SeparableConv2D):
                depthwise, pointwise = next(mine), next(mine)
                put(depthwise.weight, layer.depthwise_kernel)
                put(pointwise.weight, layer.pointwise_kernel)
                put(pointwise.bias, layer.bias)
            elif isinstance(layer, keras.layers.BatchNormalization):
                norm = next(mine)
                put(norm.weight, layer.gamma)
                put(norm.bias, layer.beta)
                put(norm.running_mean, layer.moving_mean)
                put(norm.running_var, layer.moving_variance)
            elif isinstance(layer, keras.layers.Conv2D | keras.layers.DepthwiseConv2D):
                conv = next(mine)
                put(conv.weight, layer.kernel)
                if layer.use_bias:
                    put(conv.bias, layer.bias)
        assert next(mine, None) is None


def put_memory(memory, layer):
    with torch.no_grad():
        put(memory.of_input.weight, layer.cell.kernel)
        put(memory.of_state.weight, layer.cell.recurrent_kernel)
        put(memory.of_input.bias, layer.cell.bias)


def weighted(module):
    kinds = (torch.nn.Conv2d, torch.nn.BatchNorm2d)
    return [each for each in module.modules() if isinstance(each, kinds)]


def greys(*shape, seed=0):
    return np.random.default_rng(seed).random(shape, np.float32)


def as_ours(images):
    return torch.as_tensor(keras.ops.convert_to_numpy(images)).moveaxis(-1, 1)


def farthest(ours, theirs):
    """The largest difference."""
    return float((ours.detach() - as_ours(theirs)).abs().max())


@pytest.mark.parametrize("poolings", [3, 4, 5])
def test_the_network_gives_what_kerass_gives(poolings):
    architecture = Architecture(poolings=poolings, filters=3, window=3)
    theirs, of_frame = drawn_in_keras(architecture, side=64)
    ours = from_scratch(architecture, seed=0).eval()
    of_frames = weighted(ours.encoder) + weighted(ours.levels) + weighted(ours.last)
    put_layers(of_frames, of_frame.layers)
    put_layers([ours.out], theirs.layers[-1:])
    put_memory(ours.memory, theirs.layers[-2])
    frames = greys(2, 3, 64, 64, 1)
    expected = theirs(frames, training=False)
    assert float(expected.detach().std()) > 0.05
    assert farthest(ours(torch.as_tensor(frames[..., 0])), expected) <= 1e-5
    assert theirs.count_params() == sum(
        tensor.numel() for name, tensor in ours.state_dict().items() if "batches" not in name
    )


def test_the_memory_gives_what_kerass_gives():
    theirs = keras.layers.ConvLSTM2D(4, 3, padding="same")
    images = greys(2, 5, 9, 12, 3)
    theirs.build(images.shape)
    ours = ConvLSTM(3, 4)
    # As drawn: only the forget gates have a bias.
    assert torch.equal(ours.of_input.bias, torch.as_tensor(theirs.cell.bias.numpy()))
    put_memory(ours, unlike_new(theirs))
    driven = ours.driven(torch.as_tensor(images).flatten(0, 1).moveaxis(-1, 1)).view(
        2, 5, 16, 9, 12
    )
    state = ours.last_state(driven.unbind(1))
    assert farthest(state, theirs(images)) <= 1e-6


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """A file as Keras published it, with other numbers, and the network it belongs to."""
    model = unlike_new(mobilenet(), seed=1)
    file = tmp_path_factory.mktemp("models") / (
        "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_0.35_224_no_top.h5"
    )
    with h5py.File(file, "w") as opened:
        save_weights_to_hdf5_group(opened, model)
    return file, model


@pytest.mark.parametrize("poolings", [1, 4, 5])
def test_an_encoder_of_kerass_file_gives_what_kerass_gives(published, poolings):
    file, model = published
    # Keras itself takes the file, in the order of its layers.
    again = mobilenet()
    again.load_weights(file)
    assert all(map(np.array_equal, again.get_weights(), model.get_weights()))

    architecture = Architecture(poolings=poolings, filters=2)
    net = from_scratch(architecture, seed=0)
    tensors = encoder_tensors(file, architecture)
    fit = net.load_state_dict(tensors, strict=False)
    assert not fit.unexpected_keys
    assert not any(name.startswith("encoder.") for name in fit.missing_keys)
    images = greys(2, 96, 64, 3)
    outputs = [model.get_layer(name).output for name in SKIPS[:poolings]]
    expected = keras.Model(model.input, outputs)(images, training=False)
    with torch.inference_mode():
        found = net.encoder.eval()(torch.as_tensor(images).moveaxis(-1, 1))
    expected = expected if isinstance(expected, list) else [expected]
    for one, other in zip(found, expected, strict=True):
        assert farthest(one, other) <= 1e-5


def test_kerass_file_is_found_in_kerass_folder(published, tmp_path, monkeypatch):
    file, _ = published
    wanted = Architecture(poolings=1)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    with pytest.raises(NotInstalledError) as told:
        find_keras_file(wanted)
    for part in (str(tmp_path / "models" / file.name), "https://", "comes with Lamella"):
        assert part in str(told.value)
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / file.name).write_bytes(b"")
    assert find_keras_file(wanted) == tmp_path / "models" / file.name
    monkeypatch.delenv("KERAS_HOME")
    monkeypatch.setattr("pathlib.Path.home", lambda: tmp_path)
    with pytest.raises(NotInstalledError, match=r"\.keras.models.mobilenet_v2"):
        find_keras_file(wanted)


def test_a_width_that_keras_has_no_file_of_is_refused():
    with pytest.raises(SettingsError, match=r"width = 0.4: .* set one of 0.35, 0.5, .* 1, 1.3, 1"):
        find_keras_file(Architecture(width=0.4))


def test_other_files_are_no_weights_of_kerass(published, tmp_path):
    file, _ = published
    small = Architecture(poolings=1)
    with pytest.raises(InputError, match=r"for stem\.conv\.weight is \(3, 3, 3, 16\), of a Mobile"):
        encoder_tensors(file, Architecture(poolings=1, width=1.0))
    with pytest.raises(InputError, match="it cannot be read"):
        encoder_tensors(tmp_path / "none.h5", small)
    other = tmp_path / "other.h5"
    other.write_bytes(file.read_bytes()[:5000])
    with pytest.raises(InputError, match=r"it is no file of Keras' weights \(OSError\)"):
        encoder_tensors(other, small)
    with h5py.File(other, "w") as opened:
        opened["a"] = np.ones(3)
    with pytest.raises(InputError, match=r"it is no file of Keras' weights \(KeyError\)"):
        encoder_tensors(other, small)
    with h5py.File(other, "w") as opened:
        opened.attrs["layer_names"] = []
    with pytest.raises(InputError, match=r"for stem\.conv\.weight is missing"):
        encoder_tensors(other, small)
    other.write_bytes(file.read_bytes())
    with h5py.File(other, "r+") as opened:
        opened["Conv1"][opened["Conv1"].attrs["weight_names"][0]][0, 0, 0, 0] = np.nan
    with pytest.raises(InputError, match=r"for stem\.conv\.weight holds NaN"):
        encoder_tensors(other, small)


def test_without_h5py_its_extra_is_named(published, monkeypatch):
    monkeypatch.setattr(installation, "find_spec", lambda name: None if name == "h5py" else name)
    with pytest.raises(NotInstalledError, match=r'needs h5py.*pip install "lamella\[imagenet\]"'):
        encoder_tensors(published[0], Architecture(poolings=1))


def test_channels_follow_the_width_as_kerass_do():
    for width in (0.35, 1.3):
        theirs = MobileNetV2(input_shape=(32, 32, 3), alpha=width, include_top=False, weights=None)
        with torch.device("meta"):
            ours = Encoder(5, width)
        assert ours.channels == [theirs.get_layer(name).output.shape[-1] for name in SKIPS]
