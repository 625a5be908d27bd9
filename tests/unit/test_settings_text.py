"""A setting is changed in study.toml alone: comments, order and other lines stay as they were."""

import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lamella.core.errors import SettingsError
from lamella.run.settings_text import edited

TEXT = """\
# Mine.
title = "A # b"

[objects.cell]
channel = "GFP"   # the first
[objects.cell.segment]    # [not a table]
method = "multiotsu"      # or "motion"
classes = 3
# [objects.cell.track]    # follow all
# method = "lap"

[measure]                 # all groups
# migration = false
[measure.lamellipodium]   # choose it
percentile = 50
channels = [
  "GFP",  # one
  "RFP",
]
"""


def changed(text=TEXT, **places):
    wanted = tomllib.loads(text)
    for place, value in places.items():
        *tables, name = place.split("__")
        table = wanted
        for each in tables:
            table = table.setdefault(each, {})
        if value is None:
            table.pop(name)
        else:
            table[name] = value
    after = edited(text, wanted)
    assert tomllib.loads(after) == wanted
    return after


def gone_and_new(before, after):
    old, new = before.splitlines(), after.splitlines()
    return [line for line in old if line not in new], [line for line in new if line not in old]


def test_one_value_changes_one_line_and_keeps_its_comment():
    after = changed(objects__cell__segment__method="motion")
    assert gone_and_new(TEXT, after) == (
        ['method = "multiotsu"      # or "motion"'],
        ['method = "motion"      # or "motion"'],
    )
    assert '"A # c"' in changed(title="A # c")


def test_what_is_new_stands_in_its_table():
    after = changed(measure__lamellipodium__closing_px=2)
    assert after.endswith("]\nclosing_px = 2\n")
    assert gone_and_new(TEXT, after)[0] == []
    after = changed(measure__migration__turn_deg=40)
    assert "[measure.migration]\nturn_deg = 40\n" in after
    after = changed(scale__pixel_size_um=0.3)
    assert after.endswith("[scale]\npixel_size_um = 0.3\n")
    assert gone_and_new(TEXT, after)[0] == []


def test_what_goes_takes_its_lines_alone():
    after = changed(measure__lamellipodium__channels=None)
    assert gone_and_new(TEXT, after)[0] == ["channels = [", '  "GFP",  # one', '  "RFP",', "]"]
    assert "classes" not in changed(objects__cell__segment__classes=None)


def test_a_table_becomes_false_and_comes_back():
    off = changed(measure__lamellipodium=False)
    assert "[measure.lamellipodium]" not in off
    assert "lamellipodium = false" in off
    assert "# migration = false" in off
    on = changed(off, measure__lamellipodium={"percentile": 40})
    assert "[measure.lamellipodium]\npercentile = 40\n" in on


def test_inline_tables_and_dotted_keys():
    text = 'a.b = 1 # x\nc = { d = 1, e = "f" } # y\n'
    assert changed(text, a__b=2) == text.replace("1 # x", "2 # x")
    assert changed(text, c__d=5) == text.replace("d = 1", "d = 5")
    assert changed(text, c__e=None) == "a.b = 1 # x\nc = { d = 1 } # y\n"
    assert "# y" in changed(text, c__g=True)


def test_windows_lines_stay():
    text = TEXT.replace("\n", "\r\n")
    after = changed(text, measure__lamellipodium__closing_px=2)
    assert "closing_px = 2\r\n" in after
    assert after.replace("\r\n", "").count("\n") == 0


ABOVE = """\
[a]
x = 1
# about b
[b]
y = 2

# about c
[c]
z = 3
"""


def test_comments_above_a_table_stay_with_it():
    assert changed(ABOVE, a__w=5) == ABOVE.replace("x = 1\n", "x = 1\nw = 5\n")
    assert changed(ABOVE, b=None) == ABOVE.replace("[b]\ny = 2\n", "")
    assert "# about c\n[c]\n" in changed(ABOVE, b=False)
    assert "# about b\n[b]\n" in changed(ABOVE, a__d={"q": 1})
    close = "[a]\nx = 1\n[b]\ny = 2\n# about c\n[c]\nz = 3\n"
    both = changed(close, b=None, a__w=5)
    assert both == "[a]\nx = 1\nw = 5\n# about c\n[c]\nz = 3\n"
    assert gone_and_new(ABOVE, changed(ABOVE, a__d={"q": 1})) == ([], ["[a.d]", "q = 1"])


def test_line_ends_of_other_lines_stay_where_they_are_mixed():
    text = "[a]\r\nx = 1 # c\ns = 2\r\n"
    assert changed(text, a__y=3) == text + "y = 3\r\n"
    assert changed(text, a__x=5) == "[a]\r\nx = 5 # c\r\ns = 2\r\n"


def test_a_list_of_tables_in_a_line_stays_in_its_line():
    text = "[a]\nm = [{ x = 1 }] # c\ny = 1\n"
    after = changed(text, a__m=[{"x": 1}, {"x": 3}])
    assert after == "[a]\nm = [{ x = 1 }, { x = 3 }] # c\ny = 1\n"


def test_one_of_many_tables_of_a_name_is_changed():
    text = "[[many]]\na = 1 # x\n[[many]]\na = 2 # y\n"
    after = edited(text, {"many": [{"a": 1}, {"a": 3}]})
    assert after == text.replace("a = 2", "a = 3")


@pytest.mark.parametrize(
    ("text", "wanted", "named"),
    [
        ("a.b.c = 1\n", {"a": {}}, "a.b"),
        ("[a.b]\nx = 1\n[c]\ny = 2\n[a.d]\nz = 3\n", {"e": 3, "a": {}}, "c, e, a.b"),
        ("[[many]]\na = 1\n[[many]]\na = 2\n", {"many": [{"a": 1}]}, "many"),
    ],
)
def test_what_cannot_be_changed_alone_is_refused(text, wanted, named):
    with pytest.raises(SettingsError, match=rf"{named}.*: it cannot be changed .* by hand"):
        edited(text, wanted)


VALUES = st.one_of(
    st.booleans(), st.integers(-99, 99), st.floats(-9, 9), st.text(max_size=8),
    st.lists(st.integers(0, 9), max_size=3),
)  # fmt: skip
NAMES = st.sampled_from(["a", "b", "odd name", "c.d", "ü"])
TABLES = st.dictionaries(NAMES, VALUES, max_size=3)


@settings(max_examples=150, deadline=None)
@given(TABLES, TABLES, TABLES)
def test_any_change_gives_what_is_wanted(one, two, three):
    import tomli_w

    before = {"x": one, "y": {"z": two}}
    after = {"x": two, "y": {"z": one, **{f"n{k}": v for k, v in three.items()}}}
    text = "# first\n" + tomli_w.dumps(before) + "# last\n"
    changed_text = edited(text, after)
    assert changed_text.startswith("# first\n")
    assert "# last\n" in changed_text


@settings(max_examples=100, deadline=None)
@given(st.lists(TABLES, min_size=2, max_size=4), st.data())
def test_what_stands_above_a_table_that_stays_is_never_lost(tables, data):
    import tomli_w

    before = {f"t{n}": table for n, table in enumerate(tables)}
    text = "".join(f"# above {n}\n" + tomli_w.dumps({n: t}) for n, t in before.items())
    gone = data.draw(st.sampled_from(sorted(before)))
    after = {n: table for n, table in before.items() if n != gone}
    other = data.draw(st.sampled_from(sorted(after)))
    after[other] = {**after[other], "new": 1}
    kept = edited(text, after)
    assert tomllib.loads(kept) == after
    for name in after:
        assert f"# above {name}\n[{name}]\n" in kept
