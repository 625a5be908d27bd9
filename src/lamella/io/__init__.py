"""Files, a format each with its read and its write together; nothing else touches the disk."""

from lamella.io.atomic import remove_partial_files, whole_file
from lamella.io.documents import as_json, read_json, write_json, write_png
from lamella.io.opening import fingerprint, open_labels, open_movie, positions_of
from lamella.io.tables import read_table, write_table
from lamella.io.tiff import write_labels, write_movie

__all__ = [
    "as_json",
    "fingerprint",
    "open_labels",
    "open_movie",
    "positions_of",
    "read_json",
    "read_table",
    "remove_partial_files",
    "whole_file",
    "write_json",
    "write_labels",
    "write_movie",
    "write_png",
    "write_table",
]
