"""What napari opens and saves through Lamella, and the sample data."""

from pathlib import Path

import numpy as np
import pytest

from lamella.core.movie import Scale
from lamella.io import open_labels, open_movie, write_labels, write_movie
from lamella.io.formats import recognise
from lamella.phantom import CellPhantom, ColonyPhantom

pytest.importorskip("napari")

COLONY = ColonyPhantom(field_px=(160, 160), n_frames=12, n_cells=3, n_divisions=1, seed=3,
                       area_um2=100, interval_min=5)  # fmt: skip


@pytest.fixture(scope="module")
def phantom():
    return COLONY.make()


@pytest.fixture(scope="module")
def files(tmp_path_factory, phantom):
    folder = tmp_path_factory.mktemp("files")
    write_movie(folder / "movie.ome.tif", phantom.movie.channels, scale=phantom.movie.scale)
    cells = phantom.true_tracks.relabel(phantom.truth.frames)
    write_labels(folder / "labels.ome.tif", cells, scale=phantom.movie.scale)
    (folder / "notes.xml").write_text("<notes/>")
    (folder / "plain").mkdir()
    (folder / "plain/readme.txt").write_text("nothing")
    (folder / "broken.tif").write_bytes(b"II*\0" + b"\1" * 40)
    return folder


def opened(path):
    from lamella.napari.readers import get_reader

    reader = get_reader(str(path))
    return None if reader is None else reader(str(path))


def test_the_manifest_is_valid_and_its_names_are_there(screen):
    from npe2 import PluginManifest

    import lamella.napari

    manifest = PluginManifest.from_file(Path(lamella.napari.__file__).parent / "napari.yaml")
    manifest.validate_imports()


class TestReaders:
    def test_a_movie_is_an_image_in_um(self, files):
        ((data, keywords, kind),) = opened(files / "movie.ome.tif")
        assert (kind, data.shape) == ("image", (12, 160, 160))
        assert keywords["scale"] == pytest.approx((1, 0.318, 0.318))
        assert keywords["units"][1:] == ("um", "um")

    def test_labels_are_labels(self, files):
        ((data, _, kind),) = opened(files / "labels.ome.tif")
        assert kind == "labels"
        assert np.array_equal(data[4], open_labels(files / "labels.ome.tif").frame(4))

    @pytest.mark.parametrize(
        "name", ["notes.xml", "plain", "broken.tif", "no.tif", "plain/readme.txt"]
    )
    def test_what_is_not_ours_is_declined(self, files, name):
        assert opened(files / name) is None

    def test_several_files_are_declined(self, files):
        from lamella.napari.readers import get_reader

        assert get_reader([str(files / "movie.ome.tif"), str(files / "labels.ome.tif")]) is None

    def test_a_run_opens_in_the_viewer(self, viewer, cells, monkeypatch):
        from lamella.napari.desk import desk_of, layers_of

        monkeypatch.setattr("napari.current_viewer", lambda: viewer)
        assert opened(cells / "results") == [(None,)]
        assert desk_of(viewer).movie.name == "KI__high__1"
        assert layers_of(viewer).of_role("cells") is not None

    def test_a_run_without_a_viewer_is_its_first_movie(self, cells, monkeypatch):
        monkeypatch.setattr("napari.current_viewer", lambda: None)
        assert [kind for _, _, kind in opened(cells / "results")] == ["image", "labels", "tracks"]


class TestRoundTrips:
    """What is read, saved and read again is the same."""

    def layers(self, files):
        from lamella.core.tracked import Tracked
        from lamella.napari.drawings import tracks_of

        (labels,) = opened(files / "labels.ome.tif")
        phantom = COLONY.make()
        tracked = Tracked(phantom.true_tracks, 12, scale=phantom.movie.scale)
        return {**labels[1], "name": "cells"}, labels[0], tracks_of(tracked, phantom.movie.scale)

    def test_images(self, files, tmp_path):
        from lamella.napari.writers import write_images

        layers = opened(files / "movie.ome.tif")
        assert write_images(str(tmp_path / "a.ome.tif"), layers) == [str(tmp_path / "a.ome.tif")]
        movie, before = open_movie(tmp_path / "a.ome.tif"), open_movie(files / "movie.ome.tif")
        assert np.array_equal(movie.channel().asarray(), before.channel().asarray())
        assert movie.scale.pixel_size_um == pytest.approx(0.318)
        assert movie.scale.interval_min == pytest.approx(5)

    def test_labels(self, files, tmp_path):
        from lamella.napari.writers import write_labels as write

        notes, data, _ = self.layers(files)
        write(str(tmp_path / "a.ome.tif"), data, notes)
        again = open_labels(tmp_path / "a.ome.tif").frames.asarray()
        assert np.array_equal(again, np.asarray(data))
        assert open_movie(tmp_path / "a.ome.tif").scale.pixel_size_um == pytest.approx(0.318)

    @pytest.mark.parametrize(("name", "form"), [("RES", "ctc"), ("a.xml", "trackmate")])
    def test_labels_with_tracks(self, files, tmp_path, name, form):
        from lamella.napari.writers import write_tracked

        notes, data, tracks = self.layers(files)
        path = tmp_path / name
        write_tracked(str(path), [(data, notes, "labels"), tracks])
        assert recognise(path).name == form
        kinds = {kind: (found, keywords) for found, keywords, kind in opened(path)}
        graph = kinds["tracks"][1]["graph"]
        assert len(graph) == len(tracks[1]["graph"]) == 2  # two daughters
        assert np.array_equal(np.asarray(kinds["labels"][0]) > 0, np.asarray(data) > 0)

    @pytest.mark.parametrize(("name", "form"), [("RES", "ctc"), ("a.xml", "trackmate")])
    def test_what_the_window_shows_is_saved_by_its_menu(
        self, viewer, look_at, tmp_path, name, form
    ):
        from lamella.napari.desk import layers_of

        look_at("KI__low__1")
        of_role = layers_of(viewer).of_role
        viewer.layers.selection = {of_role("cells"), of_role("track")}
        assert viewer.layers.save(str(tmp_path / name), selected=True)
        assert recognise(tmp_path / name).name == form
        viewer.layers.selection = {of_role("outline")}
        viewer.layers.save(str(tmp_path / "outline.ome.tif"), selected=True)
        assert open_movie(tmp_path / "outline.ome.tif").scale.interval_min == pytest.approx(1)

    @pytest.mark.parametrize("name", ["a.xml", "tracks.csv"])
    def test_tracks_alone(self, files, tmp_path, name):
        from lamella.napari.writers import write_tracks

        _, _, (data, keywords, _) = self.layers(files)
        write_tracks(str(tmp_path / name), data, keywords)
        ((again, told, _),) = [each for each in opened(tmp_path / name) if each[2] == "tracks"]
        assert len(again) == len(data)
        assert again[:, 1:] == pytest.approx(data[:, 1:], abs=1e-6)
        assert len(told["graph"]) == 2

    def test_what_cannot_be_written_is_said(self, tmp_path):
        from lamella.core.errors import InputError, SettingsError
        from lamella.napari.layer_frames import frames_of
        from lamella.napari.writers import scale_of, write_tracks

        with pytest.raises(SettingsError, match=r"end it in .xml"):
            write_tracks(str(tmp_path / "a.doc"), np.array([[1.0, 0, 2, 3]]), {"name": "t"})
        with pytest.raises(InputError, match="4 dimensions"):
            frames_of(np.zeros((2, 2, 2, 2)), "z")
        assert scale_of({"scale": (1, 2, 2), "units": ("pixel",) * 3}) == Scale()


def test_samples_bring_their_truth(viewer):
    from napari.layers import Layer

    from lamella.napari.samples import dividing_colony, polarised_cell

    for sample, kinds in (
        (polarised_cell, ["image", "labels", "tracks", "labels"]),
        (dividing_colony, ["image", "labels", "tracks"]),
    ):
        layers = sample()
        assert [kind for _, _, kind in layers] == kinds
        for layer in layers:
            viewer.add_layer(Layer.create(*layer))
    assert viewer.layers[-1].graph


def test_samples_are_those_of_the_phantoms():
    from lamella.napari.samples import polarised_cell

    data = polarised_cell()[0][0]
    made = CellPhantom(field_px=(256, 256), n_frames=40, seed=4).make()
    assert np.array_equal(data[3], made.movie.frame(3))
