"""The state of a recurrent network's training on disk, so that it goes on where it was stopped."""

from __future__ import annotations

import json
from pathlib import Path

from lamella.io.atomic import whole_file
from lamella.train.recurrent import Checkpoint

_NOTE = "lamella_training"


def write_checkpoint(file: Path, checkpoint: Checkpoint, *, of: str = "") -> None:
    """Write a state, whole or not at all, where another may lie.

    Parameters
    ----------
    of : str
        What tells the training from others.
    """
    from safetensors.torch import save

    note = json.dumps({"of": of, "state": checkpoint.state})
    named = {name: tensor.contiguous() for name, tensor in checkpoint.tensors.items()}
    with whole_file(file) as part:
        part.write_bytes(save(named, metadata={_NOTE: note}))


def read_checkpoint(file: Path, *, of: str = "") -> Checkpoint | None:
    """Where a training was stopped; None where it never began, or was another, or is damaged."""
    from safetensors import SafetensorError, safe_open

    if not file.is_file():
        return None
    try:
        with safe_open(file, framework="pt") as opened:
            note = json.loads((opened.metadata() or {})[_NOTE])
            if note["of"] != of:
                return None
            tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118
            return Checkpoint(tensors, note["state"])
    except (SafetensorError, OSError, LookupError, TypeError, ValueError):
        return None
