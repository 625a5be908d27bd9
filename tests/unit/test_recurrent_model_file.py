"""Files of recurrent networks: what was written comes back, and anything else is refused."""

import json
import pickle
import random

import pytest
import torch
from safetensors.torch import save

from lamella.core.errors import InputError, NotInstalledError, SettingsError
from lamella.nets.convlstm_unet import (
    Architecture,
    adapted,
    find_model,
    from_scratch,
    installation,
    load_network,
    model_file,
    read_model,
    save_model,
)

SMALL = Architecture(poolings=1, filters=2, window=3)
REFUSED = r"weights.safetensors: it (is no file of safetensors|holds another network)"


def tensors_of(architecture, seed=0):
    return from_scratch(architecture, seed=seed).state_dict()


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "weights.safetensors"
    save_model(path, tensors_of(SMALL), SMALL, about={"encoder": "random", "µ": "–"})
    return path


def test_what_was_written_comes_back(file):
    tensors, architecture, about = read_model(file)
    wanted = tensors_of(SMALL)
    assert architecture == SMALL
    assert about == {"encoder": "random", "µ": "–"}
    assert tensors.keys() == wanted.keys()
    assert all(torch.equal(tensors[name], wanted[name]) for name in wanted)


def test_equal_weights_give_equal_bytes(file, tmp_path):
    again = tmp_path / "again"
    shuffled = dict(reversed(tensors_of(SMALL).items()))
    save_model(again, shuffled, SMALL, about={"µ": "–", "encoder": "random"})
    assert again.read_bytes() == file.read_bytes()


def test_a_network_is_loaded_once_and_again_when_its_file_changes(file):
    first = load_network(file, device="cpu")
    assert not first.training
    assert load_network(file, device="cpu") is first
    frames = torch.rand(1, 3, 8, 8)
    assert torch.equal(first(frames), from_scratch(SMALL, seed=0).eval()(frames))
    save_model(file, tensors_of(SMALL, seed=1), SMALL)
    assert not torch.equal(load_network(file, device="cpu")(frames), first(frames))


def test_any_damaged_byte_is_seen(file):
    whole = file.read_bytes()
    header = int.from_bytes(whole[:8], "little")
    draw = random.Random(0)
    places = [*range(12), *draw.choices(range(8, 8 + header), k=150)]
    places += draw.choices(range(8 + header, len(whole)), k=50)
    for place in places:
        damaged = bytearray(whole)
        damaged[place] ^= 1 << draw.randrange(8)
        file.write_bytes(damaged)
        if damaged[place : place + 1].isspace() and whole[place : place + 1].isspace():
            continue  # blanks at the end of the header, one for another
        with pytest.raises(InputError, match=r"weights\.safetensors"):
            read_model(file)


@pytest.mark.parametrize("kept", [0, 5, 8, 100, 5000, -1])
def test_a_file_that_was_cut_short_is_refused(file, kept):
    file.write_bytes(file.read_bytes()[:kept])
    with pytest.raises(InputError, match="no file of safetensors, or was cut short"):
        read_model(file)


@pytest.mark.parametrize(
    "content",
    [
        b"not weights",
        bytes(4096),
        b"\xff" * 4096,
        pickle.dumps({"a": 1}),
        (3_000_000).to_bytes(8, "little") + b"[" * 3_000_000,
        save({"a": torch.ones(3)}),
        save({"a": torch.ones(3)}, metadata={"lamella": json.dumps({"network": "other"})}),
        save({"a": torch.ones(3)}, metadata={"lamella": "["}),
    ],
    ids=["text", "zeros", "ones", "pickle", "deep", "safetensors", "another network", "no JSON"],
)
def test_other_files_are_refused(file, content):
    file.write_bytes(content)
    with pytest.raises(InputError, match=REFUSED):
        read_model(file)


def test_a_file_with_more_in_it_than_the_network_needs_is_not_read(file):
    with file.open("r+b") as opened:
        opened.truncate(10**12)  # of which the disk holds the first few kB
    with pytest.raises(InputError, match="it has 1000000000000 bytes, such a network at most"):
        read_model(file)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda t: t.pop("out.bias"), r"1 missing \(out.bias\)"),
        (lambda t: t.update(a=torch.ones(2), b=torch.ones(2)), r"2 unknown \(a, …\)"),
        (lambda t: t.update({"out.bias": torch.ones(3)}), r"1 of another shape or type"),
        (lambda t: t.update({"out.bias": torch.ones(2, dtype=torch.int32)}), r"shape or type"),
        (lambda t: t["out.bias"].fill_(torch.nan), "out.bias holds NaN"),
        (lambda t: t["out.bias"].fill_(-torch.inf), "out.bias holds NaN or infinity"),
    ],
    ids=["missing", "unknown", "shape", "type", "NaN", "infinite"],
)
def test_tensors_that_are_not_the_networks_are_refused(file, change, fault):
    tensors = tensors_of(SMALL)
    change(tensors)
    save_model(file, tensors, SMALL)
    with pytest.raises(InputError, match=fault):
        read_model(file)


@pytest.mark.parametrize(
    ("architecture", "fault"),
    [
        ({"poolings": 6}, "poolings: Input should be less than"),
        ({"poolings": 1, "layers": 3}, "layers: Extra inputs"),
        ({"poolings": "1"}, "poolings: Input should be a valid integer"),
        (None, "is not understood"),
    ],
)
def test_an_architecture_that_is_none_is_refused(file, architecture, fault):
    told = {"network": "convlstm_unet", "architecture": architecture, "about": {}}
    file.write_bytes(save({"a": torch.ones(3)}, metadata={"lamella": json.dumps(told)}))
    with pytest.raises(InputError, match=fault):
        read_model(file)


def test_a_file_and_a_folder_are_found(file, tmp_path):
    assert find_model("weights.safetensors", folder=tmp_path) == file
    with pytest.raises(InputError, match=r"no folder of a recurrent network: card.json missing"):
        find_model(str(tmp_path))
    (tmp_path / "card.json").write_text("{}")
    assert find_model(tmp_path.name, folder=tmp_path.parent) == file
    with pytest.raises(SettingsError, match=r"there is no file or folder .*none"):
        find_model("none", folder=tmp_path)


def test_without_a_name_it_is_the_model_that_comes_with_lamella(file, tmp_path, monkeypatch):
    monkeypatch.setattr(model_file, "_SHIPPED", file)
    assert find_model() == file
    monkeypatch.setattr(model_file, "_SHIPPED", tmp_path / "none.safetensors")
    with pytest.raises(NotInstalledError, match=r"there is no file .*none.safetensors; install"):
        find_model()


def test_what_is_not_installed_is_named(file, monkeypatch):
    monkeypatch.setattr(installation, "find_spec", lambda name: None)
    for act in (
        lambda: read_model(file),
        lambda: from_scratch(SMALL, seed=0),
        lambda: save_model(file, {}, SMALL),
        lambda: load_network(file),
    ):
        with pytest.raises(NotInstalledError, match=r'pip install "lamella\[recurrent\]"'):
            act()


def test_a_seed_decides_all_weights_and_leaves_torchs_own_draws_alone():
    torch.manual_seed(3)
    wanted = torch.rand(3)
    torch.manual_seed(3)
    one, same, other = (tensors_of(SMALL, seed) for seed in (1, 1, 2))
    assert torch.equal(torch.rand(3), wanted)
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert not torch.equal(one["out.weight"], other["out.weight"])


def test_an_adapted_network_keeps_what_it_has_and_draws_what_is_new():
    tensors = tensors_of(SMALL, seed=1)
    headed = SMALL.model_copy(update={"head": "distance", "window": 4})
    grown = adapted(tensors, SMALL, headed, seed=2).eval()
    frames = torch.rand(1, 4, 8, 8)
    before = from_scratch(SMALL, seed=1).eval()
    assert torch.equal(grown(frames)[:, :2], before(frames))
    drawn = from_scratch(headed, seed=2).out.weight[2]
    assert torch.equal(grown.out.weight[2], drawn)
    assert grown.architecture == headed

    back = adapted(grown.state_dict(), headed, SMALL, seed=3).eval()
    assert torch.equal(back(frames), before(frames))

    blind = SMALL.model_copy(update={"recurrent": False, "window": 1})
    single = adapted(tensors, SMALL, blind, seed=2).eval()
    assert single.memory is None
    assert torch.equal(single.features(frames[0]), before.features(frames[0]))
    seeing = adapted(single.state_dict(), blind, SMALL, seed=2)
    new = from_scratch(SMALL, seed=2).state_dict()
    assert all(
        torch.equal(tensor, (new if name.startswith("memory.") else tensors)[name])
        for name, tensor in seeing.state_dict().items()
    )


def test_a_network_of_another_size_is_not_adapted():
    with pytest.raises(InputError, match="it has filters = 2, and 4 is asked for"):
        adapted(tensors_of(SMALL), SMALL, SMALL.model_copy(update={"filters": 4}), seed=0)
