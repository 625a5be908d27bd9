"""Figures in the colours of the viewer's theme, layers in the places of its movie."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari.layers import Image, Labels
from napari.utils.colormaps import DirectLabelColormap
from napari.utils.theme import get_theme

from lamella.run.browse.time_figure import DARK, LIGHT, Look

if TYPE_CHECKING:
    import napari.viewer


def look_of(theme: str) -> Look:
    """Colours that are read well on the background of a theme of napari."""
    parts: tuple[int, ...] = get_theme(theme).background.as_rgb_tuple(alpha=False)
    ground = "#" + "".join(f"{part:02x}" for part in parts)
    return (DARK if sum(parts) < 3 * 128 else LIGHT)._replace(ground=ground)


def laid_on_movie(viewer: napari.viewer.Viewer, *, ndim: int) -> dict[str, Any]:
    """Scale, place and unit of a layer with `ndim` axes that lies on the movie in the viewer."""
    for layer in viewer.layers:
        if isinstance(layer, Image) and layer.ndim >= ndim:
            found = {"scale": layer.scale[-ndim:], "translate": layer.translate[-ndim:]}
            units = getattr(layer, "units", None)  # from napari 0.6 on, and not in every layer
            return found | ({"units": units[-ndim:]} if units is not None else {})
    return {}


def show_seen_labels(
    viewer: napari.viewer.Viewer,
    labels: Any,
    name: str,
    colours: DirectLabelColormap,
    *,
    opacity: float,
) -> Labels:
    """Labels on the movie, to be looked at and not drawn into; what is selected stays so.

    The layer of this name is used again where there is one, with its looks: another one would cost
    more.

    Parameters
    ----------
    labels : (Y, X) or (T, Y, X) array
    """
    laid = laid_on_movie(viewer, ndim=labels.ndim)
    if name in viewer.layers and isinstance(layer := viewer.layers[name], Labels):
        layer.data = labels
        for place, value in laid.items():
            setattr(layer, place, value)
    else:
        selected = set(viewer.layers.selection)
        layer = viewer.add_labels(labels, name=name, colormap=colours, opacity=opacity, **laid)
        viewer.layers.selection = selected or {layer}
    layer.editable = False  # other data have made it editable
    return layer
