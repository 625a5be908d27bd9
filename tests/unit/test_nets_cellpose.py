"""Cellpose: found, downloaded, loaded, and its masks, by real calls."""

import copy
import http.server
import logging
import ssl
import threading
import warnings

import numpy as np
import pytest
import torch

from lamella.core.errors import InputError, LamellaWarning, NotInstalledError, SettingsError
from lamella.nets import cellpose
from lamella.nets.cellpose import evaluating, finding, installation
from lamella.nets.device import out_of_memory

pytestmark = pytest.mark.skipif(
    cellpose.installed() != 3, reason="Cellpose 4 is installed: see tests/cellpose4"
)


class Planted(torch.nn.Module):
    """In place of Cellpose's network, with the same ways in and out: bright is cell, and the flow
    of every pixel goes up the blurred brightness, to the middle of its cell."""

    nout, mkldnn = 3, False

    def __init__(self, *, at_most=None):
        super().__init__()
        self.at_most = at_most
        self.batches = []
        ramp = torch.exp(-(torch.arange(-10.0, 11) ** 2) / 50)
        self.kernel = torch.outer(ramp, ramp)[None, None] / ramp.sum() ** 2
        self.device = torch.device("cpu")

    def forward(self, x):
        self.batches.append(len(x))
        if self.at_most is not None and len(x) > self.at_most:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 9 GiB.")
        bright = x[:, :1] + x[:, 1:]
        blurred = torch.nn.functional.conv2d(bright, self.kernel, padding=10)
        flow = torch.cat(torch.gradient(blurred, dim=(2, 3)), dim=1)
        length = flow.norm(dim=1, keepdim=True).clamp_min(1e-6)
        return torch.cat([5 * flow / length, 20 * (bright - 0.5)], dim=1), torch.ones(len(x), 256)


def discs(shape, centres, radius=11):
    y, x = np.indices(shape)
    image = np.full(shape, 100.0)
    for cy, cx in centres:
        image[(y - cy) ** 2 + (x - cx) ** 2 <= radius**2] = 900.0
    return image


FRAMES = [
    discs((70, 90), [(20, 20), (45, 60)]),
    discs((70, 90), [(22, 24), (40, 66), (55, 15)]),
    discs((70, 90), [(35, 45)]),
]


@pytest.fixture(scope="module")
def random_model():
    return cellpose.from_scratch(seed=1, device="cpu")


@pytest.fixture(scope="module")
def weights(random_model, tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "random"
    random_model.net.save_model(path)
    return path


def planted(random_model, **settings):
    model = copy.copy(random_model)
    model.net = Planted(**settings)
    return model


@pytest.fixture
def model(random_model):
    return planted(random_model)


@pytest.fixture
def cache(tmp_path, monkeypatch):
    folder = tmp_path / "models"
    monkeypatch.setenv("CELLPOSE_LOCAL_MODELS_PATH", str(folder))
    return folder


# ---- masks ----


@pytest.mark.parametrize("batch_size", [None, 1, 4])
@pytest.mark.parametrize("diameter_px", [None, 22.0])
def test_masks_are_those_of_a_plain_call_per_frame(model, batch_size, diameter_px):
    ours = cellpose.evaluate(model, FRAMES, batch_size=batch_size, diameter_px=diameter_px)
    for frame, found, n in zip(FRAMES, ours, (2, 3, 1), strict=True):
        plain = model.eval(frame, channels=[0, 0], diameter=diameter_px)[0]
        assert found.dtype == np.uint32
        assert found.max() == n
        np.testing.assert_array_equal(found, plain)


def test_real_weights_give_the_same_network_output_one_by_one_and_together(random_model):
    x = np.random.default_rng(0).random((3, 32, 32, 2)).astype(np.float32)
    settings = {**evaluating._STRETCH}
    together = random_model.eval(x, channel_axis=-1, normalize=settings, compute_masks=False)[1]
    for image, probability in zip(x, together[2], strict=True):
        alone = random_model.eval(image, channel_axis=-1, compute_masks=False)[1][2]
        np.testing.assert_allclose(probability, alone, atol=1e-5)


def test_the_nucleus_is_the_second_channel(model):
    cytoplasm, nuclei = discs((70, 90), [(20, 20)]), discs((70, 90), [(45, 60)])
    (ours,) = cellpose.evaluate(model, [np.stack([cytoplasm, nuclei])])
    plain = model.eval(np.stack([cytoplasm, nuclei]), channels=[1, 2], channel_axis=0)[0]
    assert ours.max() == 2
    np.testing.assert_array_equal(ours, plain)


def test_frames_of_several_sizes_keep_their_order(model):
    frames = [FRAMES[0], FRAMES[1][:60, :80], FRAMES[2], FRAMES[0]]
    found = cellpose.evaluate(model, frames, batch_size=8)
    assert [mask.shape for mask in found] == [frame.shape for frame in frames]
    assert [int(mask.max()) for mask in found] == [2, 3, 1, 2]
    assert cellpose.evaluate(model, []) == []


def test_settings_reach_cellpose(model):
    def count(**settings):
        return int(cellpose.evaluate(model, FRAMES[:1], **settings)[0].max())

    assert count() == 2
    assert count(smallest_px=500) == 0
    assert count(largest_fraction=0.01) == 0
    assert count(cellprob_threshold=1e6) == 0


def test_without_the_stretch_images_are_taken_as_they_are(model):
    frame = FRAMES[0]  # its 1st and 99th percentile are 100 and 900
    stretched = cellpose.evaluate(model, [(frame - 100) / 800], stretch=False)
    np.testing.assert_array_equal(stretched, cellpose.evaluate(model, [frame]))
    (raw,) = cellpose.evaluate(model, [frame], stretch=False, largest_fraction=1)
    # To a network made for 0 to 1, grey levels of 100 are cell.
    assert np.count_nonzero(raw) > 2 * np.count_nonzero(stretched)


def test_calls_leave_images_and_cellposes_defaults_as_they_were(model):
    image = FRAMES[0].astype(np.float32)
    cellpose.evaluate(model, [image])
    np.testing.assert_array_equal(image, FRAMES[0])
    defaults = installation.imported("models").normalize_default
    before = dict(defaults)
    cellpose.evaluate(model, FRAMES, stretch=False, batch_size=4)
    assert defaults == before


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (5, 5), (7, 30), (2, 5, 5), (2, 1, 9)])
@pytest.mark.parametrize("batch_size", [1, 4])
def test_tiny_frames_keep_their_shape(random_model, shape, batch_size):
    images = [np.random.default_rng(i).random(shape) for i in range(3)]
    found = cellpose.evaluate(random_model, images, batch_size=batch_size)
    assert [mask.shape for mask in found] == [shape[-2:]] * 3


def test_constant_frames_have_no_objects_and_nothing_is_printed(model, capfd):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = cellpose.evaluate(model, [np.zeros((40, 40)), np.full((40, 40), 7, np.uint16)])
    assert [int(mask.max()) for mask in found] == [0, 0]
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("image", "told"),
    [
        (np.where(np.eye(40) > 0, np.nan, 1.0), "40 pixels that are NaN or infinite"),
        (np.ones((3, 40, 40)), r"its shape is \(3, 40, 40\)"),
        (np.ones((1, 2, 40, 40)), r"its shape is \(1, 2, 40, 40\)"),
        (np.ones(40), r"its shape is \(40,\)"),
        (np.ones((0, 40)), r"its shape is \(0, 40\)"),
    ],
)
def test_images_that_cannot_be_segmented_are_told_by_number(model, image, told):
    with pytest.raises(InputError, match=f"image 1: .*{told}"):
        cellpose.evaluate(model, [FRAMES[0], image])


def test_a_frame_that_shrinks_to_nothing_is_told(model):
    with pytest.raises(InputError, match="5 × 5 px: it shrinks to nothing when cells of 200 px"):
        cellpose.evaluate(model, [np.ones((5, 5))], diameter_px=200)


# ---- memory ----


def test_too_little_memory_means_smaller_batches_the_same_masks_and_one_word(random_model):
    plenty, little = planted(random_model), planted(random_model, at_most=2)
    frames = [np.tile(frame, (2, 3)) for frame in FRAMES]
    wanted = cellpose.evaluate(plenty, frames, batch_size=16)
    with pytest.warns(LamellaWarning, match="too small: . tiles at a time") as said:
        found = cellpose.evaluate(little, frames, batch_size=16)
    assert [str(w.message).split(": ")[1].split()[0] for w in said] == ["8", "4", "2"]
    for a, b in zip(found, wanted, strict=True):
        assert a.max() >= 6
        np.testing.assert_array_equal(a, b)
    little.net.batches.clear()
    cellpose.evaluate(little, frames, batch_size=16)  # a warning would be an error
    assert max(little.net.batches) == 2


def test_no_memory_for_one_tile_is_told_with_the_remedy(random_model):
    model = planted(random_model, at_most=0)
    with pytest.raises(InputError, match=r'even one tile .* set device = "cpu"'):
        cellpose.evaluate(model, FRAMES, batch_size=1)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (RuntimeError("MPS backend out of memory (MPS allocated: 5 GB)"), True),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried 8 TB"), True),
        (MemoryError(), True),
        (RuntimeError("shape mismatch"), False),
    ],
)
def test_what_counts_as_too_little_memory(error, expected):
    assert out_of_memory(error) is expected


def test_other_faults_of_the_network_are_not_hidden(random_model):
    class Broken(Planted):
        def forward(self, x):
            raise RuntimeError("shape mismatch")

    model = copy.copy(random_model)
    model.net = Broken()
    with pytest.raises(RuntimeError, match="shape mismatch"):
        cellpose.evaluate(model, FRAMES)


# ---- weights ----


def test_a_model_is_loaded_once_per_file_and_state(weights, random_model, tmp_path):
    first = cellpose.load(weights, device="cpu")
    assert cellpose.load(weights, device="cpu") is first
    for name, tensor in random_model.net.state_dict().items():
        assert torch.equal(tensor, first.net.state_dict()[name])
    path = tmp_path / "changed"
    tensors = torch.load(weights, weights_only=True)
    tensors["diam_labels"] = torch.tensor([44.0])
    torch.save(tensors, path)
    assert cellpose.load(path, device="cpu").diam_labels == 44


def test_a_model_that_has_segmented_can_still_be_saved_and_copied(weights, tmp_path):
    model = cellpose.load(weights, device="cpu")
    cellpose.evaluate(model, [FRAMES[2]])
    copy.deepcopy(model.net).save_model(tmp_path / "again")
    saved = torch.load(tmp_path / "again", weights_only=True)
    for name, tensor in torch.load(weights, weights_only=True).items():
        assert torch.equal(saved[name], tensor)


def test_random_weights_follow_the_seed_and_leave_the_generator_alone(random_model):
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    same, other = (cellpose.from_scratch(seed=seed, device="cpu") for seed in (1, 2))
    assert torch.equal(torch.rand(3), expected)
    name = "output.2.weight"
    assert torch.equal(same.net.state_dict()[name], random_model.net.state_dict()[name])
    assert not torch.equal(other.net.state_dict()[name], random_model.net.state_dict()[name])
    assert cellpose.from_scratch(diameter_px=17, device="cpu").diam_mean == 17


def changed(weights, path, change):
    tensors = torch.load(weights, weights_only=True)
    change(tensors)
    torch.save(tensors, path)
    return path


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda t: t.pop("output.2.bias"), r"1 missing \(output.2.bias\)"),
        (lambda t: t.update(head=torch.ones(2)), r"1 unknown \(head\)"),
        (
            lambda t: t.update({"output.2.weight": torch.ones(9, 32, 1, 1)}),
            r"1 of another shape \(output.2.weight\)",
        ),
        (
            lambda t: t["output.2.weight"].fill_(np.nan),
            "its tensor output.2.weight holds NaN or infinity",
        ),
        (lambda t: [t.pop(k) for k in list(t)[2:]] + [t.update(x=torch.ones(1))], "311 missing"),
    ],
)
def test_weights_that_are_not_the_networks_are_told(weights, tmp_path, change, told):
    path = changed(weights, tmp_path / "weights", change)
    with pytest.raises(InputError, match=told):
        cellpose.load(path, device="cpu")


def test_weights_without_diameters_are_those_of_old_models(weights, tmp_path):
    def change(tensors):
        del tensors["diam_mean"], tensors["diam_labels"]

    model = cellpose.load(changed(weights, tmp_path / "old", change), device="cpu")
    assert (model.diam_mean, model.diam_labels) == (30, 30)


def test_weights_of_cellpose_4_are_named(tmp_path):
    path = tmp_path / "cpsam"
    torch.save({"W2": torch.ones(192, 3, 8, 8), "out.bias": torch.ones(192)}, path)
    with pytest.raises(
        NotInstalledError, match=r"weights of Cellpose 4, .* \"lamella\[cellpose4\]"
    ):
        cellpose.load(path, device="cpu")


# ---- which Cellpose ----


def test_an_absent_or_unknown_cellpose_is_told(monkeypatch):
    def absent(name):
        raise installation.PackageNotFoundError(name)

    monkeypatch.setattr(installation, "version_of", absent)
    with pytest.raises(NotInstalledError, match=r'not installed; pip install "lamella\[cellpose\]'):
        cellpose.find("cyto3")
    monkeypatch.setattr(installation, "version_of", lambda name: "2.2.3")
    with pytest.raises(NotInstalledError, match=r"Cellpose 2\.2\.3: Lamella works with versions 3"):
        cellpose.installed()
    monkeypatch.setattr(installation, "version_of", lambda name: "4.2.1.1")
    assert (cellpose.installed(), cellpose.default_model()) == (4, "cpsam")
    with pytest.raises(NotInstalledError, match="cannot be trained from scratch"):
        cellpose.from_scratch()


def test_a_cellpose_that_cannot_be_imported_is_told(monkeypatch):
    def broken(name):
        raise RuntimeError("operator torchvision::nms does not exist")

    monkeypatch.setattr(installation.importlib, "import_module", broken)
    with pytest.raises(NotInstalledError, match=r"cannot be imported \(RuntimeError: operator"):
        installation.imported("never_imported_before")


# ---- where the weights are ----


def test_a_path_is_relative_to_the_folder_and_a_model_folder_holds_weights(weights, tmp_path):
    assert cellpose.find(weights.name, folder=weights.parent) == weights
    assert cellpose.find(str(weights)) == weights
    folder = tmp_path / "model"
    folder.mkdir()
    with pytest.raises(InputError, match=r"no model folder: card.json and weights.pth missing"):
        cellpose.find("model", folder=tmp_path)
    (folder / "card.json").touch()
    (folder / "weights.pth").touch()
    assert cellpose.find("model", folder=tmp_path) == folder / "weights.pth"


def test_names_lead_to_files_of_cellposes_own_folder(cache):
    cache.mkdir()
    for file in ("cyto3", "nucleitorch_0", "my_own_model"):
        (cache / file).touch()
    assert cellpose.find() == cache / "cyto3"
    assert cellpose.find("nuclei") == cache / "nucleitorch_0"
    assert cellpose.find("my_own_model") == cache / "my_own_model"


def test_our_names_and_files_are_cellposes(cache, monkeypatch):
    models = installation.imported("models")
    assert set(cellpose.BUILT_IN[3]) <= set(models.MODEL_NAMES)
    assert finding._ADDRESSES[3] == models._MODEL_URL
    monkeypatch.setattr(models, "cache_model_path", lambda file: file)
    for name, file in cellpose.BUILT_IN[3].items():
        assert models.model_path(name) == file


def test_unknown_names_are_told_with_those_there_are(cache):
    with pytest.raises(
        SettingsError, match=r"model = 'cito3': Cellpose 3 has no .* one of: cyto3,"
    ):
        cellpose.find("cito3")
    with pytest.raises(NotInstalledError, match="'cpsam': it is a model of Cellpose 4, and"):
        cellpose.find("cpsam")


# ---- downloads ----


@pytest.fixture
def served(monkeypatch):
    """``served(answer)``: a web server of this machine stands in for Cellpose's."""
    monkeypatch.setenv("no_proxy", "*")
    servers = []

    def start(answer):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                answer(self)

            def log_message(self, *words):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        address = f"http://127.0.0.1:{server.server_port}/models"
        monkeypatch.setitem(finding._ADDRESSES, 3, address)
        return address

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def sending(content, *, announced=None, status=200):
    def answer(request):
        request.send_response(status)
        request.send_header("Content-Length", str(announced or len(content)))
        request.end_headers()
        request.wfile.write(content)

    return answer


def test_a_model_is_downloaded_whole_with_certificates_checked(
    served, cache, weights, monkeypatch, capfd
):
    served(sending(weights.read_bytes()))
    utils = installation.imported("utils")
    open_address, checks = utils.urlopen, []

    def opened(address):
        # Cellpose has just switched checking off, as it thinks.
        checks.append(ssl._create_default_https_context().verify_mode)
        checks.append(ssl._create_unverified_context().verify_mode)
        return open_address(address)

    monkeypatch.setattr(utils, "urlopen", opened)
    before = ssl._create_default_https_context, ssl._create_unverified_context
    path = cellpose.find("nuclei")
    assert path == cache / "nucleitorch_0"
    assert path.read_bytes() == weights.read_bytes()
    assert checks == [ssl.CERT_REQUIRED] * 2
    assert (ssl._create_default_https_context, ssl._create_unverified_context) == before
    assert list(cache.iterdir()) == [path]
    assert capfd.readouterr() == ("", "")
    assert cellpose.find("nuclei") == path
    assert len(checks) == 2  # the second time it is there


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda whole: sending(whole[:200_000], announced=len(whole)), "was cut short"),
        (lambda whole: sending(b"<html>Log in to this network</html>"), "no weight file"),
        (lambda whole: sending(b"no such model", status=404), "HTTP Error 404"),
    ],
    ids=["broken off", "a page", "not found"],
)
def test_a_download_that_fails_leaves_nothing(served, cache, weights, spoil, told):
    address = served(spoil(weights.read_bytes()))
    with pytest.raises(NotInstalledError) as failed:
        cellpose.find("cyto2")
    text = str(failed.value)
    assert text.startswith(f"cyto2: no weights in {cache}, and ")
    assert told in text
    assert text.endswith(f"put the file cyto2torch_0 from {address}/cyto2torch_0 there")
    assert list(cache.iterdir()) == []
    assert ssl._create_default_https_context().verify_mode == ssl.CERT_REQUIRED


def test_offline_is_told_with_the_file_and_its_place(served, cache, monkeypatch):
    monkeypatch.setitem(finding._ADDRESSES, 3, "http://127.0.0.1:9/models")
    with pytest.raises(
        NotInstalledError, match=r"could not be downloaded .*refused.* put the file"
    ):
        cellpose.find()
    with pytest.raises(
        NotInstalledError, match=f"cyto3: no weights in {cache}; put the file cyto3"
    ):
        cellpose.find(download=False)


def test_a_folder_that_cannot_be_made_is_told(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("CELLPOSE_LOCAL_MODELS_PATH", str(tmp_path / "file" / "models"))
    with pytest.raises(NotInstalledError, match=r"could not be downloaded .*Not a directory"):
        cellpose.find("cyto3")


def test_cellpose_does_not_speak_through_the_screen():
    assert any(isinstance(h, logging.NullHandler) for h in logging.getLogger("cellpose").handlers)
