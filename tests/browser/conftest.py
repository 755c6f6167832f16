"""The local stage's HTTP front with the tests' stage, and a real Chromium."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from infra.local.demo import Demo
from infra.local.processes import LOOPBACK, free_port, is_taken, running
from tests.support.browser import console
from tests.support.stage import AUDIENCE, Stage

ROOT = Path(__file__).parents[2]
_FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--window-size=1280,1100"),
)


@pytest.fixture(scope="session")
def address(_one_stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("served")
    port = free_port()
    settings = _one_stage.settings
    environ = {
        **os.environ,
        **_one_stage.aws.environ,
        "PYTHONPATH": str(ROOT),
        "KNOWNTO_STAGE": settings.stage,
        "KNOWNTO_AUDIENCE": settings.audience,
        "KNOWNTO_MAC_KEY": settings.mac_key,
        "KNOWNTO_DATA_KEY": settings.data_key,
        "KNOWNTO_AUDIT_KEY": settings.audit_key,
        "KNOWNTO_BROKER_DESK_NAME": settings.broker_desk.name,
        "KNOWNTO_BROKER_DESK_PHONE": settings.broker_desk.phone,
    }
    keys = {
        code: {"name": code, "kid": key.kid, "alg": key.alg, "private_key_pem": key.private_key_pem}
        for code, key in _one_stage.keys.items()
    }
    address = f"http://{LOOPBACK}:{port}"
    demo = Demo(address, AUDIENCE, _one_stage.aws.endpoint_url, "eu-west-2", keys)
    with pytest.MonkeyPatch.context() as here:
        here.chdir(folder)
        demo.save()
    command = [
        *(sys.executable, "-m", "gunicorn", "infra.local.gateway:application", "--bind", f"{LOOPBACK}:{port}"),
        *("--worker-class", "infra.local.gateway.Worker", "--workers", "2", "--no-control-socket"),
        *("--chdir", str(folder)),
    ]
    with running(command, environ, folder / "log", lambda: is_taken(port)):
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
