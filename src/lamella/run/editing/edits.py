"""Every way in which a person corrects cells, told apart by ``edit``."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, TypeAdapter

from lamella.run.editing.links import Cut, Divide, Relink, Undivide
from lamella.run.editing.paint import Fill, Paint
from lamella.run.editing.shapes import Delete, Interpolate, Merge
from lamella.run.editing.split import Split

AnyEdit = Annotated[
    Paint | Fill | Split | Merge | Delete | Interpolate | Relink | Cut | Divide | Undivide,
    Field(discriminator="edit"),
]
"""The journal, the log and the tests read this union."""

EDIT: TypeAdapter[AnyEdit] = TypeAdapter(AnyEdit)
"""Edits from JSON: ``EDIT.validate_python(line["edit"])``."""
