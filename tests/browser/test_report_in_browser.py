"""The report as a reader meets it: pointing, filtering, sorting, leafing, printing."""

import base64
import io
import re
import time
from dataclasses import replace

import pytest
from PIL import Image

from lamella.report.html import render
from lamella.report.page import photo_uri
from lamella.report.pictures import pictures
from worlds.reports import MEASURES, stats_only, told_study

selenium = pytest.importorskip("selenium")
from selenium.webdriver import ActionChains, Keys  # noqa: E402 (only where it is installed)
from selenium.webdriver.common.by import By  # noqa: E402

SPEED_PAGE = "measure-mean-speed-um-per-min"
HOSTILE = "<script>alert(1)</script>"
HOSTILE_MOVIE = '"><img src=x onerror=alert(1)>{n}{session}'


@pytest.fixture(scope="module")
def told():
    return told_study()


@pytest.fixture(scope="module")
def page(told):
    return render(told, drawn=[])


def leaf(browser, name):
    browser.execute_script(f"location.hash = '{name}'")
    wait_until(lambda: browser.find_element(By.ID, name).is_displayed())
    return browser.find_element(By.ID, name)


def wait_until(said, seconds=5):
    end = time.monotonic() + seconds
    while not said():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.02)


def tip(browser):
    return browser.find_element(By.ID, "tip")


def point_at(browser, dot):
    browser.execute_script(
        "arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", dot
    )
    # The page hides what is told when it scrolls: wait until it has come to rest.
    time.sleep(0.3)
    ActionChains(browser).move_to_element(dot).perform()


def uncovered(browser, dot):
    """Whether the mark of a movie or of a session does not lie over the dot of a cell."""
    return browser.execute_script(
        "const dot = arguments[0]; dot.scrollIntoView({block: 'center', behavior: 'instant'});"
        "const box = dot.getBoundingClientRect();"
        "const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];"
        "return document.elementFromPoint(x, y) === dot",
        dot,
    )


def press(browser, part):
    """A click that does not depend on where the page has scrolled to."""
    browser.execute_script("arguments[0].click()", part)


def shown_strip(browser):
    """Which picture the tip shows, and from where."""
    return browser.execute_script(
        "const s = document.querySelector('#tip .cellstrip');"
        "return s && [s.style.getPropertyValue('--sprite'), s.style.backgroundPosition]"
    )


def test_a_dot_tells_whose_it_is_and_shows_that_cell(opened, page, told):
    with opened(page) as browser:
        plot = leaf(browser, SPEED_PAGE)
        assert not tip(browser).is_displayed()
        dots = plot.find_elements(By.CSS_SELECTOR, ".cells [data-c]")
        assert len(dots) == len(told.cells)
        free = [dot for dot in dots if uncovered(browser, dot)]
        assert len(free) >= len(dots) / 3  # the others lie below a mark; arrow keys reach them
        for dot in (free[0], free[-1]):
            place = int(dot.get_attribute("data-c"))
            point_at(browser, dot)
            wait_until(lambda: tip(browser).is_displayed())
            cell = told.cells.iloc[place]
            wait_until(
                lambda cell=cell: f"{cell['movie']}, cell {cell['cell']}" in tip(browser).text
            )
            assert dot.get_attribute("data-v") in tip(browser).text
            sprite, position = shown_strip(browser)
            strips = told.cell_strips[cell["movie"]]
            assert base64.b64encode(strips.webp).decode() in sprite
            row = strips.cells.index(("cell", cell["cell"]))
            assert position == f"0px {-row * strips.row_px}px"


def test_arrow_keys_go_from_dot_to_dot(opened, page, told):
    with opened(page) as browser:
        plot = leaf(browser, SPEED_PAGE).find_element(By.CSS_SELECTOR, "svg.dots")
        browser.execute_script("arguments[0].focus()", plot)
        ActionChains(browser).send_keys(Keys.ARROW_RIGHT).perform()
        wait_until(lambda: tip(browser).is_displayed())
        first = tip(browser).text
        focused = browser.switch_to.active_element
        assert told.cells["movie"][int(focused.get_attribute("data-c"))] in first
        assert first.splitlines()[0] in focused.get_attribute("aria-label")
        assert shown_strip(browser)
        ActionChains(browser).send_keys(Keys.ARROW_RIGHT).perform()
        wait_until(lambda: tip(browser).text not in ("", first))
        ActionChains(browser).send_keys(Keys.ESCAPE).perform()
        wait_until(lambda: not tip(browser).is_displayed())
        ActionChains(browser).send_keys(Keys.ENTER).perform()
        wait_until(lambda: "#movie-" in browser.current_url)


def test_a_movie_without_strips_of_cells_shows_its_own(opened, told):
    with opened(render(replace(told, cell_strips={}), drawn=[])) as browser:
        dot = leaf(browser, SPEED_PAGE).find_element(By.CSS_SELECTOR, '[data-c="0"]')
        point_at(browser, dot)
        wait_until(lambda: tip(browser).is_displayed())
        source = tip(browser).find_element(By.TAG_NAME, "img").get_attribute("src")
        source = tip(browser).find_element(By.TAG_NAME, "img").get_attribute("src")
        assert source == photo_uri(told.filmstrips[told.cells["movie"][0]])


def test_a_session_can_be_put_aside(opened, page):
    with opened(page) as browser:
        part = leaf(browser, SPEED_PAGE)
        rows = part.find_elements(By.CSS_SELECTOR, "tr[data-s]")
        dots = part.find_elements(By.CSS_SELECTOR, "svg.dots .cells [data-s]")
        before = [row for row in rows if row.is_displayed()]
        assert before
        boxes = browser.find_elements(By.CSS_SELECTOR, ".chips input")
        press(browser, boxes[0])
        for part in rows:
            assert part.is_displayed() == (part.get_attribute("data-s") != "0")
        dim = {
            dot.get_attribute("data-s"): float(dot.value_of_css_property("opacity")) for dot in dots
        }
        assert dim["0"] < 0.1 < dim["1"]
        press(browser, boxes[0])
        assert all(row.is_displayed() for row in before)


def test_a_click_on_a_head_sorts(opened, page):
    with opened(page) as browser:
        part = leaf(browser, "cells")
        table = part.find_element(By.CSS_SELECTOR, "table.sortable")
        heads = table.find_elements(By.CSS_SELECTOR, "thead th")
        place = next(i for i, head in enumerate(heads) if "mean speed" in head.text)

        def column():
            return browser.execute_script(
                "const [table, place] = arguments;"
                "return [...table.tBodies[0].rows].map(row => +row.cells[place].dataset.sort)",
                table, place,
            )  # fmt: skip

        start = column()
        press(browser, heads[place].find_element(By.TAG_NAME, "button"))
        assert column() == sorted(start)
        assert heads[place].get_attribute("aria-sort") == "ascending"
        press(browser, heads[place].find_element(By.TAG_NAME, "button"))
        assert column() == sorted(start, reverse=True)


def test_one_part_is_shown_at_a_time(opened, page):
    with opened(page) as browser:

        def shown():
            parts = browser.find_elements(By.CSS_SELECTOR, ".leaf")
            return [part.get_attribute("id") for part in parts if part.is_displayed()]

        assert shown() == ["answers"]
        press(browser, browser.find_element(By.CSS_SELECTOR, '.answers a[href^="#measure-"]'))
        wait_until(lambda: shown() == [SPEED_PAGE])
        current = browser.find_elements(By.CSS_SELECTOR, 'nav.bar [aria-current="page"]')
        assert [link.text for link in current] == ["Measures"]
        browser.back()
        wait_until(lambda: shown() == ["answers"])
        press(browser, browser.find_element(By.CSS_SELECTOR, "button.whole"))
        assert len(shown()) == len(browser.find_elements(By.CSS_SELECTOR, ".leaf"))


def test_without_a_script_everything_is_there(opened, page):
    bare = re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL)
    with opened(bare) as browser:
        parts = browser.find_elements(By.CSS_SELECTOR, ".leaf")
        assert all(part.is_displayed() for part in parts)


def test_text_of_the_user_runs_nothing(opened):
    hostile = told_study((HOSTILE, f"b{HOSTILE}"), (HOSTILE, "june"), movie_name=HOSTILE_MOVIE)
    text = render(hostile, pictures(hostile))
    with opened(text) as browser:
        for name in ("answers", "movies"):
            leaf(browser, name)
            assert HOSTILE in browser.find_element(By.TAG_NAME, "main").text
        assert "<img src=x onerror=alert(1)>" in browser.find_element(By.ID, "movies").text
        assert len(browser.find_elements(By.TAG_NAME, "script")) == 1
        assert not browser.find_elements(By.CSS_SELECTOR, '[src="x"]')
        page = browser.execute_script(
            "return document.querySelector('svg.dots').closest('.leaf').id"
        )
        point_at(browser, leaf(browser, page).find_element(By.CSS_SELECTOR, '[data-c="0"]'))
        wait_until(lambda: tip(browser).is_displayed())
        assert "onerror=alert(1)" in tip(browser).text
        assert HOSTILE in tip(browser).text


@pytest.mark.parametrize("narrow", [320, 390])
def test_a_phone_never_scrolls_the_page_sideways(opened, told, narrow):
    with opened(render(told, pictures(told)), width=narrow) as browser:
        for part in browser.find_elements(By.CSS_SELECTOR, ".leaf"):
            leaf(browser, part.get_attribute("id"))
            over = browser.execute_script(
                "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            assert over <= 0, part.get_attribute("id")


def test_many_sessions_of_long_names_keep_to_a_phone(opened):
    names = tuple(f"session of day {n} in the laboratory across the street" for n in range(6))
    with opened(render(told_study(sessions=names), drawn=[]), width=390) as browser:
        over, high = browser.execute_script(
            "const root = document.documentElement;"
            "return [root.scrollWidth - root.clientWidth,"
            " document.querySelector('nav.bar').offsetHeight]"
        )
        assert over <= 0
        assert high < 100  # it stays on the screen while one reads


def test_of_many_conditions_the_names_can_be_read(opened):
    study = told_study(conditions=[f"treatment {n}" for n in range(30)], movies_per_session=1)
    with opened(render(study, drawn=[])) as browser:
        name = leaf(browser, SPEED_PAGE).find_element(By.CSS_SELECTOR, "svg.dots text.name")
        height, over = browser.execute_script(
            "const root = document.documentElement;"
            "return [arguments[0].getBoundingClientRect().height,"
            " root.scrollWidth - root.clientWidth]",
            name,
        )
        assert height > 9
        assert over <= 0


def test_an_address_of_nonsense_breaks_nothing(opened, page):
    with opened(page) as browser:
        browser.get(f"{browser.current_url}#%E0%A4%A")
        browser.refresh()
        assert browser.find_element(By.ID, "answers").is_displayed()
        assert browser.find_element(By.CSS_SELECTOR, "fieldset.chips").is_displayed()


def test_a_dark_screen_is_dark_and_readable(opened, page):
    with opened(page, dark=True) as browser:
        leaf(browser, SPEED_PAGE)
        picture = Image.open(io.BytesIO(browser.get_screenshot_as_png())).convert("L")
        assert picture.resize((1, 1)).getpixel((0, 0)) < 60
        text = browser.find_element(By.CSS_SELECTOR, "svg.dots .axis")
        assert browser.execute_script(
            "return getComputedStyle(arguments[0]).fill", text
        ) == "rgb(232, 232, 234)"  # fmt: skip


def test_500_cells_open_within_two_seconds(opened):
    study = told_study(sessions=("1", "2", "3"), movies_per_session=4, cells_per_movie=14)
    assert len(study.cells) > 500
    with opened(render(study, drawn=[])) as browser:
        loaded = browser.execute_script(
            "const [n] = performance.getEntriesByType('navigation'); return n.loadEventEnd"
        )
        dots = browser.find_elements(By.CSS_SELECTOR, ".cells [data-c]")
        assert len(dots) == len(MEASURES) * len(study.cells)
        assert loaded < 2000


def test_it_prints_every_part_and_no_button(opened, told):
    with opened(render(told, pictures(told))) as browser:
        printed = base64.b64decode(browser.print_page())
        assert printed.startswith(b"%PDF")
        assert len(re.findall(rb"/Type\s*/Page\b", printed)) >= 5
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
        parts = browser.find_elements(By.CSS_SELECTOR, ".leaf")
        hidden = [part.get_attribute("id") for part in parts if not part.is_displayed()]
        assert hidden == ["measures"]  # nothing but links
        assert not browser.find_element(By.CSS_SELECTOR, "nav.bar").is_displayed()
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


def test_the_page_of_a_table_alone(opened, told):
    with opened(render(stats_only(told), drawn=[])) as browser:
        part = leaf(browser, SPEED_PAGE)
        dot = part.find_element(By.CSS_SELECTOR, '[data-c="3"]')
        point_at(browser, dot)
        wait_until(lambda: tip(browser).is_displayed())
        assert dot.get_attribute("data-v") in tip(browser).text
