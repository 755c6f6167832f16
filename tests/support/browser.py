"""The messages in the browser's console: violations of the page's policy, failed loads, script errors."""

from typing import Any

from selenium.webdriver import Chrome


def console(browser: Chrome) -> list[dict[str, Any]]:
    """Returns the messages since the last call."""
    said: list[dict[str, Any]] = browser.get_log("browser")  # type: ignore[no-untyped-call]
    return said
