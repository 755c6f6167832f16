"""The first page that a newcomer opens."""

from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from tests.support.browser import console


def test_the_first_page_leads_to_the_others_and_loads_without_a_message(browser: Chrome, address: str) -> None:
    browser.get(address)
    assert console(browser) == []
    for name, title in (("Ask as a practitioner", "Ask as a practitioner"), ("Try the API", "API reference")):
        browser.get(address)
        browser.find_element(By.PARTIAL_LINK_TEXT, name).click()
        assert browser.title == f"{title} – Known To"
        browser.find_element(By.LINK_TEXT, "Known To").click()
        assert browser.title == "Known To on this machine"
