"""A practitioner asks a question in a real browser, and reads the answer."""

from collections.abc import Iterator
from typing import Any

import pytest
from selenium.webdriver import Chrome, Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from infra.local import sandbox
from tests.support.browser import console
from tests.support.stage import BRENT, EALING, Stage

SECONDS = 30
NOT_ASKED = "Not asked yet"


class Page:
    def __init__(self, browser: Chrome, address: str) -> None:
        self.browser = browser
        browser.get(f"{address}/ask")
        self.until(lambda: browser.find_elements(By.CSS_SELECTOR, "#samples button"))

    def until(self, ready: Any) -> None:
        WebDriverWait(self.browser, SECONDS).until(lambda _: ready())

    def one(self, name: str) -> WebElement:
        return self.browser.find_element(By.ID, name)

    def fill(self, name: str, value: str) -> None:
        self.one(name).clear()
        self.one(name).send_keys(value)

    @property
    def state(self) -> str:
        return str(self.one("state").get_attribute("textContent"))

    def ask(self, child: str, authority: str = BRENT, sub: str = "sw-asks") -> str:
        """Asks, and returns the final state of the page."""
        self.fill("nhs_number", child)
        self.fill("sub", sub)
        option = f'option[value="{authority}"]'
        self.one("authority").find_element(By.CSS_SELECTOR, option).click()
        self.one("ask").click()
        self.until(lambda: self.state not in {"Asking", NOT_ASKED})
        return self.state

    @property
    def statement(self) -> str:
        return self.one("statement").text

    @property
    def entries(self) -> list[str]:
        return [entry.text for entry in self.browser.find_elements(By.CSS_SELECTOR, ".entries > li")]

    @property
    def text(self) -> str:
        return self.one("answer").text


@pytest.fixture
def page(browser: Chrome, address: str) -> Page:
    return Page(browser, address)


def test_the_page_shows_whom_to_ring(stage: Stage, page: Page) -> None:
    child = stage.new_child()
    stage.register(child, lead_professional=True)
    assert page.ask(child) == "Known"
    assert page.statement.startswith("Known to another practitioner.")
    [entry] = page.entries
    for words in ("Ada Okafor", "Social worker, Assessment team", "Social care · Haringey", "Current", "Lead"):
        assert words in entry
    links = page.browser.find_elements(By.CSS_SELECTOR, ".entries a")
    assert [link.get_attribute("href") for link in links][:2] == ["tel:02079460001", "tel:02079460002"]
    assert "Haringey duty team" in str(links[2].get_attribute("aria-label"))
    assert f"About {child}" in page.text
    assert console(page.browser) == []


def test_previous_work_shows_the_team_and_not_the_person(stage: Stage, page: Page) -> None:
    child = stage.new_child()
    stage.register(child, ended_on=stage.today.isoformat())
    assert page.ask(child) == "Known"
    [entry] = page.entries
    assert "Previous" in entry
    assert "Assessment team" in entry
    assert "020 7946 0002" in entry
    assert "Ada Okafor" not in page.text


def test_a_sensitive_service_shows_the_broker_desk(stage: Stage, page: Page) -> None:
    child = stage.new_child()
    stage.register(child, service_type="mental_health", basis="consent")
    assert page.ask(child) == "Known"
    [entry] = page.entries
    assert "A sensitive service" in entry
    assert "020 7946 0100" in entry
    assert "Haringey" not in entry


def test_a_protected_child_shows_only_the_broker_desk(stage: Stage, page: Page) -> None:
    child = stage.new_child()
    stage.register(child)
    stage.shield(child)
    assert page.ask(child) == "Known, protected"
    assert page.entries == []
    assert "National broker desk" in page.text
    assert "020 7946 0100" in page.text
    assert "Ada Okafor" not in page.text


def test_none_always_comes_with_its_limits_and_the_coverage(stage: Stage, page: Page) -> None:
    assert page.ask(stage.new_child()) == "None registered"
    assert "This does not mean unknown or safe." in page.statement
    assert "How far this answer reaches" in page.text
    assert "Local authority: " in page.text


def test_an_own_record_is_marked(stage: Stage, page: Page) -> None:
    child = stage.new_child()
    stage.register(child, token=stage.token(EALING), practitioner={"id": "sw-asks", "name": "Me", "role": "Nurse"})
    assert page.ask(child, EALING) == "None registered"
    assert "Your own record" in page.entries[0]


def test_if_the_service_cannot_check_the_page_says_only_that(stage: Stage, page: Page) -> None:
    child = stage.new_child()
    stage.register(child)
    kms = stage.aws.client("kms")
    kms.disable_key(KeyId=stage.settings.mac_key)
    try:
        state = page.ask(child)
    finally:
        kms.enable_key(KeyId=stage.settings.mac_key)
    assert state == "Could not check"
    assert page.statement == "Could not check. Treat as unknown; ring your duty team."
    assert "does not mean that nobody is known" in page.text
    assert page.entries == []


def test_if_no_answer_comes_the_page_says_the_same(stage: Stage, page: Page) -> None:
    page.browser.execute_cdp_cmd("Network.enable", {})
    page.browser.execute_cdp_cmd("Network.setBlockedURLs", {"urls": ["*/v1/lookups"]})
    try:
        assert page.ask(stage.new_child()) == "Could not check"
    finally:
        page.browser.execute_cdp_cmd("Network.setBlockedURLs", {"urls": []})


def test_a_mistyped_number_is_named_at_its_field_and_is_no_answer(page: Page) -> None:
    assert page.ask("9990000043") == "Not asked"
    field = page.one("nhs_number")
    assert field.get_attribute("aria-invalid") == "true"
    assert page.browser.switch_to.active_element == field
    reason = "This is not a valid NHS number. It has ten digits, and the last one checks the others."
    described = [page.one(name).text for name in str(field.get_attribute("aria-describedby")).split()]
    assert reason in described
    assert reason in page.one("said").text  # a screen reader reads this out
    field.send_keys(Keys.BACKSPACE)
    assert field.get_attribute("aria-describedby") == "nhs_number_hint"
    assert page.browser.find_elements(By.CSS_SELECTOR, ".reason") == []


@pytest.mark.parametrize("spelled", ["{} {} {}", "{}-{}-{}", " {}{}{} "])
def test_a_number_is_accepted_as_letters_write_it(stage: Stage, page: Page, spelled: str) -> None:
    child = stage.new_child()
    stage.register(child)
    assert page.ask(spelled.format(child[:3], child[3:6], child[6:])) == "Known"
    assert f"About {child}" in page.text


def test_a_question_under_way_is_not_asked_again(stage: Stage, page: Page) -> None:
    """The service records each question."""
    page.browser.execute_script(HELD_BACK)
    page.fill("nhs_number", stage.new_child())
    for button in (page.one("ask"), page.one("ask"), page.browser.find_element(By.CSS_SELECTOR, "#samples button")):
        button.click()
    page.one("nhs_number").send_keys(Keys.ENTER)
    assert page.one("ask").get_attribute("aria-disabled") == "true"
    assert page.state == "Asking"
    page.browser.execute_script("window.letGo()")
    page.until(lambda: page.state == "None registered")
    assert page.browser.execute_script("return window.asked") == 1
    assert page.one("ask").get_attribute("aria-disabled") == "false"


@pytest.fixture
def phone(page: Page) -> Iterator[Page]:
    """The page in a window as narrow as a telephone's."""
    size = {"width": 390, "height": 780, "deviceScaleFactor": 1, "mobile": True}
    page.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    yield page
    page.browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


IN_VIEW = """
const {top, bottom} = arguments[0].getBoundingClientRect();
return top >= 0 && bottom <= window.innerHeight;
"""


def test_on_a_telephone_names_and_numbers_are_what_the_eye_meets(stage: Stage, phone: Page) -> None:
    child = stage.new_child()
    stage.register(child)
    assert phone.ask(child) == "Known"
    for what in ("#statement", ".entries h3", ".entries a.phone"):
        assert phone.browser.execute_script(IN_VIEW, phone.browser.find_element(By.CSS_SELECTOR, what)), what


@pytest.mark.parametrize("field", ["nhs_number", "case_reference", "sub"])
def test_on_a_telephone_a_fault_is_in_view_with_its_field(stage: Stage, phone: Page, field: str) -> None:
    wrong = {"nhs_number": "9990000043", "case_reference": "a\\b", "sub": ""}
    phone.fill("case_reference", wrong[field] if field == "case_reference" else "case-17")
    child = wrong[field] if field == "nhs_number" else stage.new_child()
    assert phone.ask(child, sub=wrong["sub"] if field == "sub" else "sw-1") == "Not asked"
    for name in (field, f"{field}_reason"):
        assert phone.browser.execute_script(IN_VIEW, phone.one(name)), name


def test_every_child_of_the_sandbox_can_be_asked_for_with_one_click(page: Page) -> None:
    page.browser.find_element(By.CSS_SELECTOR, ".sandbox summary").click()
    buttons = page.browser.find_elements(By.CSS_SELECTOR, "#sandbox button")
    assert [button.text for button in buttons] == [*sandbox.WORDS.values()]
    buttons[[*sandbox.WORDS].index(sandbox.CANNOT_ANSWER)].click()
    page.until(lambda: page.state == "Could not check")


def test_an_entry_of_a_form_that_the_page_does_not_know_still_says_that_somebody_is_there(page: Page) -> None:
    page.browser.execute_script(A_LATER_VERSION)
    assert page.ask("9990000018") == "Known"
    assert [entry.splitlines()[0] for entry in page.entries] == ["Summarised", "Ada"]
    assert "Asleep" in page.entries[1]
    assert "020 7946 0100" in page.entries[0]


@pytest.mark.parametrize("sub", ["", "  "])
def test_a_missing_practitioner_id_is_named_at_its_field_without_advice_to_try_again(page: Page, sub: str) -> None:
    assert page.ask("9990000018", sub=sub) == "Not asked"
    assert page.one("sub").get_attribute("aria-invalid") == "true"
    assert "Practitioner id" in page.text
    assert "Try again" not in page.text


def test_no_answer_stays_when_the_number_changes(stage: Stage, page: Page) -> None:
    child = stage.new_child()
    stage.register(child)
    assert page.ask(child) == "Known"
    page.one("nhs_number").send_keys(Keys.BACKSPACE)
    assert page.state == NOT_ASKED
    assert page.entries == []


def test_markup_in_a_name_is_text(stage: Stage, page: Page) -> None:
    child, name = stage.new_child(), "<img src=x onerror=alert(1)><b>Ada</b>"
    stage.register(child, practitioner={"id": "x", "name": name, "role": "<script>1</script>"})
    page.ask(child)
    assert name in page.entries[0]
    assert page.browser.find_elements(By.CSS_SELECTOR, ".entries img, .entries b, .entries script") == []


def test_the_keyboard_alone_is_enough_to_ask_and_read(stage: Stage, page: Page) -> None:
    child = stage.new_child()
    stage.register(child)
    page.one("nhs_number").clear()
    page.one("nhs_number").send_keys(child, Keys.ENTER)
    page.until(lambda: page.state == "Known")
    said = page.one("said")
    assert (said.get_attribute("role"), said.get_attribute("aria-live")) == ("status", "polite")
    seen = []
    for _ in range(40):
        page.browser.switch_to.active_element.send_keys(Keys.TAB)
        seen.append(page.browser.switch_to.active_element.get_attribute("href"))
    assert "tel:02079460001" in seen


A_LATER_VERSION = """
const send = window.fetch;
const desk = { name: "National broker desk", phone: "020 7946 0100" };
const team = { name: "Team", phone: "020 7946 0002" };
const authority = { code: "E09000005", name: "Brent", duty_contact: null };
const answer = {
  lookup_id: "1", asked_at: "2026-11-22T00:00:00Z", case_reference: "c", known: true, complete: true, shielded: false,
  statement: "Known to another practitioner.", broker_desk: desk, coverage: [],
  withheld: { brokered: 1, never_shown: [] },
  involvements: [
    { form: "summarised", own: false },
    { form: "full", entry: 1, status: "asleep", service_type: "wardship", authority, organisation: null, team,
      practitioner: { id: "a", name: "Ada", role: "Carer", phone: null, email: null }, started_on: "2026-01-01",
      ended_on: null, confirmed_on: "2026-01-01", lead_professional: false, own: false, disputed: false },
  ],
};
window.fetch = (...request) =>
  request[0] === "/v1/lookups" ? Promise.resolve(new Response(JSON.stringify(answer))) : send(...request);
"""
HELD_BACK = """
const send = window.fetch;
window.asked = 0;
const held = new Promise((letGo) => (window.letGo = letGo));
window.fetch = async (...request) => {
  if (request[0] === "/v1/lookups") {
    window.asked += 1;
    await held;
  }
  return send(...request);
};
"""
CONTRAST = """
const channel = (value) => (value /= 255, value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
const light = (colour) => {
  const [r, g, b] = numbers(colour).map(channel);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const behind = (node) => {
  for (; node; node = node.parentElement) {
    const colour = getComputedStyle(node).backgroundColor;
    if (numbers(colour)[3] !== 0) return colour;
  }
  return "rgb(255, 255, 255)";
};
const texts = [...document.querySelectorAll("body *")].filter((node) =>
  node.checkVisibility() && [...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim()));
return texts.map((node) => {
  const [one, two] = [light(getComputedStyle(node).color), light(behind(node))].sort((a, b) => b - a);
  return [Math.round((one + 0.05) / (two + 0.05) * 100) / 100, node.textContent.trim().slice(0, 40)];
});
"""


@pytest.fixture(params=["light", "dark"])
def scheme(browser: Chrome, request: pytest.FixtureRequest) -> Iterator[str]:
    features = [{"name": "prefers-color-scheme", "value": request.param}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    yield request.param
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


@pytest.mark.parametrize("path", ["/", "/ask", "/docs"])
def test_every_text_has_enough_contrast(stage: Stage, page: Page, address: str, path: str, scheme: str) -> None:
    """WCAG 2.2 AA: 4.5 to 1."""
    if path == "/ask":
        child = stage.new_child()
        stage.register(child)
        stage.register(child, service_type="mental_health", basis="consent")
        page.ask(child)
    else:
        page.browser.get(address + path)
    if path == "/docs":
        page.until(lambda: page.browser.find_elements(By.ID, "look_up"))
        page.browser.execute_script("document.querySelectorAll('details').forEach((one) => (one.open = true))")
    background = page.browser.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert (background == "rgb(243, 245, 247)") == (scheme == "light")
    found = page.browser.execute_script(CONTRAST)
    assert len(found) > 20
    assert [one for one in found if one[0] < 4.5] == []


def test_a_field_error_has_enough_contrast_too(page: Page, scheme: str) -> None:
    page.ask("9990000043")
    assert [one for one in page.browser.execute_script(CONTRAST) if one[0] < 4.5] == []


def _outcomes(page: Page) -> list[WebElement]:
    return page.browser.find_elements(By.CSS_SELECTOR, ".entries .outcome button")


def _said(page: Page) -> str:
    return str(page.browser.find_element(By.CSS_SELECTOR, ".entries .outcome p").get_attribute("textContent"))


def test_one_click_records_what_came_of_a_call(stage: Stage, page: Page) -> None:
    child = stage.new_child()
    stage.register(child)
    assert page.ask(child) == "Known"
    wrong_number = _outcomes(page)[2]
    assert wrong_number.text == "3 Wrong number"
    wrong_number.click()
    page.until(lambda: _said(page))
    assert _said(page).startswith("Recorded: wrong number.")
    assert not wrong_number.is_displayed()
    assert page.state == "Known"
    assert console(page.browser) == []


def test_one_key_records_what_came_of_a_call_to_the_entry_that_has_the_focus(stage: Stage, page: Page) -> None:
    child = stage.new_child()
    stage.register(child)
    assert page.ask(child) == "Known"
    page.browser.find_element(By.CSS_SELECTOR, ".entries a.phone").send_keys("2")
    page.until(lambda: _said(page))
    assert _said(page).startswith("Recorded: no answer.")


def test_no_outcome_is_asked_for_where_nobody_is_named(stage: Stage, page: Page) -> None:
    child = stage.new_child()
    stage.register(child, service_type="mental_health", basis="consent")
    assert page.ask(child) == "Known"
    assert _outcomes(page) == []
