"""The device that a network runs on."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING, Literal

from lamella.core.errors import SettingsError

if TYPE_CHECKING:
    import torch

Device = Literal["auto", "cpu", "cuda", "mps"]


def pick(device: Device = "auto") -> torch.device:
    """The device of that name; ``auto`` takes an NVIDIA card, then Apple's GPU, then the processor.

    Raises
    ------
    SettingsError
        When PyTorch does not see the device that was asked for.
    """
    import torch

    seen = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if device == "auto":
        return torch.device(next(name for name, there in seen.items() if there))
    if not seen[device]:
        raise SettingsError(
            f"device = {device!r}",
            f"PyTorch {torch.__version__} finds no such device on this machine",
            'set device = "auto", or install the PyTorch that fits this machine\'s card',
        )
    return torch.device(device)


def described(device: torch.device) -> str:
    """The name of the card, as a benchmark or a report gives it."""
    if device.type == "cuda":
        import torch

        return torch.cuda.get_device_name(device)
    name = platform.processor() or platform.machine()
    return f"Apple GPU ({name})" if device.type == "mps" else f"CPU ({name})"


def out_of_memory(error: BaseException) -> bool:
    """Whether it says that memory was short, on a card or on the machine."""
    import torch

    text = str(error).lower()
    return (
        isinstance(error, torch.OutOfMemoryError | MemoryError)
        or "out of memory" in text  # Apple's GPU
        or "allocate memory" in text  # the processor
    )
