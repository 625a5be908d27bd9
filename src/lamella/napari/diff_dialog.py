"""Lines that would change in a file, shown before they do."""

from __future__ import annotations

import html
import re

from qtpy.QtGui import QFontDatabase
from qtpy.QtWidgets import QDialog, QDialogButtonBox, QLabel, QTextEdit, QVBoxLayout, QWidget

_PLACE = re.compile(r"@@ -(\d+).*")
_COLOURS = {"+": "#2ca25f", "-": "#d55e00"}


class DiffDialog(QDialog):
    """Shows a difference; is accepted where it shall be written.

    Parameters
    ----------
    diff : str
        As of `difflib.unified_diff`.
    """

    def __init__(self, diff: str, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Write to study.toml")
        self.setMinimumSize(620, 320)
        self.text = QTextEdit()
        self.text.setReadOnly(True)
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.text.setHtml(f"<pre>{'<br>'.join(map(_coloured, diff.splitlines()))}</pre>")
        choice = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.write = choice.addButton("Write", QDialogButtonBox.ButtonRole.AcceptRole)
        choice.accepted.connect(self.accept)
        choice.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.addWidget(
            QLabel("Lines with − go, lines with + come; all others stay, and so do their comments.")
        )
        column.addWidget(self.text)
        column.addWidget(choice)


def _coloured(line: str) -> str:
    if place := _PLACE.fullmatch(line):
        return f"<i>around line {place[1]}</i>"
    colour = _COLOURS.get(line[:1])
    text = html.escape(line)
    return f'<span style="color:{colour}">{text}</span>' if colour else text
