"""What the core brings may go with a program under the BSD licence; docs/licences.md tells it."""

import importlib.util
import runpy
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def licences():
    spec = importlib.util.spec_from_file_location("make_licences", DOCS / "make_licences.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["make_licences"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["make_licences"]


@pytest.fixture(scope="module")
def packages(licences):
    return licences.packages()


def test_the_core_is_permissive(packages):
    core = [each for each in packages if each.parts == ("core",)]
    assert {"numpy", "tifffile", "pandas", "pillow"} <= {each.name for each in core}
    assert [each for each in core if each.kind != "permissive"] == []


def test_the_gpl_comes_with_no_package_of_ours(packages):
    """None brings it today; one that does stands in an extra, and is told in docs/licences.md."""
    assert [each for each in packages if each.kind == "GPL"] == []
    assert {e.name for e in packages if e.kind == "unknown"} <= {"py-ctcmetrics"}


def test_the_page_names_every_package_of_the_core(packages):
    page = (DOCS / "licences.md").read_text(encoding="utf-8")
    missing = [e.name for e in packages if e.parts == ("core",) and f"| {e.name} |" not in page]
    assert missing == []


@pytest.mark.parametrize(
    ("licence", "kind"),
    [
        ("MIT", "permissive"), ("GPL-3.0-only", "GPL"), ("AGPL-3.0", "GPL"), ("", "unknown"),
        ("GNU General Public License v3 (GPLv3)", "GPL"), ("proprietary", "unknown"),
        ("GNU Lesser General Public License v3 (LGPLv3)", "LGPL"), ("GPLv2+", "GPL"),
        ("LGPL-2.1-or-later", "LGPL"), ("MIT OR GPL-2.0-only", "permissive"),
        ("Apache-2.0 AND GPL-3.0-or-later WITH GCC-exception-3.1", "permissive"),
        ("BSD-3-Clause AND GPL-3.0-only", "GPL"),
    ],
)  # fmt: skip
def test_what_a_licence_asks_for(licences, licence, kind):
    assert licences.kind_of(licence) == kind


def test_an_sbom_keeps_what_users_install(licences):
    sbom = {
        "metadata": {"component": {"bom-ref": "root"}},
        "components": [{"bom-ref": "n", "name": "NumPy"}, {"bom-ref": "r", "name": "ruff"}],
        "dependencies": [{"ref": "root", "dependsOn": ["n", "r"]}, {"ref": "r"}, {"ref": "n"}],
    }
    assert licences.without_tools(sbom, {"numpy"}) == {
        "metadata": sbom["metadata"],
        "components": [{"bom-ref": "n", "name": "NumPy"}],
        "dependencies": [{"ref": "root", "dependsOn": ["n"]}, {"ref": "n", "dependsOn": []}],
    }


@pytest.mark.parametrize(
    ("found", "code", "said"),
    [
        ([{"name": "a", "skip_reason": "?"}], 0, "nothing is audited"),
        ([{"name": "a", "version": "1", "vulns": []}], 0, "no known vulnerability in 1 packages"),
        ([{"name": "a", "version": "1", "vulns": [{"id": "X-1", "fix_versions": ["2"]}]}], 1,
         "a 1: X-1, mended in 2"),
    ],
)  # fmt: skip
def test_a_known_vulnerability_fails_and_a_missing_network_does_not(capsys, found, code, said):
    audit = runpy.run_path(str(DOCS.parent / ".ci" / "audit.py"))
    assert audit["told"](found) == code
    assert said in capsys.readouterr().out
