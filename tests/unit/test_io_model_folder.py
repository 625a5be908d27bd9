"""A model's folder: whole or not at all, replaced on demand only, read back with its digest."""

import pandas as pd
import pytest

from lamella.core.errors import InputError, OutputError
from lamella.io.model_folder import CARD, WEIGHTS, ModelParts, read_card, write_model

PARTS = ModelParts(
    {"kind": "cellpose", "name": "m"},
    {"losses": pd.DataFrame({"epoch": [0]})},
    {"a.png": b"png"},
    "<html>",
)


def save(file):
    file.write_bytes(b"weights")


def test_written_and_read_back(tmp_path):
    folder = tmp_path / "deep" / "m"
    write_model(folder, PARTS, save=save)
    there = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
    assert there == ["card.json", "figures/a.png", "losses.csv", "model.html", "weights.pth"]
    assert read_card(folder)["name"] == "m"
    assert len(read_card(folder)["weights_sha256"]) == 64


def test_it_is_replaced_on_demand_only(tmp_path):
    folder = tmp_path / "m"
    write_model(folder, PARTS, save=save)
    with pytest.raises(OutputError, match="a model is there already; use --force"):
        write_model(folder, PARTS, save=save)
    write_model(folder, ModelParts({"kind": "recurrent", "name": "new"}), save=save, force=True)
    assert read_card(folder)["name"] == "new"
    assert not (folder / "losses.csv").exists()
    assert (folder / "weights.safetensors").exists() > (folder / "weights.pth").exists()


def test_what_is_no_model_is_never_replaced(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(OutputError, match="is no model"):
        write_model(tmp_path, PARTS, save=save, force=True)
    with pytest.raises(OutputError, match="is no model"):
        write_model(tmp_path / "notes.txt", PARTS, save=save, force=True)
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_an_interrupted_write_leaves_the_model_that_was_there(tmp_path):
    folder = tmp_path / "m"
    write_model(folder, PARTS, save=save)

    def stopped(file):
        file.write_bytes(b"half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_model(
            folder, ModelParts({"kind": "recurrent", "name": "new"}), save=stopped, force=True
        )
    assert read_card(folder)["name"] == "m"
    assert [p.name for p in tmp_path.iterdir()] == ["m"]


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        (
            lambda f: (f / WEIGHTS["cellpose"]).write_bytes(b"others"),
            "not the weights that card.json",
        ),
        (lambda f: (f / WEIGHTS["cellpose"]).unlink(), "there is no such file"),
        (lambda f: (f / CARD).unlink(), "there is no such file"),
        (lambda f: (f / CARD).write_text("[]"), "it is no model's card"),
        (lambda f: (f / CARD).write_text('{"weights_sha256": "0"}'), "it is no model's card"),
        (lambda f: (f / CARD).write_text("{"), "it is not JSON"),
    ],
)
def test_a_damaged_folder_is_refused(tmp_path, spoil, fault):
    write_model(tmp_path / "m", PARTS, save=save)
    spoil(tmp_path / "m")
    with pytest.raises(InputError, match=fault):
        read_card(tmp_path / "m")
