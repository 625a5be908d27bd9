"""Notes of the report that follow from what was found in the movies."""

from lamella.run.cache import Done, Manifest
from lamella.run.report import _drifting


def movies(tmp_path, **p):
    manifests = {}
    for name, chance in p.items():
        manifests[name] = Manifest(tmp_path / name)
        told = {"p": chance, "words": f"words of {name}."}
        manifests[name].record({"track/cell": Done("key", found={"field_drift": told})})
    return manifests


def test_movies_whose_cells_drift_together_are_named(tmp_path):
    (note,) = _drifting({"drift": False}, movies(tmp_path, a=0.001, b=0.4, c=None))
    assert "In 1 of 2 movies" in note
    assert "a: words of a." in note
    assert _drifting({"drift": False}, movies(tmp_path, a=0.4)) == []


def test_nobody_is_told_to_register_what_is_registered(tmp_path):
    assert _drifting({"drift": {"method": "phase"}}, movies(tmp_path, a=0.001)) == []
