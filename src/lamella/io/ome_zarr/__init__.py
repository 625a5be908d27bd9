"""OME-Zarr (NGFF 0.4 in zarr 2, 0.5 in zarr 3): movies and labels, read and written.

Source: J. Moore et al., OME-Zarr: a cloud-optimized bioimaging file format with international
community support, Histochem. Cell Biol. 160, 223 (2023), doi:10.1007/s00418-023-02209-1;
https://ngff.openmicroscopy.org.
"""

from lamella.io.ome_zarr.groups import is_ome_zarr, is_zarr, labels_of, positions_of
from lamella.io.ome_zarr.image import VERSIONS
from lamella.io.ome_zarr.opened import files_of, open_ome_zarr
from lamella.io.ome_zarr.write import Version, add_labels, write_labels_zarr, write_ome_zarr

__all__ = [
    "VERSIONS",
    "Version",
    "add_labels",
    "files_of",
    "is_ome_zarr",
    "is_zarr",
    "labels_of",
    "open_ome_zarr",
    "positions_of",
    "write_labels_zarr",
    "write_ome_zarr",
]
