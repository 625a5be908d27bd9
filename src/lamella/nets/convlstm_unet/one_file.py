"""The source of the network as one file that needs nothing of Lamella.

Packages for other programs carry it beside the weights, so that these can be trained further.
"""

from __future__ import annotations

import ast
import inspect
import re
from types import ModuleType

ENTRY = "from_settings"
"""The function in the file that builds the network from the settings of its architecture."""

_HEAD = (
    '"""A recurrent network that segments cells in video; part of Lamella (BSD-3-Clause)."""\n\n'
)


def source_in_one_file() -> str:
    """The modules of the network behind one another, their imports of each other left out.

    What begins with an underscore belongs to its module: it gets the module's name in front, so
    that the constants of one do not become those of another.
    """
    from lamella.nets.convlstm_unet import architecture, mobilenet, network, readable

    modules = (architecture, mobilenet, network, readable)
    return _HEAD + "from __future__ import annotations\n" + "".join(map(_own, modules))


def _own(module: ModuleType) -> str:
    text = inspect.getsource(module)
    lines = text.splitlines(keepends=True)
    body = ast.parse(text).body
    for statement in reversed(body):
        imported = (statement.module or "") if isinstance(statement, ast.ImportFrom) else ""
        if imported == "__future__" or imported.startswith("lamella."):
            del lines[statement.lineno - 1 : statement.end_lineno]
    name = module.__name__.rpartition(".")[2]
    kept = "".join(lines)
    for private in _private(body):
        kept = re.sub(rf"(?<![\w.]){private}\b", f"_{name}{private}", kept)
    return f"\n\n{kept}"


def _private(body: list[ast.stmt]) -> list[str]:
    """Names with an underscore that the module defines."""
    found: list[str] = []
    for statement in body:
        if isinstance(statement, ast.FunctionDef | ast.ClassDef):
            found.append(statement.name)
        elif isinstance(statement, ast.Assign):
            found += [
                node.id
                for target in statement.targets
                for node in ast.walk(target)
                if isinstance(node, ast.Name)
            ]
    return [each for each in found if each.startswith("_")]
