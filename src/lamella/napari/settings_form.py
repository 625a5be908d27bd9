"""A table of study.toml as a form: a row for every setting, its meaning in the tooltip."""

from __future__ import annotations

import html
import tomllib
from collections.abc import Callable, Collection
from typing import Any

from qtpy.QtCore import QEvent, QObject, Qt, Signal
from qtpy.QtWidgets import (
    QAbstractSpinBox,
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from lamella.run.settings_draft import SettingsDraft
from lamella.run.settings_fields import SettingField, SettingTable, fields_of, summary_of
from lamella.run.settings_text import as_toml

OFF = "off"
_MOST = 10**6
_WRONG = "border: 2px solid #d55e00;"


class SettingsForm(QWidget):
    """One table of the draft; a change goes into the draft at once.

    Parameters
    ----------
    draft : SettingsDraft
    table : SettingTable
    """

    changed = Signal()
    """The draft holds something else now."""

    def __init__(self, draft: SettingsDraft, table: SettingTable) -> None:
        super().__init__()
        self._draft, self.table = draft, table
        self.fields: dict[str, QWidget] = {}
        """The widget of every setting that is shown, by its name."""
        self._labels: dict[str, QLabel] = {}
        self.method = QComboBox()
        self.method.setToolTip("How this step is done")
        methods = [name or "on" for name in table.methods]
        self.method.addItems([*([OFF] if table.can_be_off else []), *methods])
        self.method.currentTextChanged.connect(self._choose)
        self._summary = QLabel()
        self._summary.setWordWrap(True)
        self._rows = QFormLayout()
        self._rows.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        self._rows.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        column = QVBoxLayout(self)
        column.addWidget(self._summary)
        column.addWidget(self.method)
        column.addLayout(self._rows)
        column.addStretch()
        self.method.setVisible(self.method.count() > 1)
        self.show_draft()

    def show_draft(self) -> None:
        """Show what the draft holds."""
        self.method.blockSignals(True)
        self.method.setCurrentText(self._chosen())
        self.method.blockSignals(False)
        for gone in self.fields.values():
            gone.blockSignals(True)  # a line that loses the focus would tell its value once more
        while self._rows.rowCount():
            self._rows.removeRow(0)
        self.fields, self._labels = {}, {}
        model = self.table.methods.get(self._method())
        self._summary.setText(summary_of(model) if model else "This is left out.")
        held = self._draft.table(self.table.place)
        for field in fields_of(model) if model else []:
            label = QLabel(_in_words(field.name))
            widget = self._widget(field, held.get(field.name, field.default))
            for each in (label, widget):
                each.setToolTip(_tooltip(field))
            if isinstance(widget, QAbstractSpinBox | QComboBox):
                widget.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
                widget.installEventFilter(self)
            self.fields[field.name], self._labels[field.name] = widget, label
            self._rows.addRow(label, widget)

    def mark(self, wrong: Collection[str]) -> None:
        """Mark the settings that are not accepted, and no others."""
        for name, widget in self.fields.items():
            widget.setStyleSheet(_WRONG if name in wrong else "")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The wheel scrolls the form; it changes no setting that was not clicked before."""
        focused = isinstance(watched, QWidget) and watched.hasFocus()
        if event.type() == QEvent.Type.Wheel and not focused:
            event.ignore()
            return True
        return super().eventFilter(watched, event)

    def _chosen(self) -> str:
        """What the choice of the method shows."""
        values, place = self._draft, self.table.place
        if values.is_off(place):
            return OFF
        if "" in self.table.methods:
            return "on"
        default = OFF if self.table.can_be_off else _usual(self.table)
        return str(values.table(place).get("method", default))

    def _method(self) -> str:
        shown = self.method.currentText()
        return "" if shown == "on" else shown

    def _choose(self, shown: str) -> None:
        place = self.table.place
        if shown == OFF:
            self._draft.switch_off(place)
        elif shown == "on":
            self._draft.switch_on(place)
        else:
            self._draft.set_method(place, shown)
        self.show_draft()
        self.changed.emit()

    def _set(self, field: SettingField, value: Any) -> None:
        place, method = self.table.place, self._method()
        if method and "method" not in self._draft.table(place):
            self._draft.set_method(place, method)  # a table has to name whose settings it holds
        self._draft.set_value(place, field.name, value, default=field.default)
        self.changed.emit()

    def _widget(self, field: SettingField, value: Any) -> QWidget:
        def told(new: Any) -> None:
            self._set(field, new)

        if field.kind == "yes or no":
            box = QCheckBox()
            box.setChecked(bool(value))
            box.toggled.connect(told)
            return box
        if field.kind == "choice" and field.default is not None:
            choice = QComboBox()
            choice.addItems(field.choices)
            choice.setCurrentText(str(value))
            choice.currentTextChanged.connect(told)
            return choice
        number = field.kind in ("number", "whole number")
        if number and field.default is not None and isinstance(value, int | float):
            return _spin(field, value, told)
        line = QLineEdit("" if value is None else _as_text(field, value))
        line.setPlaceholderText("must be given" if field.required else "not set")
        line.editingFinished.connect(lambda: told(_parsed(field, line.text())))
        return line


def _spin(field: SettingField, value: float, told: Callable[[Any], None]) -> QWidget:
    low = -_MOST if field.low is None else field.low
    high = _MOST if field.high is None else field.high
    if field.kind == "whole number":
        whole = QSpinBox()
        whole.setRange(int(low), int(high))
        whole.setValue(int(value))
        whole.valueChanged.connect(told)
        return whole
    spin = QDoubleSpinBox()
    spin.setDecimals(3 if high <= 10 or value < 10 else 1)
    spin.setRange(low, high)
    spin.setSingleStep(0.05 if high <= 1 else 0.1 if high <= 10 else 1)
    spin.setValue(float(value))
    spin.valueChanged.connect(lambda new: told(round(new, spin.decimals())))
    return spin


def _as_text(field: SettingField, value: Any) -> str:
    return str(value) if field.kind == "words" else as_toml(value)


def _parsed(field: SettingField, text: str) -> Any:
    """A value as written; words that are no TOML stay words, and the settings refuse them."""
    text = text.strip()
    if not text:
        return None
    if field.kind in ("words", "choice"):
        return text
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


_AREAS = {
    "smallest_px": "smallest area (px²)",
    "smallest_after_px": "smallest area after smoothing (px²)",
}


def _in_words(name: str) -> str:
    """Such as ``band (µm)`` for ``band_um``."""
    if name in _AREAS:
        return _AREAS[name]
    bare, _, last = name.rpartition("_")
    unit = {"um": "µm", "px": "px", "min": "min", "deg": "°"}.get(last if bare else "")
    return f"{bare.replace('_', ' ')} ({unit})" if unit else name.replace("_", " ")


def _tooltip(field: SettingField) -> str:
    low = "" if field.low is None else f"from {field.low:g} "
    high = "" if field.high is None else f"to {field.high:g}"
    limits = f" {low}{high}".rstrip()
    usual = "must be given" if field.required else (
        "not set by default" if field.default is None else f"default {as_toml(field.default)}"
    )  # fmt: skip
    told = f"<b>{field.name}</b>{limits}; {html.escape(usual)}"
    return f"<p>{told}</p><p>{html.escape(field.meaning)}</p>"


def _usual(table: SettingTable) -> str:
    """The method that is used where study.toml names none."""
    from lamella.run.settings import ObjectSettings

    return str(getattr(ObjectSettings(), table.place[-1]).method)
