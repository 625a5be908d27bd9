"""Studies of still images and plates: names of wells, plate maps, channels, study.toml."""

import numpy as np
import pytest
import tifffile

from lamella.core.errors import FaultsError, InputError, SettingsError
from lamella.core.wells import row_letters, row_number, well_name, well_place
from lamella.io import fingerprint, open_movie
from lamella.run.init import Stills, find_movies, write_study
from lamella.run.plate_map import NOT_IN_MAP, read_plate_map, with_plate_map
from lamella.run.settings import settings_from
from lamella.run.study import open_study
from lamella.run.template import stills_toml


def test_wells_have_one_name():
    assert [well_name(t) for t in ("A1", "a01", "A-001", "H 12", "P24", "af48")] == [
        "A01", "A01", "A01", "H12", "P24", "AF48",
    ]  # fmt: skip
    assert [well_name(t) for t in ("A0", "A49", "AG01", "control", "7", "")] == [
        "A0", "A49", "AG01", "control", "7", "",
    ]  # fmt: skip
    assert [row_number(row_letters(n)) for n in range(1, 33)] == list(range(1, 33))
    assert well_place("C07") == (3, 7)


def make_files(folder, names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


# What microscopes write, as their manuals give it.
@pytest.mark.parametrize(
    ("names", "pattern", "channels", "row"),
    [
        (  # Opera and Operetta (Harmony)
            ("r02c03f01p01-ch1sk1fk1fl1.tiff", "r02c03f01p01-ch2sk1fk1fl1.tiff"),
            "r{row:d}c{column:d}f{field:d}p01-ch{channel:d}sk1fk1fl1.tiff",
            {"ch1": "1", "ch2": "2"},
            ("r02c03f01p01-ch{channel}sk1fk1fl1.tiff", "1", "B03", "01"),
        ),
        (  # ImageXpress (MetaXpress), a serial number after each channel
            ("p1_C05_s2_w1A1B2-44.TIF", "p1_C05_s2_w2FFC0-17.TIF"),
            "{plate}_{well}_s{field}_w{channel:d}*.TIF",
            {"ch1": "1", "ch2": "2"},
            ("p1_C05_s2_w{channel}*.TIF", "p1", "C05", "2"),
        ),
        (  # IN Cell Analyzer
            ("D - 4(fld 3 wv DAPI - DAPI).tif", "D - 4(fld 3 wv FITC - FITC).tif"),
            "{row} - {column}(fld {field} wv {channel}).tif",
            {"DAPI - DAPI": "DAPI - DAPI", "FITC - FITC": "FITC - FITC"},
            ("D - 4(fld 3 wv {channel}).tif", "1", "D04", "3"),
        ),
        (  # CellVoyager: the action differs with the channel
            ("x_E06_T0001F004L01A01Z01C01.tif", "x_E06_T0001F004L01A02Z01C02.tif"),
            "{plate}_{well}_T0001F{field:d}L01A*Z01C{channel:d}.tif",
            {"ch01": "01", "ch02": "02"},
            ("x_E06_T0001F004L01A*Z01C{channel}.tif", "x", "E06", "004"),
        ),
        (  # Incucyte, exported by channel
            ("Phase_A1_1.tif", "Green_A1_1.tif"),
            "{channel}_{well}_{field}.tif",
            {"Green": "Green", "Phase": "Phase"},
            ("{channel}_A1_1.tif", "1", "A01", "1"),
        ),
        (  # wells and fields in folders
            ("plate2/F07/field3/d0.png", "plate2/F07/field3/d1.png"),
            "{plate}/{well}/field{field}/{channel}.png",
            {"d0": "d0", "d1": "d1"},
            ("plate2/F07/field3/{channel}.png", "plate2", "F07", "3"),
        ),
    ],
)
def test_the_names_of_common_microscopes(tmp_path, names, pattern, channels, row):
    make_files(tmp_path, names)
    found = find_movies(tmp_path, pattern)
    assert found.samples[["path", "session", "well", "field"]].to_numpy().tolist() == [list(row)]
    assert dict(found.marks) == channels
    assert (found.ambiguous, found.ignored) == ((), ())
    files = fingerprint(tmp_path / row[0], channels)
    assert len(files) == 2


def images(folder, **by_name):
    for name, image in by_name.items():
        tifffile.imwrite(folder / f"A01_{name}.tif", image)
    return str(folder / "A01_{channel}.tif")


def test_channels_by_names_of_ones_own_in_ones_own_order(tmp_path):
    path = images(tmp_path, **{f"d{i}": np.full((8, 9), i, np.uint8) for i in range(3)})
    movie = open_movie(path, channel_names={"actin": "d2", "DNA": "d0"})
    assert movie.channel_names == ("actin", "DNA")
    assert [int(movie.frame(0, name)[0, 0]) for name in movie.channel_names] == [2, 0]
    assert movie.notes == ("left out, as [channels] names does not name them: d1",)
    assert list(fingerprint(path, {"DNA": "d0"})) == ["A01_d0.tif"]
    (tmp_path / "A01_d2.tif").unlink()
    with pytest.raises(InputError, match=r"channel actin not found: there is no A01_d2\.tif; its"):
        open_movie(path, channel_names={"actin": "d2", "DNA": "d0"})
    with pytest.raises(InputError, match="its channels lie in one file"):
        open_movie(tmp_path / "A01_d0.tif", channel_names={"DNA": "d0"})


def test_two_files_for_one_channel_are_told(tmp_path):
    make_files(tmp_path, ["A01_w1aa.tif", "A01_w1bb.tif"])
    with pytest.raises(InputError, match=r"channel 1 has two files, A01_w1aa.tif and A01_w1bb"):
        open_movie(tmp_path / "A01_w{channel}*.tif", channel_names=["1"])


def test_an_asterisk_needs_a_channel(tmp_path):
    with pytest.raises(SettingsError, match=r"write \{name\} for what varies"):
        find_movies(tmp_path, "{well}_*.tif")


@pytest.mark.parametrize(
    ("names", "told"),
    [({}, "name at least one"), ({"a": "d0", "b": "d0"}, "d0 stands there twice")],
)
def test_channel_names_that_cannot_be(names, told):
    with pytest.raises(FaultsError, match=told):
        settings_from({"channels": {"names": names}}, where="study.toml")


# Plate maps

LIST = "Well;Condition;Replicate;Plate\na1;DMSO;1;p1\nA02;drug, high;1;p1\nB1;;1;p1\n"
GRID = ",1,2,3\nA,DMSO,drug,\nB,DMSO,drug,NA\n"


def test_a_list_of_wells(tmp_path):
    (tmp_path / "map.csv").write_text(LIST, encoding="utf-8-sig")
    wells = read_plate_map(tmp_path / "map.csv")
    assert wells["well"].tolist() == ["A01", "A02"]
    assert wells["condition"].tolist() == ["DMSO", "drug, high"]
    assert wells["session"].tolist() == ["p1", "p1"]


def test_a_grid(tmp_path):
    (tmp_path / "map.csv").write_text(GRID)
    wells = read_plate_map(tmp_path / "map.csv")
    assert dict(zip(wells["well"], wells["condition"], strict=True)) == {
        "A01": "DMSO", "A02": "drug", "B01": "DMSO", "B02": "drug",
    }  # fmt: skip


def test_a_grid_of_384_wells(tmp_path):
    rows = [[chr(65 + r), *(f"c{r}.{c}" for c in range(1, 25))] for r in range(16)]
    text = "\t".join(["", *map(str, range(1, 25))]) + "\n"
    (tmp_path / "map.tsv").write_text(text + "\n".join("\t".join(row) for row in rows))
    wells = read_plate_map(tmp_path / "map.tsv")
    assert len(wells) == 384
    assert wells.set_index("well")["condition"]["P24"] == "c15.24"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("well,conditoin\nA1,x\n", "unknown columns conditoin; the columns are well, condition"),
        ("well,replicate\nA1,x\n", "it has no column condition"),
        ("well,condition\nA1,x\nA01,y\n", "it names well A01 twice"),
        ("well,condition\nA1,x\nZZ9,y\n", "line 3: 'ZZ9' is no well"),
        ("well,condition\nA1,\n", "no well has a condition"),
        ("place,what\nA1,x\n", "neither a column well nor the numbers"),
        (",1,2\nA,x,y\n7,x,y\n", "line 3: '7' is no row"),
    ],
)
def test_maps_that_cannot_be_read(tmp_path, text, told):
    (tmp_path / "map.csv").write_text(text)
    with pytest.raises(InputError, match=told):
        read_plate_map(tmp_path / "map.csv")


def test_a_map_fills_in_samples_and_tells_what_does_not_meet(tmp_path):
    make_files(tmp_path, ["A1_1.tif", "A1_2.tif", "B1_1.tif", "C3_1.tif"])
    (tmp_path / "map.csv").write_text("well,condition,replicate\nA1,DMSO,1\nB01,drug,2\nH12,x,1\n")
    found = find_movies(tmp_path, "{well}_{field}.tif")
    mapped = with_plate_map(found.samples, read_plate_map(tmp_path / "map.csv"))
    assert mapped.samples["condition"].tolist() == ["DMSO", "DMSO", "drug", "all"]
    assert mapped.samples["replicate"].tolist() == ["1", "1", "2", ""]
    assert mapped.samples["exclude"].tolist() == ["", "", "", NOT_IN_MAP]
    assert (mapped.without_images, mapped.not_in_map) == (("H12",), ("C03",))


def test_several_plates_in_one_map(tmp_path):
    make_files(tmp_path, ["p1/A1.tif", "p2/A1.tif", "p3/A1.tif"])
    (tmp_path / "map.csv").write_text("plate,well,condition\np1,A1,DMSO\np2,A1,drug\n")
    found = find_movies(tmp_path, "{plate}/{well}.tif")
    mapped = with_plate_map(found.samples, read_plate_map(tmp_path / "map.csv"))
    assert mapped.samples["condition"].tolist() == ["DMSO", "drug", "all"]
    assert mapped.not_in_map == ("p3 A01",)


@pytest.mark.parametrize("text", ["P1,A1,DMSO\nP2,A1,drug\n", "P1,A1,DMSO\n"])
def test_plates_that_have_other_names_in_the_map(tmp_path, text):
    """Otherwise wells of one plate would get the conditions of another."""
    make_files(tmp_path, ["p1/A1.tif", "p2/A1.tif"])
    (tmp_path / "map.csv").write_text(f"plate,well,condition\n{text}")
    found = find_movies(tmp_path, "{plate}/{well}.tif")
    with pytest.raises(SettingsError, match=r"its plates P1.* are none of the images', p1, p2; wr"):
        with_plate_map(found.samples, read_plate_map(tmp_path / "map.csv"))


def test_one_plate_takes_its_name_from_the_map(tmp_path):
    make_files(tmp_path, ["A1.tif"])
    (tmp_path / "map.csv").write_text("plate,well,condition\nmonday,A1,DMSO\n")
    found = find_movies(tmp_path, "{well}.tif")
    mapped = with_plate_map(found.samples, read_plate_map(tmp_path / "map.csv"))
    assert mapped.samples["session"].tolist() == ["monday"]


@pytest.mark.parametrize(
    "written", ["\ufeffWell;Condition\r\na1;DMSO\r\n", "well\tcondition\na01\tDMSO\n"]
)
def test_maps_as_spreadsheets_save_them(tmp_path, written):
    (tmp_path / "map.csv").write_bytes(written.encode())
    assert read_plate_map(tmp_path / "map.csv").to_numpy().tolist() == [["A01", "DMSO"]]


def test_a_map_needs_wells_in_the_pattern(tmp_path):
    make_files(tmp_path, ["x.tif"])
    (tmp_path / "map.csv").write_text(GRID)
    with pytest.raises(SettingsError, match="the pattern names no well"):
        with_plate_map(
            find_movies(tmp_path, "{cell}.tif").samples, read_plate_map(tmp_path / "map.csv")
        )


# study.toml


def test_a_study_of_stills(tmp_path):
    for name in ("Hoechst", "EdU", "actin 2"):
        tifffile.imwrite(tmp_path / f"B2_1_{name}.tif", np.zeros((8, 9), np.uint8))
    found = find_movies(tmp_path, "{well}_{field}_{channel}.tif")
    write_study(tmp_path, found, tmp_path / "study", stills=Stills(cells="EdU"), pixel_size_um=0.65)
    text = (tmp_path / "study" / "study.toml").read_text()
    assert '\n"actin 2" = "actin 2"\n' in text
    settings = open_study(tmp_path / "study").settings
    assert settings.channels.names == {"EdU": "EdU", "Hoechst": "Hoechst", "actin 2": "actin 2"}
    nucleus, cell = settings.objects["nucleus"], settings.objects["cell"]
    assert (nucleus.channel, cell.channel) == ("Hoechst", "EdU")
    assert nucleus.centre is cell.centre is False
    assert settings.statistics.unit == "well"
    assert not {"migration", "walks", "protrusion", "lamellipodium", "edge"} & set(
        settings.measure.groups
    )
    with pytest.raises(
        SettingsError, match="the images have no such channel; use one of actin 2, EdU, Ho"
    ):
        write_study(tmp_path, found, tmp_path / "other", stills=Stills(nuclei="DNA"))


def test_the_channel_of_cells_is_not_taken_for_that_of_nuclei(tmp_path):
    for name in ("w1", "w2"):
        tifffile.imwrite(tmp_path / f"B2_{name}.tif", np.zeros((8, 9), np.uint8))
    found = find_movies(tmp_path, "{well}_{channel}.tif")
    write_study(tmp_path, found, tmp_path / "study", stills=Stills(cells="w1"), pixel_size_um=0.65)
    objects = open_study(tmp_path / "study").settings.objects
    assert (objects["nucleus"].channel, objects["cell"].channel) == ("w2", "w1")


@pytest.mark.parametrize(
    ("channels", "measure"),
    [
        (["DAPI", "PH3", "actin"], "intensity_mean__PH3"),
        (["DAPI", "GFP"], "intensity_mean__GFP"),
        (["DAPI"], "intensity_mean"),
        ([], "intensity_mean__EdU"),
    ],
)
def test_the_example_of_positives_is_a_column_that_the_images_give(channels, measure):
    text = stills_toml(
        title="t", pixel_size_um=None, marks={}, channels=channels, nuclei=None, cells=None,
        wells=True, reference="",
    )  # fmt: skip
    assert f'# measure = "{measure}"\n' in text


def test_stills_of_one_channel_have_one_set_of_objects(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((8, 9), np.uint8))
    write_study(tmp_path, find_movies(tmp_path, "{cell}.tif"), tmp_path / "s", stills=Stills())
    assert list(open_study(tmp_path / "s").settings.objects) == ["nucleus"]


def test_movies_have_their_channels_named_too(tmp_path):
    for name in ("w1", "w2"):
        tifffile.imwrite(
            tmp_path / f"m_{name}.tif", np.zeros((3, 8, 9), np.uint8), photometric="minisblack"
        )
    write_study(tmp_path, find_movies(tmp_path, "{cell}_{channel}.tif"), tmp_path / "s")
    assert open_study(tmp_path / "s").settings.channels.names == {"w1": "w1", "w2": "w2"}
