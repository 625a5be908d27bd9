"""A mouse on napari's canvas and fingers on the keys, for tests that correct cells."""

import numpy as np
from scipy.ndimage import binary_erosion


def main_window(viewer):
    """Qt's window of a viewer: napari has no public way to it."""
    return viewer.window._qt_window


def canvas_of(viewer):
    """vispy's canvas of a viewer; its ``native`` is Qt's widget."""
    return viewer.window._qt_viewer.canvas


class Hand:
    """A mouse on the canvas and fingers on the keys."""

    def __init__(self, widget, viewer, qtbot):
        self.widget, self.viewer, self.qtbot = widget, viewer, qtbot
        self.canvas = canvas_of(viewer)

    @property
    def cells(self):
        return self.widget.session.cells

    def go(self, t):
        self.viewer.dims.set_current_step(0, t)
        self.qtbot.wait(10)

    def at(self, y, x):
        """Place on the canvas of a pixel of the frame that is shown."""
        from qtpy.QtCore import QPoint

        layer = self.widget._canvas.layer
        world = layer.data_to_world((self.viewer.dims.current_step[0], y, x))
        scene = self.canvas.view.camera.transform.map([world[2], world[1], 0, 1])
        place = scene[:2] / scene[3]
        return QPoint(round(place[0]), round(place[1]))

    def click(self, y, x):
        from qtpy.QtCore import Qt

        native = self.canvas.native
        self.qtbot.mouseMove(native, self.at(y, x))
        self.qtbot.mouseClick(native, Qt.MouseButton.LeftButton, pos=self.at(y, x))
        self.qtbot.wait(10)

    def drag(self, *points):
        from qtpy.QtCore import Qt

        native = self.canvas.native
        first, *others = [self.at(y, x) for y, x in points]
        self.qtbot.mouseMove(native, first)
        self.qtbot.mousePress(native, Qt.MouseButton.LeftButton, pos=first)
        for place in others:
            self.qtbot.mouseMove(native, place)
            self.qtbot.wait(5)
        self.qtbot.mouseRelease(native, Qt.MouseButton.LeftButton, pos=others[-1])
        self.qtbot.wait(20)

    def key(self, key, modifier=None):
        from qtpy.QtCore import Qt

        native = self.canvas.native
        native.setFocus()
        self.qtbot.keyClick(native, key, modifier or Qt.KeyboardModifier.NoModifier)
        self.qtbot.wait(10)

    def press(self, button):
        from qtpy.QtCore import Qt

        assert button.isVisible()  # pytest-qt clicks on what nobody sees, too
        assert button.isEnabled()
        self.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)

    def inside(self, cell, t):
        """A pixel well within a cell."""
        shape = self.cells.frame(t) == cell
        while binary_erosion(shape).any():
            shape = binary_erosion(shape)
        return tuple(np.argwhere(shape)[0].tolist())
