"""A real browser over a report; skipped, with the reason, where there is none."""

import shutil
from contextlib import contextmanager

import pytest

webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")

BROWSER = shutil.which("chromium") or shutil.which("google-chrome") or shutil.which("chrome")
DRIVER = shutil.which("chromedriver")


def _options(*arguments):
    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", *arguments):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return options


@pytest.fixture(scope="session")
def chrome():
    """One browser for all tests."""
    if not BROWSER or not DRIVER:
        pytest.skip("needs the programs chromium and chromedriver")
    driver = webdriver.Chrome(options=_options(), service=webdriver.ChromeService(DRIVER))
    yield driver
    driver.quit()


@pytest.fixture
def opened(chrome, tmp_path):
    """Opens a page of this text at a size; what the console complained of fails the test."""

    @contextmanager
    def open_page(text, *, width=1280, height=900, dark=False):
        file = tmp_path / "report.html"
        file.write_text(text, encoding="utf-8")
        chrome.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500},
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
        chrome.get("about:blank")
        chrome.get(file.as_uri())
        chrome.get_log("browser")
        chrome.refresh()
        yield chrome
        assert chrome.get_log("browser") == []

    return open_page
