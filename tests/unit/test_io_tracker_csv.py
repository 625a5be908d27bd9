"""Tables of other trackers are taken for what they are, or refused with the reason."""

import pytest

from lamella.core.errors import InputError
from lamella.core.movie import Scale
from lamella.io.tracker_csv import read_tracker_csv

TRACKMATE = """\
LABEL,ID,TRACK_ID,QUALITY,POSITION_X,POSITION_Y,POSITION_Z,POSITION_T,FRAME,RADIUS
Label,Spot ID,Track ID,Quality,X,Y,Z,T,Frame,Radius
Label,Spot ID,Track ID,Quality,X,Y,Z,T,Frame,R
,,,(quality),(micron),(micron),(micron),(sec),,(micron)
ID12,12,0,1.0,5.0,10.0,0.0,0.0,0,2.5
ID13,13,0,1.0,5.5,10.5,0.0,90.0,1,2.5
ID14,14,1,1.0,50.0,20.0,0.0,180.0,2,2.5
ID15,15,,1.0,1.0,1.0,0.0,180.0,2,2.5
"""
IMARIS = """\

Position
 ====================
Position X,Position Y,Position Z,Unit,Category,Collection,Time,TrackID,ID,
5.25,10.25,0,um,Spot,Position,1,1000000000,0,
5.75,10.25,0,um,Spot,Position,2,1000000000,1,
"""
# program, text, scale, expected (cell, frame, y, x)
KNOWN = {
    "TrackMate": (TRACKMATE, Scale(0.5), [(1, 0, 20, 10), (1, 1, 21, 11), (2, 2, 40, 100)]),
    "Imaris": (IMARIS, Scale(0.5), [(1000000000, 0, 20, 10), (1000000000, 1, 20, 11)]),
    "trackpy": (
        "y,x,mass,frame,particle\n20.0,10.0,7,0,0\n21.0,11.0,7,1,0\n5,5,7,1,3\n",
        None,
        [(1, 0, 20, 10), (1, 1, 21, 11), (4, 1, 5, 5)],
    ),
    "btrack": (
        "ID,t,x,y,z,parent,root,state,generation,dummy\n"
        "1,0,10,20,0,1,1,5,0,False\n1,1,11,21,0,1,1,5,0,True\n1,2,12,22,0,1,1,5,0,False\n"
        "2,3,9,20,0,1,1,5,1,False\n3,3,15,20,0,1,1,5,1,False\n",
        None,
        [(1, 0, 20, 10), (1, 2, 22, 12), (2, 3, 20, 9), (3, 3, 20, 15)],
    ),
    "CellProfiler": (
        "ImageNumber,ObjectNumber,Location_Center_X,Location_Center_Y,TrackObjects_Label_50\n"
        "1,1,10,20,1\n2,1,5,5,2\n2,2,11,21,1\n",
        None,
        [(1, 0, 20, 10), (1, 1, 21, 11), (2, 1, 5, 5)],
    ),
    "celldetective": (
        "TRACK_ID,FRAME,POSITION_Y,POSITION_X,t,generation,root,parent,dummy,class_id\n"
        "1.0,0.0,20.0,10.0,0,0,1,1,False,4.0\n1.0,1.0,21.0,11.0,1,0,1,1,False,4.0\n",
        None,
        [(1, 0, 20, 10), (1, 1, 21, 11)],
    ),
    "QuPath": (
        "Image,Object ID,Track ID,Frame,Centroid X µm,Centroid Y µm\na,u,1,0,5.25,10.25\n",
        Scale(0.5),
        [(1, 0, 20, 10)],
    ),
    "ImageJ's Manual Tracking": (
        " \tTrack n°\tSlice n°\tX\tY\tDistance\n1\t1\t1\t10\t20\t-1\n2\t1\t2\t11\t21\t1.4\n",
        None,
        [(1, 0, 20, 10), (1, 1, 21, 11)],
    ),
    "napari": (
        "track_id,t,y,x,parent_track_id\n4,0,20,10,\n4,1,21,11,\n",
        None,
        [(4, 0, 20, 10), (4, 1, 21, 11)],
    ),
}


def table_of(path, text, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))
    return path


def rows(tracked):
    return [
        tuple(row) for row in tracked.tracks.links[["cell", "frame", "y_px", "x_px"]].to_numpy()
    ]


@pytest.mark.parametrize("program", KNOWN)
def test_programs_are_known_by_their_columns(program, tmp_path):
    text, scale, expected = KNOWN[program]
    tracked = read_tracker_csv(table_of(tmp_path / "t.csv", text), scale=scale)
    assert rows(tracked) == expected
    assert f"read as a table of {program}" in tracked.notes[0]
    assert tracked.n_frames == max(frame for _, frame, _, _ in expected) + 1


def test_trackmates_interval_and_spots_without_a_track(tmp_path):
    tracked = read_tracker_csv(table_of(tmp_path / "t.csv", TRACKMATE), scale=Scale(0.5))
    assert tracked.scale.time_min.tolist() == [0, 1.5, 3]
    assert "1 rows are of no track: left out" in tracked.notes
    assert "tracks count from 0: their numbers are raised by 1, as 0 is background" in tracked.notes


def test_lineage_and_rows_that_a_tracker_made_up(tmp_path):
    tracked = read_tracker_csv(table_of(tmp_path / "t.csv", KNOWN["btrack"][0]))
    assert dict(tracked.tracks.parents) == {2: (1,), 3: (1,)}
    assert "1 rows were filled in by the tracker: left out" in tracked.notes
    assert tracked.tracks.first_last[1] == (0, 2)


def test_a_label_column_is_kept(tmp_path):
    tracked = read_tracker_csv(table_of(tmp_path / "t.csv", KNOWN["CellProfiler"][0]))
    assert tracked.tracks.links["label"].tolist() == [1, 2, 1]


def test_times_become_frames(tmp_path):
    text = "id,t,x,y\n1,24.0,1.0,2.0\n1,48.0,2.0,2.0\n1,96.1,3.0,2.0\n"
    tracked = read_tracker_csv(table_of(tmp_path / "t.csv", text), units="px")
    assert tracked.tracks.links["frame"].tolist() == [0, 1, 3]
    assert tracked.scale.time_min is None  # nobody knows the unit
    text = text.replace("id,t,", "track,time_min,")
    tracked = read_tracker_csv(table_of(tmp_path / "u.csv", text), units="px")
    assert tracked.scale.interval_min == pytest.approx(24.03, abs=0.01)
    uneven = "id,t,x,y\n1,0,1,2\n1,1,2,2\n1,2.5,3,2\n"
    with pytest.raises(InputError, match=r"the times in its column 't' are not regular"):
        read_tracker_csv(table_of(tmp_path / "v.csv", uneven), units="px")


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("particle;frame;y;x\n1;0;20,5;10,25\n1;1;21;11\n", "utf-8-sig"),
        ("particle\tframe\ty\tx\n1\t0\t20,5\t10,25\n1\t1\t21\t11\n", "utf-16"),
        ("a title\nparticle,frame,y,x,µ\n1,0,20.5,10.25,µ\n\n1,1,21,11,µ\n", "cp1252"),
        ('"particle","frame","y","x"\r\n"1","0","20.5","10.25"\r\n"1","1","21","11"\r\n', "utf-8"),
    ],
)
def test_delimiters_decimal_marks_and_encodings(text, encoding, tmp_path):
    tracked = read_tracker_csv(table_of(tmp_path / "t.csv", text, encoding))
    assert rows(tracked) == [(1, 0, 20.5, 10.25), (1, 1, 21, 11)]


def test_columns_can_be_named(tmp_path):
    text = "who,when,down,right\nb,1,20,10\na,1,5,6\nb,2,21,11\n"
    path = table_of(tmp_path / "t.csv", text)
    with pytest.raises(InputError, match=r"nobody knows its columns .*--column track=NAME"):
        read_tracker_csv(path)
    columns = {"track": "who", "frame": "when", "y": "down", "x": "right"}
    tracked = read_tracker_csv(path, columns=columns, units="px", first_frame=1)
    assert rows(tracked) == [(1, 0, 20, 10), (1, 1, 21, 11), (2, 0, 5, 6)]
    assert "tracks have names: numbered from 1 to 2 in their order" in tracked.notes
    with pytest.raises(InputError, match="it has no column 'nobody'"):
        read_tracker_csv(path, columns={**columns, "x": "nobody"})
    with pytest.raises(InputError, match="there is no such role"):
        read_tracker_csv(path, columns={"colour": "who"})


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", r"it is empty \(0 bytes\)"),
        ("particle,frame,y,x\n", "it holds no place of any track"),
        ("particle,frame,y,x\n1,0,nan,3\n", "it holds no place of any track"),
        ("particle,frame,y,x\n1,0,2,3\n1,0,4,5\n", "track 1 in frame 0"),
        ("particle,frame,y,x\n1,0.5,2,3\n", r"'frame' holds 0.5, which is no frame number"),
        ("particle,frame,y,x\n1,-1,2,3\n", "a row is of frame -1, before the first"),
        ("particle,frame,y,x\n1,1e300,2,3\n", "beyond any movie"),
        ("particle,frame,y,x\n1,0,2\n", "line 2 has 3 fields, the header 4"),
        ("particle,frame,y,x\n1,0,2,inf\n", "line 2 has 'inf' in the column 'x'"),
        ("particle,frame,y,x\n1,0,=1+1,2\n", r"line 2 has '=1\+1' in the column 'y'"),
        ("TRACK_ID,FRAME,POSITION_X,POSITION_Y\n1,0,2,3\n", "does not tell the unit of its places"),
        ("just a sentence\n", "none of its first lines is a header"),
    ],
)
def test_bad_tables_are_refused_with_the_reason(text, match, tmp_path):
    with pytest.raises(InputError, match=match):
        read_tracker_csv(table_of(tmp_path / "t.csv", text))


def test_places_in_um_need_a_pixel_size(tmp_path):
    with pytest.raises(InputError, match=r"no pixel size is known; add --pixel-size-um"):
        read_tracker_csv(table_of(tmp_path / "t.csv", TRACKMATE))


def test_frames_beyond_the_movie_are_refused(tmp_path):
    path = table_of(tmp_path / "t.csv", "particle,frame,y,x\n1,1,2,3\n1,5,2,3\n")
    with pytest.raises(InputError, match=r"frame 5, and the movie has .* 0 to 4; .*--first-frame"):
        read_tracker_csv(path, n_frames=5)
    assert read_tracker_csv(path, n_frames=5, first_frame=1).tracks.first_last == {1: (0, 4)}


def test_impossible_parents_are_left_out_and_told(tmp_path):
    text = "track_id,t,y,x,parent_track_id\n1,0,1,1,2\n2,0,5,5,1\n3,1,9,9,77\n4,1,3,3,1 2\n"
    tracked = read_tracker_csv(table_of(tmp_path / "t.csv", text))
    assert dict(tracked.tracks.parents) == {4: (1, 2)}
    assert "1 parents are no track of the file: left out" in tracked.notes
    assert "2 parents do not begin before their daughters: left out" in tracked.notes
