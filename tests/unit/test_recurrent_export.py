"""A recurrent network for other programs: ONNX, and packages of the BioImage Model Zoo."""

import importlib.util
import json
import re
import sys
import zipfile
from io import BytesIO

import numpy as np
import pytest
from PIL import Image as Pillow

from lamella.core.errors import InputError, SettingsError
from lamella.io import write_movie
from lamella.io.bioimage_zoo import _safe_name, _yaml
from lamella.phantom import CellPhantom
from lamella.run import model_export
from lamella.run.exchange import export_tracked
from lamella.run.model_export import SHIPPED, export_model

torch = pytest.importorskip("torch", reason='pip install "lamella[recurrent]"')
pytest.importorskip("safetensors", reason='pip install "lamella[recurrent]"')
onnx = pytest.importorskip("onnx", reason='pip install "lamella[export]"')
onnxruntime = pytest.importorskip("onnxruntime", reason='pip install "lamella[export]"')

from lamella.nets.convlstm_unet import (  # noqa: E402  after torch is known to be there
    Architecture,
    from_scratch,
    load_network,
    save_model,
)
from lamella.nets.convlstm_unet.one_file import ENTRY, source_in_one_file  # noqa: E402
from lamella.nets.convlstm_unet.onnx_file import onnx_bytes  # noqa: E402
from lamella.nets.convlstm_unet.readable import Readable  # noqa: E402

PLAIN = Architecture(poolings=1, filters=2, window=3)
DISTANCE = Architecture(poolings=2, filters=3, window=2, head="distance")
ALONE = Architecture(poolings=3, filters=2, window=4, recurrent=False)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A file of weights whose distance is above 0 somewhere, as that of trained networks is."""
    file = tmp_path_factory.mktemp("model") / "small.safetensors"
    network = from_scratch(DISTANCE, seed=1)
    with torch.no_grad():
        network.out.bias[2] = 0.5
    save_model(file, network.state_dict(), DISTANCE, about={"taught with": "nothing: random"})
    return file


@pytest.mark.parametrize("architecture", [PLAIN, DISTANCE, ALONE])
def test_onnx_gives_what_pytorch_gives_at_any_size_and_batch(architecture):
    network = from_scratch(architecture, seed=3).eval()
    session = onnxruntime.InferenceSession(onnx_bytes(network, {}))
    for batch, rows, columns in [(1, 1, 1), (3, 5, 2), (2, 2, 7)]:
        sides = rows * architecture.multiple, columns * architecture.multiple
        windows = torch.rand(batch, architecture.window, *sides)
        with torch.no_grad():
            logits = network(windows).numpy()
        given = session.run(None, {"windows": windows.numpy()})
        odds = np.exp(logits[:, 1] - logits[:, 0])
        np.testing.assert_allclose(given[0][:, 0], odds / (1 + odds), atol=1e-5)
        assert len(given) == logits.shape[1] - 1
        for channel, image in enumerate(given[1:], start=2):
            np.testing.assert_allclose(image[:, 0], logits[:, channel], atol=1e-5)


def test_onnx_that_computes_something_else_is_never_written(monkeypatch):
    network = from_scratch(PLAIN, seed=3).eval()
    run = onnxruntime.InferenceSession.run
    monkeypatch.setattr(
        onnxruntime.InferenceSession, "run", lambda *given: [each + 1e-3 for each in run(*given)]
    )
    with pytest.raises(ArithmeticError, match=r"cell of ONNX and PyTorch are 0\.001 apart"):
        onnx_bytes(network, {})


def test_a_file_of_onnx_says_what_it_is(model, tmp_path, lamella):
    file = tmp_path / "net.onnx"
    code, told, _ = lamella("export", model, "--to", "onnx", "-o", file)
    assert code == 0
    assert "2 frames in, sides multiples of 4 px; cell, distance out" in told
    read = onnx.load(str(file))
    properties = {each.key: each.value for each in read.metadata_props}
    assert json.loads(properties["architecture"]) == DISTANCE.model_dump(mode="json")
    assert properties["taught with"] == "nothing: random"
    assert [each.name for each in read.graph.output] == ["cell", "distance"]
    code, _, error = lamella("export", model, "--to", "onnx", "-o", file)
    assert code == 2
    assert "use --force to replace it" in error


def test_the_source_in_one_file_builds_the_same_network_without_lamella(tmp_path, monkeypatch):
    file = tmp_path / "network.py"
    text = source_in_one_file()
    assert not re.search(r"^\s*(from|import) lamella", text, re.MULTILINE)
    file.write_text(text)
    spec = importlib.util.spec_from_file_location("network_in_one_file", file)
    alone = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "network_in_one_file", alone)
    spec.loader.exec_module(alone)
    ours = Readable(from_scratch(DISTANCE, seed=5)).eval()
    other = getattr(alone, ENTRY)(**DISTANCE.model_dump(mode="json")).eval()
    other.load_state_dict(ours.state_dict())
    windows = torch.rand(1, 2, 8, 12)
    with torch.no_grad():
        for one, two in zip(ours(windows), other(windows), strict=True):
            assert torch.equal(one, two)
    # Encoder and decoder have constants of the same name and other values.
    assert _norms(ours) == _norms(other)
    assert len(set(_norms(ours))) == 2


def _norms(network):
    norms = (each for each in network.modules() if isinstance(each, torch.nn.BatchNorm2d))
    return [(each.eps, each.momentum) for each in norms]


def test_a_package_is_valid_and_runs_in_bioimageio(model, tmp_path, monkeypatch):
    core = pytest.importorskip("bioimageio.core", reason="pip install bioimageio.core")
    _mend_bioimageio(monkeypatch)
    # Nothing may be asked of the network: every address refuses.
    monkeypatch.setattr("socket.socket.connect", _offline)
    file = tmp_path / "small.zip"
    export_model(str(model), file, to="bioimageio", authors=["A. Person"], licence="CC-BY-4.0")
    for kind in ("onnx", "pytorch_state_dict"):
        found = core.test_model(file, weight_format=kind)
        assert found.status == "passed", found.format()
    described = core.load_model_description(file)
    assert (described.license, described.authors[0].name) == ("CC-BY-4.0", "A. Person")
    assert described.weights.pytorch_state_dict.architecture.kwargs == DISTANCE.model_dump()


def _offline(*given):
    raise OSError("no network here")


def _mend_bioimageio(monkeypatch):
    """Let bioimageio.spec before 0.5.14 run beside pydantic from 2.14 on.

    It hands serialisers a second argument that was never used and is refused now; bioimageio.core
    0.11 asks for 0.5.12 exactly.
    """
    import bioimageio.spec
    from bioimageio.spec._internal import io_packaging
    from bioimageio.spec.model import v0_4

    if tuple(map(int, bioimageio.spec.__version__.split(".")[:3])) >= (0, 5, 14):
        return

    def file(value, handler, info):
        described = handler(value)
        described["source"] = _package(value.source, info, sha256=value.sha256)  # noqa: F821
        return described

    def weights(value, handler, info):
        return handler(value)

    # By their code: pydantic holds on to the functions themselves.
    mended = io_packaging.package_file_descr_serializer
    monkeypatch.setattr(mended, "__code__", file.__code__)
    monkeypatch.setattr(v0_4.package_weights, "__code__", weights.__code__)


def test_a_package_tells_what_it_holds(model, tmp_path, lamella):
    movie = tmp_path / "movie.tif"
    frames = CellPhantom(field_px=(50, 60), n_frames=3, look="phase", area_um2=60.0).make()
    write_movie(movie, frames.movie.channels, scale=frames.movie.scale)
    first, second = tmp_path / "one.zip", tmp_path / "two.zip"
    for file in (first, second):
        code, *_ = lamella(
            "export", model, "--to", "bioimageio", "-o", file, "--author", "A. Person",
            "--licence", "MIT", "--like", movie,
        )  # fmt: skip
        assert code == 0
    with zipfile.ZipFile(first) as archive, zipfile.ZipFile(second) as again:
        assert archive.namelist() == again.namelist()
        held = {name: archive.read(name) for name in archive.namelist()}
        assert held["rdf.yaml"] == again.read("rdf.yaml")
    window = np.load(BytesIO(held["windows.npy"]))
    raw = np.stack([frames.movie.channel("phase").frame(t) for t in (0, 1)])
    np.testing.assert_array_equal(window[0], raw[:, 1:49])  # the middle, in multiples of 4
    page = held["README.md"].decode()
    for told in ("2 consecutive frames", "taught with: nothing: random", "percentiles",
                 "receptive field", "## Validation"):  # fmt: skip
        assert told in page
    width, height = Pillow.open(BytesIO(held["cover.png"])).size
    assert width == 2 * height
    low, high = np.percentile(window, [0.1, 99.1])
    scaled = torch.from_numpy(np.clip((window - low) / (high - low), 0, 1).astype(np.float32))
    with torch.no_grad():
        cell = Readable(load_network(model, device="cpu"))(scaled)[0].numpy()
    np.testing.assert_allclose(np.load(BytesIO(held["cell.npy"])), cell, atol=1e-4)


def test_what_is_missing_for_a_package_is_asked_for(model, tmp_path):
    out = tmp_path / "small.zip"
    with pytest.raises(SettingsError, match=r"under which licence it may be used; give --author"):
        export_model(str(model), out, to="bioimageio", authors=["A. Person"])
    with pytest.raises(SettingsError, match="SPDX identifiers"):
        export_model(str(model), out, to="bioimageio", authors=["A."], licence="as you like")
    with pytest.raises(SettingsError, match=r"--author: it does nothing with onnx"):
        export_model(str(model), out, to="onnx", authors=["A. Person"])
    with pytest.raises(SettingsError, match=r"--axes: it does nothing with onnx"):
        export_model(str(model), out, to="onnx", axes="TYX")
    other = tmp_path / "other.safetensors"
    other.write_bytes(b"nothing")
    with pytest.raises(InputError, match="no file of safetensors"):
        export_model(str(other), out, to="onnx")
    small = tmp_path / "small.tif"
    tiny = CellPhantom(field_px=(16, 16), n_frames=2, area_um2=0.5).make().movie
    write_movie(small, tiny.channels, scale=tiny.scale)
    wide = tmp_path / "wide.safetensors"
    deep = Architecture(poolings=5, filters=2, window=2)
    save_model(wide, from_scratch(deep, seed=0).state_dict(), deep)
    with pytest.raises(InputError, match="its frames are 16 × 16 px; give frames of 32 px"):
        export_model(str(wide), out, to="bioimageio", authors=["A."], licence="MIT", like=small)
    assert not out.exists()


def test_a_folder_called_as_the_shipped_model_is_the_folder(model, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / SHIPPED).write_bytes(model.read_bytes())
    made = export_model(SHIPPED, tmp_path / "net.onnx", to="onnx")
    assert made.model.resolve() == tmp_path / SHIPPED


def test_a_model_that_is_not_there_or_goes_to_a_format_of_tracks(tmp_path):
    with pytest.raises(InputError, match=r"shiped: there is no such file or folder; .* or shipped"):
        export_model("shiped", tmp_path / "a.onnx", to="onnx")
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "card.json").write_text("{}")
    with pytest.raises(InputError, match=r"own: it is a model.*--to onnx or bioimageio"):
        export_tracked(folder, tmp_path / "a.xml", to="trackmate")


def test_what_does_nothing_with_onnx_is_told_of_the_shipped_model_too(model, tmp_path, monkeypatch):
    monkeypatch.setattr(model_export, "find_model", lambda name: model)
    with pytest.raises(SettingsError, match=r"--licence: it does nothing with onnx"):
        export_model(SHIPPED, tmp_path / "net.onnx", to="onnx", licence="MIT")


def test_yaml_of_nested_things_and_names_that_the_zoo_allows():
    value = {"a": [{"b": 1, "c": ["x: y", 0.1]}, []], "d": {"e": None}, "f": {}}
    yaml = pytest.importorskip("ruyaml", reason="pip install ruyaml")
    assert yaml.YAML(typ="safe").load("\n".join(_yaml(value))) == value
    assert _safe_name("Lamella: ki1/µ_2") == "Lamella ki1 _2"
    assert _safe_name("a") == "model a"
