"""Small whole files to begin with, written by Lamella's own writers and the tests' small worlds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import numpy as np

Folders = Iterator[Path]
Seeds = Callable[[Folders], Iterator[Path]]
"""Writes each case into the next of some empty folders; gives what the reader is given."""

_UM, _MIN = 0.5, 2.0


def _film(n_frames: int = 4, *, dtype: str = "u2", channels: int = 1, side: int = 12) -> np.ndarray:
    rng = np.random.default_rng(0)
    shape = (n_frames, channels, side, side + 4)[: 2 if channels == 1 else 4]
    shape = (n_frames, side, side + 4) if channels == 1 else shape
    return rng.integers(0, 200, shape).astype(dtype)


@cache
def tracked():
    """A cell that divides, in six small frames."""
    from lamella.core.labels import Labels
    from lamella.core.movie import Scale, regular_times
    from lamella.io.track_ids import tracked_from_ids
    from worlds import dividing_cell

    labels, parents = dividing_cell(6, 3, radius_px=5.0, field=(32, 32))
    return tracked_from_ids(
        Labels.from_array(labels),
        {child: (parent,) for child, parent in parents.items()},
        scale=Scale(_UM, regular_times(len(labels), _MIN)),
    )


def tiff(folders: Folders) -> Iterator[Path]:
    """Plain TIFF: strips and tiles, compressions, types, byte orders, BigTIFF."""
    import tifffile

    ways = [
        {}, {"compression": "zlib", "predictor": True}, {"compression": "lzw"},
        {"compression": "zstd"}, {"compression": "packbits"}, {"bigtiff": True},
        {"byteorder": ">"}, {"tile": (16, 16), "compression": "deflate"},
        {"rowsperstrip": 3}, {"compression": "jpeg", "photometric": "minisblack"},
        {"compression": "lzma"}, {"compression": "webp"},
    ]  # fmt: skip
    for k, way in enumerate(ways):
        dtype = "u1" if way.get("compression") in ("jpeg", "webp", "packbits") else "u2"
        path = next(folders) / "a.tif"
        image = _film(dtype=dtype)
        if way.get("compression") == "webp":
            continue
        tifffile.imwrite(path, image, **{"photometric": "minisblack", **way}, metadata=None)
        if k == 0:
            path = next(folders) / "a.tif"
            tifffile.imwrite(path, image.astype("f4"), photometric="minisblack", metadata=None)
            path = next(folders) / "a.tif"
            tifffile.imwrite(path, image > 90, photometric="minisblack", metadata=None)
            yield path
        yield path


def tiff_ome(folders: Folders) -> Iterator[Path]:
    """OME-TIFF as Lamella writes it: one and two channels, uneven times."""
    from lamella.core.frames import ArrayFrames
    from lamella.core.movie import Scale, regular_times
    from lamella.io.tiff import write_movie

    film = _film(channels=2)
    regular, uneven = regular_times(4, _MIN), np.array([0.0, 1.0, 3.0, 4.5])
    for times in (regular, uneven):
        path = next(folders) / "a.ome.tif"
        both = {name: ArrayFrames(film[:, c]) for c, name in enumerate(("GFP", "DNA"))}
        write_movie(path, both, scale=Scale(_UM, times), compress=times is regular)
        yield path


def labels(folders: Folders) -> Iterator[Path]:
    """Label movies: Lamella's own, signed ones and floating-point ones of others."""
    import tifffile

    from lamella.io.tiff import write_labels

    painted = tracked().painted()
    path = next(folders) / "a.ome.tif"
    write_labels(path, painted, scale=tracked().scale)
    yield path
    for dtype in ("i4", "f4", "u8"):
        path = next(folders) / "a.tif"
        tifffile.imwrite(path, painted.asarray()[:2].astype(dtype), photometric="minisblack")
        yield path


def tiff_imagej(folders: Folders) -> Iterator[Path]:
    """ImageJ hyperstacks, with and without the pages of every plane."""
    import tifffile

    about = {"unit": "um", "finterval": 120.0, "tunit": "s", "spacing": 1.0}
    for film, axes in ((_film(channels=2), "TCYX"), (_film(), "TYX")):
        path = next(folders) / "a.tif"
        labels = [f"c{i % 2}" for i in range(film.shape[0] * (film.ndim - 2))]
        metadata = {**about, "axes": axes, "Labels": labels}
        tifffile.imwrite(path, film, imagej=True, resolution=(2, 2), metadata=metadata)
        yield path


def tiff_micromanager(folders: Folders) -> Iterator[Path]:
    """Stacks with Micro-Manager's index map."""
    from roundtrip.fake_micromanager import write_mmstack

    film = _film(channels=2)
    summary = {"Frames": 4, "Channels": 2, "Slices": 1, "Positions": 1, "Interval_ms": 120000,
               "ChNames": ["GFP", "DNA"], "PixelSizeUm": 0.5, "Width": 16, "Height": 12,
               "MicroManagerVersion": "2.0", "AxisOrder": ["channel", "time"]}  # fmt: skip
    path = next(folders) / "a_MMStack_Pos0.ome.tif"
    elapsed = [120000.0 * t for t in range(4)]
    yield write_mmstack(path, film, summary=summary, elapsed_ms=elapsed, pixel_um=0.5)


def picture(folders: Folders) -> Iterator[Path]:
    """PNG and JPEG."""
    from PIL import Image

    for name, dtype in (("a.png", "u1"), ("a.png", "u2"), ("a.jpg", "u1")):
        path = next(folders) / name
        Image.fromarray(_film(1, dtype=dtype)[0]).save(path)
        yield path


def image_folder(folders: Folders) -> Iterator[Path]:
    """Folders of single frames."""
    import tifffile
    from PIL import Image

    for suffix in (".png", ".tif"):
        folder = next(folders) / "frames"
        folder.mkdir()
        for t, image in enumerate(_film(3, dtype="u1")):
            path = folder / f"t{t:03d}{suffix}"
            Image.fromarray(image).save(path) if suffix == ".png" else tifffile.imwrite(path, image)
        yield folder


def _exported(name: str, entry: str) -> Seeds:
    """Tracked cells as one of the formats of `lamella export`."""

    def seeds(folders: Folders) -> Iterator[Path]:
        from lamella.io.formats import format_called

        path = next(folders) / entry
        format_called(name, to_write=True).write(path, tracked())
        yield path

    return seeds


geff = _exported("geff", "g.geff")
trackmate = _exported("trackmate", "a.xml")
imagej_zip = _exported("imagej", "RoiSet.zip")
track_folder = _exported("lamella", "imported")
track_table = _exported("tracks", "tracks.csv")
napari_csv = _exported("napari", "napari.csv")


def ctc(folders: Folders) -> Iterator[Path]:
    """Folders of the Cell Tracking Challenge: results and truth."""
    from lamella.io.ctc import write_ctc

    for name, truth in (("01_RES", False), ("01_GT", True)):
        path = next(folders) / name
        write_ctc(path, tracked(), truth=truth)
        yield path


def imagej_roi(folders: Folders) -> Iterator[Path]:
    """Single ROIs of several kinds."""
    from roifile import ROI_TYPE, ImagejRoi

    square = np.array([[2, 2], [6, 2], [6, 6], [2, 6]])
    rois = [ImagejRoi.frompoints(square, name="0001-0005", position=1)]
    rois.append(ImagejRoi.frompoints(square.astype("f4") + 0.25, name="cell", t=2))
    for kind in (ROI_TYPE.OVAL, ROI_TYPE.RECT):
        roi = ImagejRoi(left=2, top=3, right=9, bottom=8, roitype=kind, name="k")
        rois.append(roi)
    for roi in rois:
        path = next(folders) / "a.roi"
        path.write_bytes(roi.tobytes())
        yield path


def _outlines():
    from worlds.quimp_files import traced

    labels = tracked().labels.frames
    return {t: traced(labels.frame(t) > 0) for t in range(4)}


def quimp_old(folders: Folders) -> Iterator[Path]:
    """``.paQP`` with its ``.snQP``."""
    from worlds.quimp_files import write_old

    yield write_old(next(folders), "cell", _outlines(), n_frames=4)


def quimp_new(folders: Folders) -> Iterator[Path]:
    """``.QCONF``."""
    from worlds.quimp_files import write_new

    yield write_new(next(folders), "cell", _outlines(), n_frames=4, frame_shape=(32, 32))


def tracker_csv(folders: Folders) -> Iterator[Path]:
    """Tables as other trackers write them."""
    texts = [
        "LABEL,ID,TRACK_ID,POSITION_X,POSITION_Y,FRAME\nLabel,ID,Track,X,Y,Frame\n"
        "Label,ID,Track,X,Y,Frame\n,,,(micron),(micron),\na,1,0,1.5,2.5,0\nb,2,0,2.0,2.5,1\n",
        "TrackID;t;x;y;parent\n1;0;1,5;2\n1;1;2,5;2;\n2;2;1,0;3,5;1\n".replace("5;2\n", "5;2;\n"),
        "particle\tframe\tx\ty\n0\t0\t1.0\t2.0\n0\t1\t1.5\t2.5\n1\t1\t9\t9\n",
    ]
    for text, name in zip(texts, ("spots.csv", "t.csv", "t.tsv"), strict=True):
        path = next(folders) / name
        path.write_text(text, encoding="utf-8")
        yield path


def tables(folders: Folders) -> Iterator[Path]:
    """Tables of cells in any spelling."""
    texts = {
        "cells.csv": "movie,cell,condition,area_um2,ok\na,1,WT,10.5,true\na,2,KO,nan,false\n",
        "semicolon.csv": "Cell;Area;Group\n1;10,5;A\n2;11,0;B\n",
        "titled.tsv": "made by X\n\nCell\tArea\n1\t10.5\n2\t\n",
    }
    for name, text in texts.items():
        path = next(folders) / name
        path.write_text(text, encoding="utf-8")
        yield path
    path = next(folders) / "utf16.csv"
    path.write_text(texts["semicolon.csv"], encoding="utf-16")
    yield path


def parquet(folders: Folders) -> Iterator[Path]:
    """A table as Lamella writes it."""
    import pandas as pd

    from lamella.io.tables import write_table

    path = next(folders) / "cells.parquet"
    write_table(path, pd.DataFrame({"movie": ["a", "b"], "cell": [1, 2], "area_um2": [1.5, None]}))
    yield path


def plate_map(folders: Folders) -> Iterator[Path]:
    """A list of wells and a picture of the plate."""
    for text in ("well,condition,replicate\nA1,WT,1\nB12,KO,2\n", ",1,2\nA,WT,KO\nB,WT,\n"):
        path = next(folders) / "plate.csv"
        path.write_text(text, encoding="utf-8")
        yield path


def samples(folders: Folders) -> Iterator[Path]:
    """samples.csv."""
    path = next(folders) / "samples.csv"
    path.write_text(
        "movie,path,condition,session,pixel_size_um,exclude,well\n"
        "a,raw/a.tif,WT,day1,0.5,,A1\nb,raw/b_{channel}.tif,KO,day2,unknown,blurred,\n",
        encoding="utf-8",
    )
    yield path


def study_toml(folders: Folders) -> Iterator[Path]:
    """study.toml."""
    path = next(folders) / "study.toml"
    path.write_text(
        'title = "A study"\n[scale]\npixel_size_um = 0.5\ninterval_min = "unknown"\n'
        '[channels]\nnames = ["GFP", "DNA"]\n[objects.cell.segment]\nmethod = "multiotsu"\n'
        'classes = 3\n[objects.cell.track]\nmethod = "lap"\n[measure]\nprotrusion = false\n'
        '[measure.background]\nmethod = "percentile"\npercentile = 5\n'
        '[statistics]\nreference = "WT"\nmeasures = ["area_um2"]\n',
        encoding="utf-8",
    )
    yield path


def seg_npy(folders: Folders) -> Iterator[Path]:
    """Cellpose's masks."""
    labels = tracked().labels.frames.frame(2).astype(np.uint16)
    content = {
        "masks": labels, "outlines": labels, "filename": "/data/a.tif", "diameter": 7.5,
        "img": np.asarray(labels * 3, np.uint8), "ismanual": np.array([True, False]),
        "flows": [[], np.array([None, [1]], object)], "manual_changes": [["22:10", [1, 2]]],
    }  # fmt: skip
    path = next(folders) / "a_seg.npy"
    np.save(path, content)
    yield path
    path = next(folders) / "a_seg.npy"
    np.save(path, {"masks": np.asfortranarray(labels), "img": None})
    yield path
