"""Weight files: tensors come in, anything else stays out."""

import hashlib
import io
import pickle
import zipfile
from pathlib import Path

import pytest
import torch

from lamella.core.errors import InputError, SettingsError
from lamella.nets import device
from lamella.nets.weights import digest, read_tensors

GOOD = {"a.weight": torch.arange(600.0).reshape(20, 30), "a.count": torch.tensor(7)}


class Touch:
    """A pickle of this makes a file when it is opened carelessly."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return Path.touch, (Path(self.mark),)


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "weights.pth"
    torch.save(GOOD, path)
    return path


@pytest.mark.parametrize("zipped", [True, False], ids=["today's format", "the format before 1.6"])
def test_tensors_come_back_as_they_were_saved(tmp_path, zipped):
    path = tmp_path / "weights.pth"
    torch.save(GOOD, path, _use_new_zipfile_serialization=zipped)
    read = read_tensors(path)
    assert read.keys() == GOOD.keys()
    assert all(torch.equal(read[name], GOOD[name]) for name in GOOD)


def test_the_digest_is_sha256_and_follows_the_file(saved):
    assert digest(saved) == hashlib.sha256(saved.read_bytes()).hexdigest()
    torch.save({"b": torch.ones(1000)}, saved)
    assert digest(saved) == hashlib.sha256(saved.read_bytes()).hexdigest()


@pytest.mark.parametrize("form", ["pickle", "old pickle", "today's format", "the format of 1.5"])
def test_a_file_that_would_run_code_is_refused_and_not_run(tmp_path, form):
    mark, path = tmp_path / "it ran", tmp_path / "weights.pth"
    content = {"a.weight": torch.ones(3), "b": Touch(str(mark))}
    if "pickle" in form:
        path.write_bytes(pickle.dumps({"b": content["b"]}, protocol=2 if "old" in form else None))
    else:
        torch.save(content, path, _use_new_zipfile_serialization=form == "today's format")
    with pytest.raises(InputError, match=r"beside tensors|no weight file") as refused:
        read_tensors(path)
    assert str(path) in str(refused.value)
    assert not mark.exists()
    # The file is a live one: opened carelessly, it does what it says.
    if "pickle" in form:
        pickle.loads(path.read_bytes())
    else:
        torch.load(path, weights_only=False)
    assert mark.exists()


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("kept", [0.0, 0.3, 0.9, 0.999])
def test_a_file_that_was_cut_short_is_refused(tmp_path, zipped, kept):
    path = tmp_path / "weights.pth"
    torch.save(GOOD, path, _use_new_zipfile_serialization=zipped)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(kept * len(whole))])
    with pytest.raises(InputError, match="no weight file, or was cut short"):
        read_tensors(path)


@pytest.mark.parametrize(
    "content",
    [b"not weights", b"<html><body>Log in</body></html>", bytes(4096), "µ".encode("utf-16")],
)
def test_other_files_are_refused(tmp_path, content):
    path = tmp_path / "weights.pth"
    path.write_bytes(content)
    with pytest.raises(InputError, match="no weight file"):
        read_tensors(path)


def test_a_folder_and_a_missing_file_are_told(tmp_path):
    with pytest.raises(InputError, match="it is a folder"):
        read_tensors(tmp_path)
    with pytest.raises(InputError, match="it cannot be read"):
        read_tensors(tmp_path / "none.pth")


@pytest.mark.parametrize(
    "content",
    [
        {},
        [torch.ones(2)],
        {"epoch": 3, "a": torch.ones(2)},
        {"state_dict": {"a": torch.ones(2)}},
        {1: torch.ones(2)},
        {"a": torch.eye(3).to_sparse()},
        {"a": torch.ones(2, device="meta")},
    ],
    ids=["empty", "list", "number", "nested", "unnamed", "sparse", "without values"],
)
def test_anything_but_named_tensors_is_refused(tmp_path, content):
    path = tmp_path / "weights.pth"
    torch.save(content, path)
    with pytest.raises(InputError, match="other things than named tensors"):
        read_tensors(path)


def test_a_tensor_that_claims_more_than_the_file_holds_is_refused(tmp_path):
    path = tmp_path / "weights.pth"
    torch.save({"a": torch.zeros(1).expand(10**12)}, path)
    assert path.stat().st_size < 10_000
    with pytest.raises(InputError, match="would need 4000000000000 bytes"):
        read_tensors(path)


def test_an_archive_that_swells_is_refused(saved):
    swollen = io.BytesIO()
    with zipfile.ZipFile(saved) as plain, zipfile.ZipFile(swollen, "w") as packed:
        for part in plain.infolist():
            content = plain.read(part) + bytes(10**7 if "data/0" in part.filename else 0)
            packed.writestr(part.filename, content, compress_type=zipfile.ZIP_DEFLATED)
    saved.write_bytes(swollen.getvalue())
    assert saved.stat().st_size < 10**5
    with pytest.raises(InputError, match="compressed archive"):
        read_tensors(saved)


def test_the_device_is_the_one_asked_for_or_the_best_there_is(monkeypatch):
    assert device.pick("cpu") == torch.device("cpu")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert device.pick("auto").type == "mps"
    with pytest.raises(SettingsError, match=r"device = 'cuda': PyTorch .* finds no such device"):
        device.pick("cuda")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert device.pick("auto").type == "cuda"
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: "NVIDIA H200")
    assert device.described(device.pick("auto")) == "NVIDIA H200"
    assert device.described(torch.device("cpu")).startswith("CPU (")
