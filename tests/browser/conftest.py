"""The local stage's HTTP front with the tests' stage, and a real Chromium."""

import shutil
from collections.abc import Iterator

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from tests.support.browser import console
from tests.support.served import served
from tests.support.stage import Stage

_FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--window-size=1280,1100"),
)


@pytest.fixture(scope="session")
def address(_one_stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(_one_stage, tmp_path_factory.mktemp("served")) as address:
        yield address


def _program(name: str) -> str:
    found = shutil.which(name)
    assert found, f"{name} is not installed. On Debian: apt-get install chromium chromium-driver"
    return found


@pytest.fixture(scope="session")
def _chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    chromium, driver = (_program(name) for name in ("chromium", "chromedriver"))
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in (*_FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    browser = webdriver.Chrome(options=options, service=Service(driver))
    try:
        yield browser
    finally:
        browser.quit()


@pytest.fixture
def browser(_chromium: webdriver.Chrome) -> webdriver.Chrome:
    console(_chromium)  # discards the messages of earlier tests
    return _chromium
