"""Files of microscopes: what they state, what they lack, what is refused at sight."""

import struct

import numpy as np
import pytest
from pylibCZIrw import czi

from lamella.core.errors import InputError
from lamella.io import open_movie
from lamella.io.czi import stated_in_czi


def lif(path, xml, pixels, n_characters=None):
    """A LIF of one block of pixels, by the description of the format; not what Leica wrote."""
    told, name = xml.encode("utf-16-le"), "MemBlock_1".encode("utf-16-le")
    n = len(xml) if n_characters is None else n_characters
    head = struct.pack("<IIBI", 0x70, len(told) + 5, 0x2A, n) + told
    block = struct.pack("<IIBQBI", 0x70, len(name) + 14, 0x2A, len(pixels), 0x2A, len(name) // 2)
    path.write_bytes(head + block + name + pixels)


def test_a_lif_by_its_description_and_headers_that_are_refused(tmp_path):
    frames = np.arange(3 * 12 * 16, dtype=np.uint16).reshape(3, 12, 16)
    dimension = (
        '<DimensionDescription DimID="{}" NumberOfElements="{}" Origin="0" Length="{}" Unit="{}" '
        'BitInc="0" BytesInc="{}"/>'
    )
    # Lengths go from the first to the last pixel or frame: 0.5 µm, 60 s.
    dimensions = "".join(
        dimension.format(*each)
        for each in ((1, 16, 7.5e-6, "m", 2), (2, 12, 5.5e-6, "m", 32), (4, 3, 120, "s", 384))
    )
    xml = (
        '<LMSDataContainerHeader Version="2"><Element Name="a"><Data/><Memory Size="0"/><Children>'
        '<Element Name="b"><Data><Image><ImageDescription><Channels><ChannelDescription '
        'DataType="0" ChannelTag="0" Resolution="16" NameOfMeasuredQuantity="" Min="0" Max="1" '
        'Unit="" LUTName="Gray" IsLUTInverted="0" BytesInc="0" BitInc="0"/></Channels><Dimensions>'
        f"{dimensions}</Dimensions></ImageDescription></Image></Data>"
        f'<Memory Size="{frames.nbytes}" MemoryBlockID="MemBlock_1"/></Element></Children>'
        "</Element></LMSDataContainerHeader>"
    )
    lif(tmp_path / "a.lif", xml, frames.tobytes())
    movie = open_movie(tmp_path / "a.lif")
    np.testing.assert_array_equal(movie.channel().asarray(), frames)
    assert movie.scale.pixel_size_um == pytest.approx(0.5)
    lif(tmp_path / "b.lif", xml, frames.tobytes(), n_characters=2**31)
    with pytest.raises(InputError, match="it declares a header of 4294967296 bytes"):
        open_movie(tmp_path / "b.lif")
    lif(tmp_path / "c.lif", f"<!DOCTYPE a [<!ENTITY b 'c'>]>{xml}", frames.tobytes())
    with pytest.raises(InputError, match="its header declares a document type"):
        open_movie(tmp_path / "c.lif")


def written(path, planes):
    """A CZI with these (t, c) of it, of two channels."""
    with czi.create_czi(str(path)) as file:
        for t, c in planes:
            plane = np.full((20, 30, 1), 10 * t + c + 1, np.uint16)
            file.write(plane, plane={"T": t, "C": c, "Z": 0}, scene=0)
    return path


def test_planes_of_a_czi_that_were_never_taken_are_not_read_as_darkness(tmp_path):
    taken = [(t, c) for t in range(4) for c in range(2)]
    ended = open_movie(written(tmp_path / "ended.czi", taken[:-1]))  # amid the last frame
    assert ended.n_frames == 3
    assert any("3 of 4 planned frames were taken" in note for note in ended.notes)
    assert [int(ended.channel("ch1").frame(t).min()) for t in range(3)] == [2, 12, 22]
    hole = [each for each in taken if each != (1, 1)]
    with pytest.raises(InputError, match="frame 1 of 4 is missing from it"):
        open_movie(written(tmp_path / "hole.czi", hole))
    assert open_movie(written(tmp_path / "whole.czi", taken)).n_frames == 4


def test_a_block_that_goes_on_beyond_the_end_ends_no_process(tmp_path):
    """The library aborts: in a coordinator that would be the whole run."""
    path = written(tmp_path / "a.czi", [(0, 0), (0, 1), (1, 0), (1, 1)])
    data = bytearray(path.read_bytes())
    last = data.rindex(b"ZISRAWSUBBLOCK")
    data[last + 32 + 4 : last + 32 + 8] = (2**31 - 1).to_bytes(4, "little")  # of its attachment
    path.write_bytes(data)
    movie = open_movie(path)
    assert int(movie.channel("ch0").frame(0).max()) == 1
    with pytest.raises(InputError, match=r"a block of it \(at byte \d+\) is cut off"):
        movie.channel("ch1").frame(1)


def test_metadata_that_declares_a_document_type_is_not_believed(tmp_path):
    laughs = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10 if i else "ha"}">' for i in range(12))
    xml = (
        f"<!DOCTYPE ImageDocument [{laughs}]><ImageDocument><Metadata><Scaling><Items>"
        '<Distance Id="X"><Value>1e-07</Value></Distance></Items></Scaling>&l11;</Metadata>'
        "</ImageDocument>"
    )
    stated = stated_in_czi(xml, 3, 1)
    assert stated.pixel_um is None
    assert stated.notes


def test_what_zen_states_of_time_and_names():
    xml = """<ImageDocument><Metadata><Information><Image><Dimensions>
      <T><Positions><Interval><Start>0</Start><Increment>90</Increment></Interval></Positions></T>
      <Channels><Channel Id="Channel:0" Name="EGFP"/></Channels></Dimensions></Image></Information>
      <Scaling><Items><Distance Id="X"><Value>1.625e-07</Value></Distance>
      <Distance Id="Y"><Value>1.625e-07</Value></Distance></Items></Scaling>
      </Metadata></ImageDocument>"""
    stated = stated_in_czi(xml, 3, 1)
    assert stated.pixel_um == (0.1625, 0.1625)
    np.testing.assert_array_equal(stated.time_min, [0, 1.5, 3])
    assert stated.channel_names == ("EGFP",)
    assert stated_in_czi("<ImageDocument/>", 3, 1) == stated_in_czi("<ImageDocument/>", 9, 2)
