"""The data dictionary of the documentation is that of the code."""

import importlib.util


def test_the_page_is_up_to_date(pytestconfig):
    docs = pytestconfig.rootpath / "docs"
    spec = importlib.util.spec_from_file_location("make_columns", docs / "make_columns.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    told = (docs / "columns.md").read_text(encoding="utf-8")
    assert told == module.page(), "write it anew with: make columns"
