"""Other data for a layer that is there: quicker than another layer, and nothing is left behind."""

from __future__ import annotations

from napari.layers import Image, Labels, Layer, Points, Tracks, Vectors

from lamella.napari.lazy import LazyStack
from lamella.napari.pictures import LayerData

_PLACE = ("scale", "units", "name")
_LOOKS = {"image": ("contrast_limits",), "labels": ("colormap",)}
"""What belongs to the data; a person's colours of an image stay."""


def refill(layer: Layer, made: LayerData) -> bool:
    """Show something else in a layer; what a person has set of its looks stays.

    For every layer that is removed napari walks over all objects of the process, which takes half
    a second in a window with all widgets, and it may hold the layer all the same.

    Parameters
    ----------
    layer : Layer
    made : LayerData
        Of which data, place, name, limits of contrast and colours of labels are taken.

    Returns
    -------
    bool
        False where the layer is of another kind, or is written into by somebody: then nothing was
        changed, and another layer is needed.
    """
    data, keywords, kind = made
    if type(layer).__name__.lower() != kind:
        return False
    if isinstance(layer, (Image, Labels)):
        if not isinstance(layer.data, LazyStack):
            return False
        layer.data = data
    elif isinstance(layer, Points):
        layer.selected_data = set()
        layer.data = data
        layer.features = keywords.get("features", {})
        layer.size, layer.face_color = keywords["size"], keywords["face_color"]
        if "face_contrast_limits" in keywords:
            layer.face_contrast_limits = keywords["face_contrast_limits"]
    elif isinstance(layer, Vectors):
        layer.data = data
    elif isinstance(layer, Tracks):
        layer.colormaps_dict = keywords["colormaps_dict"]
        layer.data = data
        layer.features, layer.graph = keywords["features"], keywords["graph"]
        layer.display_graph = bool(keywords["graph"])  # an empty one napari does not draw anew
    else:
        return False
    for name in (*_LOOKS.get(kind, ()), *_PLACE):
        if name in keywords:
            setattr(layer, name, keywords[name])
    return True
