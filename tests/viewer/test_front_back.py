"""Front and back: what is drawn agrees with what was measured, by both definitions."""

import numpy as np
import pytest

from lamella.core.table import Col
from lamella.run.browse import OpenedRun
from lamella.run.browse.front_back import (
    BACK,
    BACK_LAMELLIPODIUM,
    FRONT,
    FRONT_LAMELLIPODIUM,
    front_back_frames,
    front_back_table,
)


@pytest.mark.parametrize("by", ["polarity", "movement"])
def test_the_image_agrees_with_the_table(finished_cells, by):
    opened = OpenedRun(finished_cells / "results").movie("WT__high__1")
    image = front_back_frames(opened, "cell", 1, by=by)
    table = front_back_table(opened, "cell", 1).set_index(Col.FRAME)
    um2 = opened.movie.scale.um**2
    compared = 0
    for t in table.index:
        front_um2 = table.loc[t, f"{by}_front_area_um2"]
        drawn = image.frame(int(t))
        in_front = np.isin(drawn, [FRONT, FRONT_LAMELLIPODIUM]).sum() * um2
        if np.isnan(front_um2):
            assert not drawn.any()
            continue
        compared += 1
        # Pixels that the line cuts count wholly in the image, by their parts in the table.
        assert in_front == pytest.approx(front_um2, rel=0.05)
        lam = (drawn == FRONT_LAMELLIPODIUM).sum() * um2
        assert lam == pytest.approx(table.loc[t, f"{by}_lam_front_area_um2"], rel=0.08)
        back = np.isin(drawn, [BACK, BACK_LAMELLIPODIUM]).sum() * um2
        assert back == pytest.approx(table.loc[t, f"{by}_back_area_um2"], rel=0.05)
    assert compared > 5


def test_the_window_shows_both(viewer, qtbot, look_at):
    from qtpy.QtCore import Qt

    from lamella.napari.front_back import FrontBack

    made = FrontBack(viewer)
    qtbot.addWidget(made)
    made.show()
    desk = look_at("WT__high__1", frame=8)
    qtbot.mouseClick(made.shown["polarity"], Qt.MouseButton.LeftButton)
    assert made.shown["polarity"].isChecked()
    layer = viewer.layers["front and back by polarity"]
    assert set(np.unique(layer.data[8])) == {0, 1, 2, 3, 4}
    assert not layer.editable
    row = front_back_table(desk.movie, "cell", 1).set_index(Col.FRAME).loc[8]
    shown = [made.table.item(2, k).text() for k in range(3)]
    wanted = [row[f"polarity_{n}"] for n in ("front_mean", "back_mean", "front_back_ratio")]
    assert [float(text.replace("\u202f", "")) for text in shown] == pytest.approx(wanted, rel=0.01)
    desk.look_at("KI__high__1", cell=1)
    assert viewer.layers["front and back by polarity"] is layer
    assert not layer.editable
    made.shown["polarity"].click()
    assert "front and back by polarity" not in viewer.layers
