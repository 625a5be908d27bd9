"""Files that hold several movies: positions, slices and channels, in studies and by options."""

import numpy as np
import pandas as pd
import pytest
import tifffile
from pylibCZIrw import czi

from faults.studies import SETTINGS as BARE_SETTINGS
from faults.studies import lamella, measured, pixels
from lamella.core.errors import InputError, SettingsError
from lamella.core.take import Take, z_from
from lamella.io import open_labels, open_movie, positions_of
from lamella.io.bioio import Kind, open_bioio, positions_in_bioio
from lamella.io.wanted import Wanted
from lamella.run.init import find_movies, write_study
from lamella.run.study import open_study
from roundtrip.fake_micromanager import summary_of, write_mmstack

BRIGHT = (1, 2, 0)  # slice in which the cell of a position is sharp
# What costs time and looks at the same pixels again is off.
SETTINGS = f"outlines = false\n{BARE_SETTINGS}[measure]\nprotrusion = false\nedge = false\n"
SCALE = "[scale]\npixel_size_um = 0.5\ninterval_min = 1.0\n"


def stack(seed, n_slices=3, sharp=1):
    """(T, Z, Y, X): a cell in one slice, and only haze in the others."""
    frames = pixels(seed)
    haze = np.full_like(frames, int(np.median(frames)))
    return np.stack([frames if z == sharp else haze for z in range(n_slices)], 1)


@pytest.fixture(scope="module")
def zeiss(tmp_path_factory):
    """Three scenes with three slices and two channels."""
    path = tmp_path_factory.mktemp("zeiss") / "plate.czi"
    with czi.create_czi(str(path)) as file:
        for scene, sharp in enumerate(BRIGHT):
            for t, slices in enumerate(stack(scene + 1, sharp=sharp)):
                for z, plane in enumerate(slices):
                    for c, light in enumerate((plane, plane[::-1])):
                        file.write(
                            np.ascontiguousarray(light)[..., None],
                            plane={"T": t, "C": c, "Z": z}, scene=scene, location=(200 * scene, 0),
                        )  # fmt: skip
        file.write_metadata("plate", channel_names={0: "DNA", 1: "actin"}, scale_x=5e-7,
                            scale_y=5e-7)  # fmt: skip
    return path


def test_scenes_and_slices_of_a_czi(zeiss):
    assert positions_of(zeiss) == ("0", "1", "2")
    movie = open_movie(zeiss, take=Take("1", "max"))
    assert movie.scale.pixel_size_um == 0.5
    np.testing.assert_array_equal(movie.channel("DNA").asarray(), stack(2, sharp=2).max(1))
    one = open_movie(zeiss, take=Take("2", 0, "actin"))
    assert one.channel_names == ("actin",)
    np.testing.assert_array_equal(one.frame(3), pixels(3)[3, ::-1])
    mean = open_movie(zeiss, take=Take("0", "mean")).channel("DNA")
    assert mean.dtype == np.float32
    np.testing.assert_allclose(mean.frame(1), stack(1)[1].mean(0), rtol=1e-7)
    with pytest.raises(InputError, match=r"it has 3 slices in z.*choose z = \"max\""):
        open_movie(zeiss, take=Take("1"))
    with pytest.raises(InputError, match="it has 3 slices in z, and z = 3 is none of them"):
        open_movie(zeiss, take=Take("1", 3))
    with pytest.raises(InputError, match="no channel named 'GFP'; its channels are DNA, actin"):
        open_movie(zeiss, take=Take("1", 0, "GFP"))


def test_readers_of_bioio_give_the_same(zeiss, tmp_path):
    """ND2 and LIF cannot be written here: their way is walked with bioio's reader of CZI.

    That reader finds scenes in metadata that our writer of CZI does not write: one scene it is.
    """
    path = tmp_path / "one.czi"
    frames = stack(7)
    with czi.create_czi(str(path)) as file:
        for t, slices in enumerate(frames):
            for z, plane in enumerate(slices):
                file.write(plane[..., None], plane={"T": t, "C": 0, "Z": z})
        file.write_metadata("one", channel_names={0: "GFP"}, scale_x=5e-7, scale_y=5e-7)
    for by_plane in (True, False):
        kind = Kind("CZI", ".czi", "bioio_czi", "czi", by_plane=by_plane)
        assert len(positions_in_bioio(path, kind)) == 1
        movie = open_bioio(path, Wanted(take=Take(z="max")), kind=kind)
        assert movie.channel_names == ("GFP",)
        assert movie.scale.pixel_size_um == pytest.approx(0.5)
        np.testing.assert_array_equal(movie.channel().asarray(), frames.max(1))
    (tmp_path / "text.nd2").write_text("no microscope wrote this")
    with pytest.raises(InputError, match="it cannot be read as ND2"):
        open_movie(tmp_path / "text.nd2")
    (tmp_path / "text.lif").write_text("no microscope wrote this")
    with pytest.raises(InputError, match="it is not a LIF file, but looks like text"):
        open_movie(tmp_path / "text.lif")


def test_a_directory_that_declares_too_much_is_refused_at_once(zeiss, tmp_path):
    """Such numbers keep the library busy for hours, or make it ask for all memory."""
    data = bytearray(zeiss.read_bytes())
    start = data.index(b"ZISRAWDIRECTORY")
    place = data.index(b"C\0\0\0", start)  # the dimension C of the first entry: start and size
    for bad in (2**30, 2**24):
        data[place + 4 : place + 8] = bad.to_bytes(4, "little")
        (tmp_path / "bad.czi").write_bytes(data)
        with pytest.raises(InputError, match=r"it declares 6 frames, \d{8,} channels"):
            open_movie(tmp_path / "bad.czi", take=Take("0", 0))


def test_images_of_an_ome_tiff_are_positions(tmp_path):
    path = tmp_path / "two.ome.tif"
    with tifffile.TiffWriter(path, ome=True) as tif:
        for name, size, seed in (("A1", 0.5, 1), ("A2", 0.25, 2)):
            tif.write(
                stack(seed), photometric="minisblack",
                metadata={"axes": "TZYX", "Name": name, "PhysicalSizeX": size,
                          "PhysicalSizeXUnit": "µm", "PhysicalSizeY": size},
            )  # fmt: skip
        tif.write(pixels(3)[0, :8, :8], photometric="minisblack", metadata={"Name": "thumbnail"})
    assert positions_of(path) == ("A1", "A2")
    with pytest.raises(InputError, match=r"it has 2 positions \(A1, A2\)"):
        open_movie(path, take=Take(z="max"))
    movie = open_movie(path, take=Take("A2", "max"))
    assert movie.scale.pixel_size_um == 0.25
    assert any("1 more image series ignored" in note for note in movie.notes)
    np.testing.assert_array_equal(movie.channel().asarray(), stack(2).max(1))


def test_a_micromanager_stack_is_the_position_that_it_holds(tmp_path):
    summary = summary_of(3, 1, Positions=2, StagePositions=[{"Label": "A1"}, {"Label": "B1"}])
    array = np.arange(3 * 4 * 5, dtype=np.uint16).reshape(3, 1, 4, 5)
    paths = [tmp_path / f"movie_MMStack_Pos{n}.ome.tif" for n in range(2)]
    for n, path in enumerate(paths):
        write_mmstack(path, array + 100 * n, summary=summary, position=n)
    assert [positions_of(path) for path in paths] == [("A1",), ("B1",)]
    for position in (None, "B1", "a label"):
        movie = open_movie(paths[1], take=Take(position))
        np.testing.assert_array_equal(movie.channel().asarray(), array[:, 0] + 100)
    paths[0].unlink()  # the files of a set are not always together
    assert positions_of(paths[1]) == ("B1",)
    np.testing.assert_array_equal(open_movie(paths[1]).frame(2), array[2, 0] + 100)


def test_a_file_of_an_ome_set_is_the_position_that_lies_in_it(tmp_path):
    """Every file of such a set describes all of them; what was given is what is read."""
    names = [tmp_path / f"set_{p}.ome.tif" for p in "ab"]
    images = "".join(
        f'<Image ID="Image:{n}" Name="{file.stem}"><Pixels ID="Pixels:{n}" DimensionOrder="XYZCT" '
        f'Type="uint16" SizeX="64" SizeY="64" SizeZ="1" SizeC="1" SizeT="6">'
        f'<Channel ID="Channel:{n}" SamplesPerPixel="1"/><TiffData IFD="0" PlaneCount="6">'
        f'<UUID FileName="{file.name}">urn:uuid:{n}</UUID></TiffData></Pixels></Image>'
        for n, file in enumerate(names)
    )
    for n, file in enumerate(names):
        xml = (
            '<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" '
            f'UUID="urn:uuid:{n}">{images}</OME>'
        )
        tifffile.imwrite(file, pixels(n + 1), description=xml, photometric="minisblack",
                         metadata=None)  # fmt: skip
    for n, file in enumerate(names):
        np.testing.assert_array_equal(open_movie(file).channel().asarray(), pixels(n + 1))


def test_slices_of_a_folder_of_stacks(tmp_path):
    for t, slices in enumerate(stack(1)):
        tifffile.imwrite(tmp_path / f"t{t}.tif", slices, imagej=True, metadata={"axes": "ZYX"})
    np.testing.assert_array_equal(open_movie(tmp_path, take=Take(z=1)).frame(4), pixels(1)[4])
    with pytest.raises(InputError, match="it is a z-stack"):
        open_movie(tmp_path)


@pytest.mark.parametrize("text", ["", "-1", "1.5", "all", "٣", "9999999"])
def test_what_names_no_slices_is_refused(text):
    with pytest.raises(SettingsError, match="this names no slices"):
        z_from(text, where="--z")


def test_a_multi_position_file_is_many_movies(zeiss, tmp_path):
    """From init over check to tables; each movie is what it is as a file of its own."""
    raw = tmp_path / "raw"
    raw.mkdir()
    (raw / "WT_plate.czi").write_bytes(zeiss.read_bytes())
    found = find_movies(raw, "{condition}_{cell}.czi")
    assert list(found.samples["movie"]) == [f"WT_plate__{n}" for n in range(3)]
    assert list(found.samples["position"]) == ["0", "1", "2"]
    write_study(raw, found, tmp_path, method="multiotsu")
    rows = pd.read_csv(tmp_path / "samples.csv", dtype=str, keep_default_na=False)
    rows["channel"] = "DNA"
    rows["z"] = ["max", "2", ""]
    rows.to_csv(tmp_path / "samples.csv", index=False)
    (tmp_path / "study.toml").write_text(SETTINGS)
    said = lamella("check", tmp_path)
    assert said.code == 1
    assert "it has 3 slices in z" in said.err
    assert "; besides, it does not state interval_min; set interval_min under [scale]" in said.err
    (tmp_path / "study.toml").write_text(SETTINGS + SCALE)
    said = lamella("check", tmp_path)
    assert "it has 3 slices in z" in said.err
    assert "besides" not in said.err

    (tmp_path / "study.toml").write_text(SETTINGS + SCALE + 'z = "max"\n')
    assert lamella("check", tmp_path).code == 0
    said = lamella("run", tmp_path)
    assert said.code == 0, said.err
    assert measured(tmp_path) == {f"WT_plate__{n}" for n in range(3)}
    cells = pd.read_csv(tmp_path / "results/tables/cells.csv").set_index("movie")
    assert list(cells["position"]) == [0, 1, 2]
    # Which part of the file a movie is, is told with the results.
    told = pd.read_csv(tmp_path / "results/tables/samples.csv", dtype=str)
    assert list(told["z"]) == ["max", "2", "max"]
    assert list(told["channel"]) == ["DNA"] * 3
    report = (tmp_path / "results/report.html").read_text()
    assert "raw/WT_plate.czi, position 1, z 2, channel DNA" in report

    alone = tmp_path / "alone"
    (alone / "raw").mkdir(parents=True)
    tifffile.imwrite(alone / "raw/b.tif", pixels(2), photometric="minisblack")
    (alone / "samples.csv").write_text("movie,path,condition\nWT_plate__1,raw/b.tif,WT\n")
    (alone / "study.toml").write_text(SETTINGS + SCALE)
    assert lamella("run", alone).code == 0
    other = pd.read_csv(alone / "results/tables/cells.csv").set_index("movie")
    both = [c for c in other.columns if c in cells.columns and other[c].dtype.kind == "f"]
    pd.testing.assert_series_equal(
        cells.loc["WT_plate__1", both], other.loc["WT_plate__1", both], check_dtype=False, rtol=0
    )

    # What is chosen decides the result: another slice is another movie, the others stay.
    rows.loc[1, "z"] = "max"
    rows.to_csv(tmp_path / "samples.csv", index=False)
    said = lamella("run", tmp_path)
    assert said.code == 0, said.err
    status = pd.read_csv(tmp_path / "results/status.csv")
    again = set(
        status.loc[(status["state"] == "done") & status["stage"].str.startswith("segment"), "movie"]
    )
    assert again == {"WT_plate__1"}


def test_rows_that_would_be_the_same_movie_twice_are_refused(tmp_path):
    """A file with one position, named by two rows: n would double, and nobody would see it."""
    tifffile.imwrite(tmp_path / "a.tif", pixels(1), photometric="minisblack")
    (tmp_path / "study.toml").write_text(SETTINGS + SCALE)
    rows = "path,condition,position\na.tif,WT,1\na.tif,WT,2\n"
    (tmp_path / "samples.csv").write_text(rows)
    said = lamella("check", tmp_path)
    assert said.code == 1
    assert (said.out + said.err).count("it has one: they would be the") == 2
    rows = "path,condition,position,exclude\na.tif,WT,1,\na.tif,WT,2,the same once more\n"
    (tmp_path / "samples.csv").write_text(rows)
    assert lamella("check", tmp_path).code == 0
    # With one row the position is a label.
    (tmp_path / "samples.csv").write_text("path,condition,position\na.tif,WT,1\n")
    assert lamella("check", tmp_path).code == 0


def test_masks_of_one_position_do_not_serve_another(tmp_path):
    settings = '[objects.cell.segment]\nmethod = "labels"\npattern = "{}"\n'
    rows = "path,condition,position\na.czi,WT,A1\na.czi,WT,A2\nb.czi,WT,A1\n"
    (tmp_path / "samples.csv").write_text(rows)
    for pattern, n_faults in (("{stem}.tif", 1), ("{stem}_{position}.tif", 0), ("{movie}.tif", 0)):
        (tmp_path / "study.toml").write_text(settings.replace("{}", pattern))
        faults = [s.fault for s in open_study(tmp_path).samples if s.fault]
        assert len(faults) == n_faults
        assert all("another position of its file (a.tif)" in str(fault) for fault in faults)


def test_rows_of_one_file_are_named_after_their_positions(tmp_path):
    (tmp_path / "study.toml").write_text("")
    (tmp_path / "samples.csv").write_text(
        "path,condition,position,z\na.czi,WT,A1,max\na.czi,WT,A2,2\nb.tif,WT,upper left,\n"
        "c.tif,WT,,top\na.czi,WT,A2,2\n"
    )
    samples = open_study(tmp_path).samples
    assert [s.movie for s in samples] == ["a__A1", "a__A2", "b", "c", "a__A2"]
    assert [s.take.z for s in samples[:3]] == ["max", 2, None]
    assert "z = 'top' names no slices" in str(samples[3].fault)
    assert "the same movie twice" in str(samples[4].fault)
    assert [s.fault for s in samples[:3]] == [None] * 3


def test_commands_on_one_movie_take_position_and_slices(zeiss, tmp_path):
    out = tmp_path / "labels.tif"
    said = lamella("segment", zeiss, "-o", out, "-m", "multiotsu")
    assert said.code == 2
    assert "it has 3 positions (0, 1, 2)" in said.err
    assert "--position" in said.err
    said = lamella("segment", zeiss, "-o", out, "-m", "multiotsu", "--position", 1, "--z", "max")
    assert said.code == 0, said.err
    flat = tmp_path / "flat.tif"
    lamella("background", zeiss, "-o", flat, "--position", 2, "--z", 0, "--channel", "DNA")
    assert open_movie(flat).channel_names == ("DNA",)
    said = lamella("measure", zeiss, out, "-o", tmp_path / "m", "--position", 1, "--z", "max",
                   "--largest", "--interval-min", 1)  # fmt: skip
    assert said.code == 0, said.err
    assert lamella("segment", zeiss, "-o", out, "--z", "top").code == 2


def test_commands_that_look_at_a_movie_beside_take_position_and_slices(zeiss, tmp_path):
    labels = (pixels(2) > np.median(pixels(2)) + 60).astype(np.uint8)
    tifffile.imwrite(tmp_path / "labels.tif", labels, photometric="minisblack")
    beside = ("--position", "1", "--z", "max", "--interval-min", "1")
    said = lamella("track", tmp_path / "labels.tif", "-o", tmp_path / "tracked", "--image", zeiss,
                   "--method", "largest")  # fmt: skip
    assert "it has 3 positions (0, 1, 2)" in said.err
    said = lamella("track", tmp_path / "labels.tif", "-o", tmp_path / "tracked", "--image", zeiss,
                   "--method", "largest", *beside)  # fmt: skip
    assert said.code == 0, said.err
    rows = "track,frame,y,x\n" + "".join(f"1,{t},20,20\n" for t in range(len(labels)))
    (tmp_path / "spots.csv").write_text(rows)
    said = lamella("import", tmp_path / "spots.csv", "-o", tmp_path / "in", "--like", zeiss,
                   "--units", "px", *beside)  # fmt: skip
    assert said.code == 0, said.err


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_convert_puts_a_position_and_its_labels_into_one_store(version, zeiss, tmp_path):
    taken = ("--position", 1, "--z", "max")
    labels, out = tmp_path / "labels.tif", tmp_path / "A2.ome.zarr"
    lamella("segment", zeiss, "-o", labels, "-m", "multiotsu", *taken)
    how = ("convert", zeiss, "-o", out, "--version", version, "--interval-min", 1.5, *taken)
    said = lamella(*how, "--labels", f"cell={labels}")
    assert said.code == 0, said.err
    movie, raw = open_movie(out), open_movie(zeiss, take=Take("1", "max"))
    assert movie.channel_names == ("DNA", "actin")
    assert movie.scale.pixel_size_um == 0.5
    assert movie.scale.interval_min == 1.5
    np.testing.assert_array_equal(movie.channel("actin").asarray(), raw.channel("actin").asarray())
    np.testing.assert_array_equal(
        open_labels(out).frames.asarray(), open_labels(labels).frames.asarray()
    )
    assert "it is there already" in lamella(*how).err
    tif = tmp_path / "one.ome.tif"
    assert lamella("convert", out, "-o", tif, "--channel", "DNA").code == 0
    np.testing.assert_array_equal(open_movie(tif).frame(2), raw.frame(2))
    assert "does not say what to write" in lamella("convert", out, "-o", tmp_path / "a.tif").err
    said = lamella("convert", out, "-o", tif, "--labels", f"cell={labels}", "--force")
    assert "OME-TIFF holds no labels" in said.err


def test_one_movie_under_two_names_is_told_and_counts_once(zeiss, tmp_path):
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw/plate.czi").write_bytes(zeiss.read_bytes())
    tifffile.imwrite(tmp_path / "raw/one.tif", pixels(), imagej=True)
    rows = [
        "movie,path,position,z,exclude", "a,raw/plate.czi,0,0,", "b,raw/../raw/plate.czi,0,0,",
        "c,raw/plate.czi,1.0,0.0,", "d,raw/plate.czi,1,0,", "e,raw/plate.czi,0,1,",
        "f,raw/plate.czi,0,0,only to look at", "g,raw/one.tif,left,,", "h,raw/one.tif,right,,",
    ]  # fmt: skip
    lines = [f"{row},{'condition' if not i else 'WT'}" for i, row in enumerate(rows)]
    (tmp_path / "samples.csv").write_text("\n".join(lines) + "\n")
    (tmp_path / "study.toml").write_text(SETTINGS + SCALE)
    samples = {each.movie: each for each in open_study(tmp_path).samples}
    twice = "it is the movie of line {} under another name, and would count twice"
    assert twice.format(2) in str(samples["b"].fault)
    assert twice.format(4) in str(samples["d"].fault)
    assert samples["c"].take == Take("1", 0)
    assert all(samples[name].fault is None for name in "acefgh")
    # What a row leaves open, the study says.
    lines[1] = lines[1].replace(",0,0,", ",0,,")
    (tmp_path / "samples.csv").write_text("\n".join(lines) + "\n")
    (tmp_path / "study.toml").write_text(SETTINGS + SCALE + "z = 0\n")
    again = {each.movie: each for each in open_study(tmp_path).samples}
    assert twice.format(2) in str(again["b"].fault)
    said = lamella("check", tmp_path)
    for movie in "gh":
        told = f"{movie}: {tmp_path / 'raw/one.tif'}: rows of samples.csv name several positions"
        assert told in said.err


def test_an_empty_czi_is_called_empty(tmp_path):
    (tmp_path / "empty.czi").touch()
    with pytest.raises(InputError, match=r"it is empty \(0 bytes\)"):
        open_movie(tmp_path / "empty.czi")
