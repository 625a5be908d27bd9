"""How long a training goes on without becoming better: epochs, or for ever."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field


def _no_other(value: Any) -> Any:
    """0 would be taken for False, and True for 1."""
    if value is True or (value == 0 and value is not False):
        raise ValueError("it should be 1 or more, or false")
    return value


Patience = Annotated[Annotated[int, Field(ge=1)] | Literal[False], BeforeValidator(_no_other)]
"""Epochs without improvement after which a training ends; False: it never does."""
