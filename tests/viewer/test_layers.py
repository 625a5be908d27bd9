"""What is looked at becomes layers: of the movie, of the cell, lazily, following the desk."""

import numpy as np
import pytest
from scipy.ndimage import binary_erosion

from lamella.core.errors import InputError
from lamella.core.frames import MappedFrames
from lamella.core.table import Col
from lamella.io import open_labels
from lamella.napari import drawings
from lamella.napari.desk import desk_of, layers_of
from lamella.run.browse import Drawn, OpenedRun
from lamella.run.browse.compartments import IS_BODY, IS_LAMELLIPODIUM, measured_by
from lamella.run.browse.roles import COLOURS, TRACK

MOVIE = "KI__low__1"


@pytest.fixture
def desk(viewer, cells):
    found = desk_of(viewer)
    found.open_run(cells / "results")
    return found


def role(viewer, name):
    return layers_of(viewer).of_role(name)


def _role_of(layer):
    return layer.metadata["lamella"]["role"]


class TestDrawn:
    def test_lamellipodium_is_that_of_the_tables(self, finished_cells):
        movie = OpenedRun(finished_cells / "results").movie(MOVIE)
        drawn = Drawn(movie, "cell", movie.current("cell"))
        rows = movie.rows("frames", object_name="cell", cell=1).set_index(Col.FRAME)
        assert measured_by(movie, "cell").step.percentile == 50
        for t in (0, 7):
            parts = drawn.lamellipodium.frame(t)
            y, x = np.nonzero(parts == IS_LAMELLIPODIUM)
            # Ties with the threshold belong by a share there, and wholly or not here.
            assert y.mean() == pytest.approx(rows.at[t, Col.LAM_Y_PX], abs=0.5)
            assert x.mean() == pytest.approx(rows.at[t, Col.LAM_X_PX], abs=0.5)
            n_body = np.count_nonzero(parts == IS_BODY)
            assert n_body + len(y) == rows.at[t, Col.AREA_PX]

    def test_arrows_and_points_are_those_of_the_tables(self, finished_cells):
        movie = OpenedRun(finished_cells / "results").movie(MOVIE)
        drawn = Drawn(movie, "cell", movie.current("cell"))
        rows = movie.rows("frames", object_name="cell", cell=1).set_index(Col.FRAME)
        moved = drawn.movement(1)
        um = movie.movie.scale.um
        for start, step in zip(moved.start, moved.step, strict=True):
            row = rows.loc[int(start[0])]
            assert start[1:] == pytest.approx(row[[Col.Y_PX, Col.X_PX]].to_numpy(float))
            parts = row[[Col.WINDOW_MOVEMENT_DY_UM, Col.WINDOW_MOVEMENT_DX_UM]].to_numpy(float)
            assert step * um == pytest.approx(parts)
        assert len(moved.start) == rows[Col.WINDOW_MOVEMENT_ANGLE].notna().sum() > 0
        (polarity,) = drawn.polarity(1).values()
        assert len(polarity.start) == rows[Col.POLARITY_X_PX].notna().sum() > 0
        edge = drawn.edge(1)
        assert edge.unit == "µm/min"
        assert np.isfinite(edge.values).all()
        assert np.mean(np.abs(edge.values) > edge.most) == pytest.approx(0.02, abs=0.01)

    def test_a_cell_that_is_not_there_has_nothing(self, finished_cells):
        movie = OpenedRun(finished_cells / "results").movie(MOVIE)
        drawn = Drawn(movie, "cell", movie.current("cell"))
        assert not len(drawn.centres(99))
        assert drawn.movement(99) is None
        assert drawn.tips(99) is None
        assert drawn.edge(99) is None
        assert drawn.polarity(99) == {}


class TestLayers:
    def test_a_cell_has_all_its_layers_in_um(self, viewer, desk):
        desk.look_at(MOVIE, cell=1, frame=5)
        wanted = ["image", "cells", "track", "lamellipodium", "outline", "edge velocity",
                  "movement", "polarity", "centre"]  # fmt: skip
        assert [name for name in wanted if role(viewer, name) is None] == []
        um = desk.movie.movie.scale.um
        for layer in viewer.layers:
            assert tuple(layer.scale) == pytest.approx((1, um, um)), layer.name
            assert str(layer.units[-1]) in ("micrometer", "um"), layer.name
            assert layer.metadata["lamella"]["movie"] == MOVIE
        assert role(viewer, "cells").metadata["lamella"]["object"] == "cell"
        assert desk.frame == 5
        assert viewer.scale_bar.visible
        assert viewer.text_overlay.text == "5 min"
        assert viewer.dims.axis_labels == ("frame", "y", "x")
        assert viewer.layers.selection.active is role(viewer, "image")

    def test_only_the_frame_that_is_shown_is_computed(self, viewer, desk, monkeypatch):
        asked = []
        plain = MappedFrames.frame
        monkeypatch.setattr(
            MappedFrames, "frame", lambda frames, t: asked.append(t) or plain(frames, t)
        )
        desk.look_at(MOVIE, cell=1, frame=3)
        asked.clear()
        role(viewer, "lamellipodium").visible = True
        desk.frame = 9
        assert 9 in asked
        assert set(asked) <= {3, 9}

    def test_the_camera_goes_to_the_cell(self, viewer, colony):
        desk = desk_of(viewer)
        desk.open_run(colony / "results")
        desk.look_at("wt1")
        whole = viewer.camera.zoom
        cell = min(c for c, life in desk.tracked().tracks.first_last.items() if life[0] == 0)
        desk.look_at("wt1", cell=cell, frame=4)
        assert viewer.camera.zoom > 1.2 * whole
        place = desk.tracked().tracks.centroids(cell, n_frames=99)[4] * desk.movie.movie.scale.um
        assert viewer.camera.center[1:] == pytest.approx(tuple(place))

    def test_another_cell_keeps_the_images_and_what_was_switched(self, viewer, colony):
        desk = desk_of(viewer)
        desk.open_run(colony / "results")
        desk.look_at("wt1", cell=1)
        image, cells = role(viewer, "image"), role(viewer, "cells")
        role(viewer, "centre").visible = False
        viewer.layers.selection.active = cells
        desk.look_at("wt1", cell=2)
        assert role(viewer, "image") is image
        assert role(viewer, "cells") is cells
        assert not role(viewer, "centre").visible
        assert viewer.layers.selection.active is cells
        there = role(viewer, "centre").data
        assert there[:, 1:] == pytest.approx(
            desk.tracked().tracks.centroids(2, n_frames=99)[there[:, 0].astype(int)]
        )

    def test_the_track_of_one_cell_has_the_colour_of_films(self, viewer, desk, colony, monkeypatch):
        film = np.array([*COLOURS[TRACK], 255]) / 255
        desk.look_at(MOVIE, cell=1)
        assert np.allclose(role(viewer, "track").track_colors, film)
        desk.open_run(colony / "results")
        desk.look_at("wt1")
        assert len(np.unique(role(viewer, "track").track_colors.round(3), axis=0)) > 5
        monkeypatch.setattr(drawings, "MANY_TRACKS", 3)
        desk.look_at("wt1", cell=1)
        desk.look_at("ko1", cell=max(desk.tracked().tracks.parents))
        assert np.allclose(role(viewer, "track of the cell").track_colors, film)

    def test_lineage_is_in_the_tracks(self, viewer, colony):
        desk = desk_of(viewer)
        desk.open_run(colony / "results")
        desk.look_at("wt1")
        parents = desk.tracked().tracks.parents
        assert parents
        assert role(viewer, "track").graph == {c: list(p) for c, p in parents.items()}

    def test_among_many_tracks_only_that_of_the_cell_is_shown(
        self, viewer, desk, colony, monkeypatch
    ):
        desk.look_at(MOVIE, cell=1)
        assert role(viewer, "track").visible
        assert role(viewer, "track of the cell") is None
        monkeypatch.setattr(drawings, "MANY_TRACKS", 3)
        desk.open_run(colony / "results")
        desk.look_at("wt1")
        daughter, (mother,) = min(desk.tracked().tracks.parents.items())
        desk.look_at("wt1", cell=daughter)
        assert not role(viewer, "track").visible
        own = role(viewer, "track of the cell")
        assert own.visible
        assert set(own.data[:, 0]) == {mother, daughter}
        assert own.graph == {daughter: [mother]}
        role(viewer, "track").visible = True
        own.visible = False
        desk.look_at("ko1", cell=1)
        assert role(viewer, "track").visible
        assert not role(viewer, "track of the cell").visible
        monkeypatch.undo()
        role(viewer, "track").visible = False
        desk.look_at("wt1", cell=1)
        assert role(viewer, "track").visible  # as it was in movies of few tracks
        assert role(viewer, "track of the cell") is None

    def test_another_movie_has_other_layers_and_strangers_stay(self, viewer, desk, monkeypatch):
        desk.look_at(MOVIE, cell=1)
        mine = viewer.add_points([[0, 1, 1]], name="mine")
        shown = np.array(role(viewer, "image").data[0])
        desk.look_at("KI__high__1", cell=1)
        there = role(viewer, "image")
        assert there.name == "KI__high__1"
        assert np.array_equal(there.data[0], desk.movie.movie.channel().frame(0))
        assert not np.array_equal(there.data[0], shown)
        labels = role(viewer, "cells").data[3]
        assert np.array_equal(labels, desk.tracked().painted().frame(3))
        rings = role(viewer, "outline").data
        kept = role(viewer, "cells").data
        kept.settle()
        read, plain = [], MappedFrames.frame
        monkeypatch.setattr(
            MappedFrames, "frame", lambda frames, t: read.append((frames, t)) or plain(frames, t)
        )
        for stack in (rings, kept):
            assert stack[9].any()
        assert [t for frames, t in read if frames is kept.frames] == [9]  # once for both
        assert mine in viewer.layers
        ours = [layer for layer in viewer.layers if layer is not mine]
        assert {layer.metadata["lamella"]["movie"] for layer in ours} == {"KI__high__1"}

    def test_going_through_cells_fills_the_same_layers(self, viewer, desk):
        desk.look_at(MOVIE, cell=1)
        before = {_role_of(layer): layer for layer in viewer.layers}
        before["outline"].opacity = 0.3
        desk.look_at("KI__high__1", cell=1)
        after = {_role_of(layer): layer for layer in viewer.layers}
        kept = before.keys() & after.keys()
        assert {"image", "cells", "track", "outline", "centre"} <= kept
        assert all(after[name] is before[name] for name in kept)
        assert after["outline"].opacity == 0.3
        places = desk.tracked().tracks.links[[Col.FRAME, Col.Y_PX, Col.X_PX]].to_numpy(float)
        assert np.array_equal(after["centre"].data, places)
        assert np.array_equal(after["track"].data[:, 1:], places)
        assert viewer.layers.extent.units is not None

    def test_a_frame_without_the_cell_is_left_for_one_with_it(self, viewer, colony):
        desk = desk_of(viewer)
        desk.open_run(colony / "results")
        desk.look_at("wt1", frame=0)
        late = max(desk.tracked().tracks.first_last.items(), key=lambda each: each[1][0])
        cell, (first, _) = late
        assert first > 0
        desk.look_at("wt1", cell=cell)
        assert desk.frame == first

    def test_what_is_missing_is_told_and_nothing_breaks(self, viewer, desk, cells):
        (cells / desk.run.movie(MOVIE).sample.path).unlink()
        with pytest.raises(InputError, match="there is no such file"):
            desk.look_at(MOVIE, cell=1)
        assert (desk.movie.name, desk.cell) == (MOVIE, 1)
        assert not len(viewer.layers)
        desk.look_at("KI__high__1", cell=1)
        assert desk.trouble is None
        assert role(viewer, "image") is not None
        with pytest.raises(InputError, match="there is no such file"):
            desk.look_at(MOVIE, cell=1, frame=3)
        assert not len(viewer.layers)  # those of the movie before would be mistaken for it
        desk.open_run(cells / "results")
        assert desk.trouble is None

    def test_the_first_movie_begins_at_its_first_frame(self, viewer, desk):
        desk.look_at(MOVIE)
        assert desk.frame == 0  # napari begins in the middle
        desk.frame = 5
        desk.look_at("KI__high__1", cell=1)
        assert desk.frame == 5


class _Editing:
    """Cells moved by hand: what the desk is told while somebody corrects."""

    def __init__(self, tracked):
        self._tracked = tracked

    def tracked(self):
        return self._tracked


class TestCorrections:
    def moved(self, desk):
        from lamella.core.labels import Labels
        from lamella.io.track_ids import tracked_from_ids

        labels = open_labels(desk.movie.folder / "labels/cell.ome.tif").frames.asarray()
        return tracked_from_ids(Labels.from_array(np.roll(labels, 7, axis=1)))

    def test_layers_follow_what_is_being_corrected(self, viewer, desk):
        desk.look_at(MOVIE, cell=1, frame=2)
        cells_layer, before = role(viewer, "cells"), role(viewer, "centre").data.copy()
        data = cells_layer.data
        desk.editing = _Editing(self.moved(desk))
        desk.labels_changed.emit(0, 15)
        assert role(viewer, "cells") is cells_layer
        assert cells_layer.data is data  # who edits holds it
        assert role(viewer, "centre").data[:, 1] == pytest.approx(before[:, 1] + 7, abs=3)
        outline = np.asarray(role(viewer, "outline").data[2]) > 0
        cell = self.moved(desk).labels.frames.frame(2) == 1
        assert np.array_equal(outline, cell & ~binary_erosion(cell, iterations=2))
        desk.look_at(MOVIE, cell=1)
        assert role(viewer, "cells").data is data

    def test_after_editing_the_cells_are_read_again(self, viewer, desk):
        desk.look_at(MOVIE, cell=1)
        data = role(viewer, "cells").data
        desk.labels_changed.emit(0, 0)
        assert role(viewer, "cells").data is not data
