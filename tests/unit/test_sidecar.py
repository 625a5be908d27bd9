"""What lies beside a movie fills what its file leaves open; conflicts are told."""

import json

import numpy as np
import pytest
import tifffile

from lamella.core.frames import ArrayFrames
from lamella.core.movie import Scale
from lamella.io import fingerprint, open_movie
from lamella.io.ome_zarr import write_ome_zarr

FRAMES = np.arange(4 * 6 * 7, dtype=np.uint16).reshape(4, 6, 7)


def micromanager(file, *, pixel=0.32, interval_ms=90_000, elapsed=None, names=("phase",)):
    content = {"Summary": {"PixelSize_um": pixel, "Interval_ms": interval_ms,
                           "ChNames": list(names)}}  # fmt: skip
    for t, ms in enumerate(elapsed or ()):
        content[f"FrameKey-{t}-0-0"] = {
            "Frame": t, "ChannelIndex": 0, "SliceIndex": 0, "ElapsedTime-ms": ms,
        }  # fmt: skip
    file.write_text(json.dumps(content))


@pytest.fixture
def folder(tmp_path):
    for t, frame in enumerate(FRAMES):
        tifffile.imwrite(tmp_path / f"img_{t:09}_phase_000.tif", frame, photometric="minisblack")
    return tmp_path


def test_metadata_of_micromanager_in_a_folder_of_frames(folder):
    assert open_movie(folder).scale.pixel_size_um is None
    before = fingerprint(folder)
    micromanager(folder / "metadata.txt")
    movie = open_movie(folder)
    assert movie.scale.pixel_size_um == 0.32
    np.testing.assert_array_equal(movie.scale.time_min, [0, 1.5, 3, 4.5])
    assert movie.channel_names == ("phase",)
    assert movie.notes == ()
    assert fingerprint(folder) != before  # another sidecar is another movie

    micromanager(folder / "metadata.txt", elapsed=[500, 90_500, 180_500, 300_500])
    np.testing.assert_allclose(open_movie(folder).scale.time_min, [0, 1.5, 3, 5])


def test_settings_win_then_the_file_then_what_lies_beside(tmp_path):
    path = tmp_path / "cell.ome.tif"
    metadata = {"axes": "TYX", "PhysicalSizeX": 0.65, "PhysicalSizeY": 0.65,
                "TimeIncrement": 2.0, "TimeIncrementUnit": "min"}  # fmt: skip
    tifffile.imwrite(path, FRAMES, metadata=metadata, photometric="minisblack")
    micromanager(tmp_path / "cell_metadata.txt", pixel=0.652, interval_ms=121_000)
    assert open_movie(path).notes == ()  # less than 1 %
    micromanager(tmp_path / "cell_metadata.txt")
    movie = open_movie(path)
    assert movie.scale.pixel_size_um == 0.65
    assert movie.scale.interval_min == 2.0
    assert movie.notes == (
        "cell_metadata.txt says 0.32 µm/px, the file 0.65: file used",
        "cell_metadata.txt says 1.5 min between frames, the file 2: file used",
    )
    movie = open_movie(path, pixel_size_um=0.5, interval_min=1.5)
    assert movie.scale.pixel_size_um == 0.5
    assert movie.notes == (
        "file says 0.65 µm/px, settings say 0.5: settings used",
        "file says 2 min between frames, settings say 1.5: settings used",
        "cell_metadata.txt says 0.32 µm/px, the settings 0.5: settings used",
    )


def test_companion_of_ome_and_sidecar_of_bids(tmp_path):
    path = tmp_path / "cell.tif"
    tifffile.imwrite(path, FRAMES, photometric="minisblack", metadata={"axes": "TYX"})
    (tmp_path / "cell.json").write_text(
        json.dumps({"PixelSize": [650, 650], "PixelSizeUnits": "nm", "Manufacturer": "x"})
    )
    assert open_movie(path).scale.pixel_size_um == pytest.approx(0.65)
    (tmp_path / "cell.companion.ome").write_text(
        '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image><Pixels '
        'PhysicalSizeX="0.2" PhysicalSizeY="0.2" TimeIncrement="30" SizeC="1"><Channel Name="GFP"/>'
        "</Pixels></Image></OME>"
    )
    movie = open_movie(path)
    assert movie.scale.pixel_size_um == 0.2
    np.testing.assert_array_equal(movie.scale.time_min, [0, 0.5, 1, 1.5])
    assert movie.channel_names == ("GFP",)
    assert open_movie(path, channel_names=["actin"]).channel_names == ("actin",)


@pytest.mark.parametrize(
    "text",
    ["", "[1, 2]", '{"PixelSize": 3}', '{"PixelSize": [1, "x"], "PixelSizeUnits": "um"}',
     "[" * 10_000, '{"Summary": 7, "FrameKey-0-0-0": []}'],
)  # fmt: skip
@pytest.mark.parametrize("end", [".json", "_metadata.txt", ".companion.ome"])
def test_what_is_not_understood_says_nothing(text, end, tmp_path):
    path = tmp_path / "cell.tif"
    tifffile.imwrite(path, FRAMES, photometric="minisblack", metadata={"axes": "TYX"})
    (tmp_path / f"cell{end}").write_text(text)
    movie = open_movie(path)
    assert movie.scale.pixel_size_um is None
    assert movie.channel_names == ("ch0",)


def test_beside_a_store_as_beside_a_file(tmp_path):
    path = tmp_path / "cell.ome.zarr"
    write_ome_zarr(path, {"ch0": ArrayFrames(FRAMES)}, scale=Scale())
    before = fingerprint(path)
    (path / "metadata.txt").write_text('{"Summary": {"PixelSize_um": 9}}')  # nobody puts it there
    assert open_movie(path).scale.pixel_size_um is None
    sizes = {"PixelSize": [0.3, 0.3], "PixelSizeUnits": "um"}
    (tmp_path / "cell.json").write_text(json.dumps(sizes))
    assert open_movie(path).scale.pixel_size_um == 0.3
    assert fingerprint(path) != before
    assert "../cell.json" in fingerprint(path)
    pattern = tmp_path / "{channel}.ome.zarr"
    assert "cell.json" in fingerprint(pattern, ["cell"])


def test_a_companion_of_several_images_says_nothing(tmp_path):
    tifffile.imwrite(tmp_path / "cell.tif", FRAMES, photometric="minisblack", metadata=None)
    image = '<Image ID="{}"><Pixels PhysicalSizeX="{}" PhysicalSizeY="{}"/></Image>'
    images = [image.format(n, size, size) for n, size in enumerate((0.5, 0.7))]
    companion = tmp_path / "cell.companion.ome"
    companion.write_text(f"<OME>{images[0]}</OME>")
    assert open_movie(tmp_path / "cell.tif").scale.pixel_size_um == 0.5
    companion.write_text(f"<OME>{''.join(images)}</OME>")
    movie = open_movie(tmp_path / "cell.tif")
    assert movie.scale.pixel_size_um is None
    assert movie.notes == ("cell.companion.ome: it tells of several images: not used",)


@pytest.mark.parametrize("told", ["nan", "-1", "x", "9" * 5000, ""])
def test_times_of_no_frame_are_passed_over(tmp_path, told):
    tifffile.imwrite(tmp_path / "cell.tif", FRAMES, photometric="minisblack", metadata=None)
    planes = "".join(f'<Plane TheT="{t}" DeltaT="{60 * int(t)}"/>' for t in "0123")
    odd = f'<Plane TheT="{told}" DeltaT="7"/>'
    xml = f'<OME><Image ID="a"><Pixels>{planes}{odd}</Pixels></Image></OME>'
    (tmp_path / "cell.companion.ome").write_text(xml)
    np.testing.assert_array_equal(open_movie(tmp_path / "cell.tif").scale.time_min, [0, 1, 2, 3])


def test_numbers_that_are_too_long_say_nothing(tmp_path):
    tifffile.imwrite(tmp_path / "cell.tif", FRAMES, photometric="minisblack", metadata=None)
    sizes = f'{{"PixelSize": [1{"0" * 4000}, 1], "PixelSizeUnits": "um"}}'
    (tmp_path / "cell.json").write_text(sizes)
    assert open_movie(tmp_path / "cell.tif").scale.pixel_size_um is None
