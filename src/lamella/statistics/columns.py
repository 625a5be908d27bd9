"""Columns of the statistics tables that count what was left out."""

from lamella.core.table import Column

N_CELLS_MISSING = Column(
    "n_cells_missing", "", "Cells of the condition without a value of the measure."
)
N_CELLS_MISSING_REFERENCE = Column(
    "n_cells_missing_reference", "", "Cells of the reference without a value of the measure."
)
N_CELLS_LEFT_OUT = Column(
    "n_cells_left_out", "", "Rows of the table left out, without a condition or a unit."
)
