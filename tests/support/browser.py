"""What a page says in the browser's console: refusals of its own policy, failed loads, script errors."""

from typing import Any

from selenium.webdriver import Chrome


def console(browser: Chrome) -> list[dict[str, Any]]:
    """Since the last time of asking."""
    said: list[dict[str, Any]] = browser.get_log("browser")  # type: ignore[no-untyped-call]
    return said
