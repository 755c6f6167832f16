"""The API reference in a real browser shows every call, and can send it."""

import json
from datetime import date
from typing import Any

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from infra.openapi.operations import OPERATIONS
from tests.support.browser import console
from tests.support.stage import Stage

SECONDS = 30
NARROW = {"width": 400, "height": 800, "deviceScaleFactor": 1, "mobile": False}


@pytest.fixture
def docs(browser: Chrome, address: str) -> Chrome:
    browser.get(f"{address}/docs")
    _until(browser, lambda: browser.find_elements(By.ID, "look_up"))
    return browser


def _until(browser: Chrome, ready: Any) -> None:
    WebDriverWait(browser, SECONDS).until(lambda _: ready())


def _try(docs: Chrome, name: str) -> WebElement:
    form = docs.find_element(By.CSS_SELECTOR, f"#{name} details.try form")
    docs.find_element(By.CSS_SELECTOR, f"#{name} details.try > summary").click()
    return form


def _send(docs: Chrome, name: str) -> tuple[str, Any]:
    form = docs.find_element(By.CSS_SELECTOR, f"#{name} form")
    form.find_element(By.CSS_SELECTOR, "button[type=submit]").click()
    _until(docs, lambda: form.find_elements(By.CSS_SELECTOR, ".status"))
    [status] = form.find_elements(By.CSS_SELECTOR, ".status")
    shown = form.find_elements(By.CSS_SELECTOR, "pre.answer")
    return status.text, json.loads(shown[0].text) if shown else None


def _write(field: WebElement, text: str) -> None:
    field.clear()
    field.send_keys(text)


def _with_child(form: WebElement, child: str) -> None:
    """Fills in the example's body with a child of this test alone."""
    body = form.find_element(By.TAG_NAME, "textarea")
    example = json.loads(str(body.get_attribute("value")))
    _write(body, json.dumps({**example, "nhs_number": child}))


def test_every_call_is_shown_with_its_problems(docs: Chrome) -> None:
    sections = {one.get_attribute("id"): one for one in docs.find_elements(By.CSS_SELECTOR, "#calls section")}
    assert set(sections) == {operation.name for operation in OPERATIONS.values()}
    everywhere = _text(docs.find_element(By.ID, "everywhere"))
    for operation in OPERATIONS.values():
        text = _text(sections[operation.name]) + everywhere
        assert [code for code in operation.codes if code not in text] == []
    assert console(docs) == []


def test_only_a_lookup_lists_cannot_answer(docs: Chrome) -> None:
    """The gateway may answer so to any call, and the page says that once."""
    names = [operation.name for operation in OPERATIONS.values()]
    listing = [name for name in names if "cannot_answer" in [row[0] for row in _rows(docs, name)]]
    assert listing == ["look_up"]


def test_a_field_is_described_in_words_and_code(docs: Chrome) -> None:
    rows = {row[0]: row for row in _rows(docs, "look_up")}
    assert rows["purpose"][1:] == [
        "word",
        "Required. Why you ask. It decides what you are shown, and your authority must have been granted it. "
        "One of child_protection, education_welfare, health_care, safeguarding.",
    ]
    assert "Your own records do not count" in rows["known"][2]
    assert "`" not in _text(docs.find_element(By.TAG_NAME, "main"))
    assert docs.find_elements(By.XPATH, "//section[@id='look_up']//td/code[text()='broker_desk']")


def test_the_fields_of_every_form_of_an_answer_entry_are_shown(docs: Chrome) -> None:
    rows = {row[0]: row for row in _rows(docs, "look_up")}
    assert rows["involvements.form"][2].startswith("full: everything that you need to ring. brokered:")
    assert rows["involvements.own"][2].startswith("True if")
    for field in ("involvements.authority.duty_contact.phone", "involvements.contact.phone", "involvements.started_on"):
        assert field in rows
    assert rows["involvements.contact"][2] == "Not always present. If brokered: the broker desk."


def test_the_words_of_an_answer_are_known_words_and_those_of_a_body_the_only_ones(docs: Chrome) -> None:
    asked = {row[0]: row[2] for row in _rows(docs, "look_up")}
    assert "Known words: domestic_abuse, early_help" in asked["involvements.service_type"]
    sent = {row[0]: row[2] for row in _rows(docs, "register")}
    assert "One of domestic_abuse, early_help" in sent["service_type"]


def _text(element: WebElement) -> str:
    return element.get_attribute("textContent") or ""


def _rows(docs: Chrome, name: str) -> list[list[str]]:
    """Returns the cells of every table of one call, folded ones included."""
    script = "return [...document.querySelectorAll('#' + arguments[0] + ' tr')].map("
    rows: list[list[str]] = docs.execute_script(
        script + "(row) => [...row.cells].map((cell) => cell.textContent))", name
    )
    return rows


def test_a_lookup_can_be_sent_from_its_example(stage: Stage, docs: Chrome) -> None:
    child = stage.new_child()
    stage.register(child)
    form = _try(docs, "look_up")
    _with_child(form, child)
    status, answer = _send(docs, "look_up")
    assert status == "200"
    assert answer["known"] is True
    assert answer["involvements"][0]["practitioner"]["name"] == "Ada Okafor"
    curl = _text(form.find_element(By.CSS_SELECTOR, "pre.curl"))
    assert "make -s token AUTHORITY=" in curl
    assert "eyJ" not in curl


def test_a_registration_can_be_sent_with_a_reference(stage: Stage, docs: Chrome) -> None:
    form = _try(docs, "register")
    _write(form.find_element(By.ID, "register_reference"), stage.new_reference())
    _with_child(form, stage.new_child())
    assert _send(docs, "register")[0] == "201"


def test_a_problem_is_shown_unchanged(docs: Chrome) -> None:
    form = _try(docs, "look_up")
    _write(form.find_element(By.TAG_NAME, "textarea"), "{")
    status, problem = _send(docs, "look_up")
    assert (status, problem["code"]) == ("400", "unreadable_body")


def test_the_page_says_why_nobody_can_sign_in(docs: Chrome) -> None:
    form = _try(docs, "look_up")
    docs.find_element(By.ID, "sub").clear()
    assert _send(docs, "look_up") == ("Not sent: nobody is signed in.", None)
    assert "Practitioner id (sub) is missing." in form.text


def test_a_shield_can_be_sent_from_its_example_on_any_day(stage: Stage, docs: Chrome) -> None:
    form = _try(docs, "shield")
    _with_child(form, stage.new_child())
    status, answer = _send(docs, "shield")
    assert status == "200"
    assert date.fromisoformat(answer["review_on"]) > stage.today


def test_nothing_is_wider_than_a_narrow_window(docs: Chrome) -> None:
    docs.execute_script("document.querySelectorAll('details').forEach((one) => (one.open = true))")
    try:
        docs.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", NARROW)
        wider = docs.execute_script(
            "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
    finally:
        docs.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert wider <= 0


def test_every_scrolling_part_has_a_name_and_takes_the_keyboard(docs: Chrome) -> None:
    parts = docs.find_elements(By.CSS_SELECTOR, "pre, .scroll")
    assert len(parts) > 20
    attributes = [(one.get_attribute("role"), one.get_attribute("tabindex")) for one in parts]
    assert set(attributes) == {("group", "0")}
    names = [one.get_attribute("aria-label") for one in parts]
    assert len(set(names)) == len(names)


def test_a_call_without_a_token_can_be_sent_too(docs: Chrome) -> None:
    _try(docs, "health")
    assert _send(docs, "health") == ("200", {"status": "ok"})


def test_every_field_has_a_label(docs: Chrome) -> None:
    unlabelled = docs.execute_script(
        "return [...document.querySelectorAll('input, select, textarea')].filter((one) => !one.labels.length).length"
    )
    assert unlabelled == 0
