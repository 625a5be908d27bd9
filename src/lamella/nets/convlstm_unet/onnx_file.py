"""The network as a file of ONNX, which other programs run without PyTorch.

Of PyTorch's two exporters the one by tracing is taken. The newer one (2.13) fails on the gates of
the ConvLSTM, which it splits into as many parts as it does not know, where sides are free.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from lamella.core.errors import NotInstalledError

if TYPE_CHECKING:
    from lamella.nets.convlstm_unet.network import ConvLSTMUNet

OPSET = 17
"""Known to programs since 2022; everything in the network is older."""

_MOST = 1e-4
"""Difference to PyTorch that is rounding."""


def onnx_bytes(network: ConvLSTMUNet, about: Mapping[str, str]) -> bytes:
    """The network as ONNX, after it was seen to give what PyTorch gives.

    The input, ``windows``, is (B, N, Y, X) float32: grey values between 0 and 1 of N frames, of
    which the last is segmented. B is free; Y and X are free multiples of `Architecture.multiple`.
    The outputs are (B, 1, Y, X): ``cell``, the probability of cell, and ``distance`` where there is
    that head.

    Parameters
    ----------
    network : ConvLSTMUNet
        On the CPU, in eval mode.
    about : mapping of str to str
        Written into the file's metadata, beside the architecture.

    Raises
    ------
    NotInstalledError
        Without onnx and onnxruntime.
    ArithmeticError
        When onnxruntime computes anything else than PyTorch.
    """
    try:
        import onnx
        import onnxruntime
    except ImportError as error:
        raise NotInstalledError(
            f"ONNX ({error.name})", "it is not installed", 'pip install "lamella[export]"'
        ) from error
    import torch

    from lamella.nets.convlstm_unet.readable import INPUT, Readable

    readable = Readable(network).eval()
    told = network.architecture
    side = 2 * told.multiple
    random = torch.Generator().manual_seed(0)  # the caller's own numbers stay as they are
    traced = torch.rand(1, told.window, side, 2 * side, generator=random)
    free = {0: "batch", 2: "y", 3: "x"}
    with TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that the exporter is old, and that it traces
        file = Path(folder) / "network.onnx"
        torch.onnx.export(
            readable,
            (traced,),
            file,
            dynamo=False,
            opset_version=OPSET,
            input_names=[INPUT],
            output_names=list(readable.names),
            dynamic_axes=dict.fromkeys((INPUT, *readable.names), free),
        )
        model = onnx.load(file)
    onnx.helper.set_model_props(
        model, {**about, "architecture": json.dumps(told.model_dump(mode="json"), sort_keys=True)}
    )
    onnx.checker.check_model(model, full_check=True)
    made: bytes = model.SerializeToString()
    session = onnxruntime.InferenceSession(made, providers=["CPUExecutionProvider"])
    # Sizes other than the one that was traced tell whether they are free.
    windows = torch.rand(2, told.window, 3 * told.multiple, told.multiple, generator=random)
    with torch.no_grad():
        wanted = readable(windows)
    for name, one, other in zip(
        readable.names, wanted, session.run(None, {INPUT: windows.numpy()}), strict=True
    ):
        apart = float((one - torch.from_numpy(other)).abs().max())
        if not apart <= _MOST:
            raise ArithmeticError(f"{name} of ONNX and PyTorch are {apart:.2g} apart")
    return made
