"""The reference in a real browser: every call is there, and can be tried."""

import json
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
    """The example's body, for a child of this test alone."""
    body = form.find_element(By.TAG_NAME, "textarea")
    example = json.loads(str(body.get_attribute("value")))
    _write(body, json.dumps({**example, "nhs_number": child}))


def test_every_call_is_there_with_its_problems(docs: Chrome) -> None:
    sections = {one.get_attribute("id"): one for one in docs.find_elements(By.CSS_SELECTOR, "#calls section")}
    assert set(sections) == {operation.name for operation in OPERATIONS.values()}
    for operation in OPERATIONS.values():
        text = sections[operation.name].get_attribute("textContent") or ""
        assert [code for code in operation.codes if code not in text] == []
    assert console(docs) == []


def test_a_lookup_is_tried_from_its_example(stage: Stage, docs: Chrome) -> None:
    child = stage.new_child()
    stage.register(child)
    form = _try(docs, "look_up")
    _with_child(form, child)
    status, answer = _send(docs, "look_up")
    assert status == "200"
    assert answer["known"] is True
    assert answer["involvements"][0]["practitioner"]["name"] == "Ada Okafor"
    curl = form.find_element(By.CSS_SELECTOR, "pre[aria-label='curl command']").get_attribute("textContent") or ""
    assert "make -s token AUTHORITY=" in curl
    assert "eyJ" not in curl


def test_a_registration_is_tried_under_a_reference(stage: Stage, docs: Chrome) -> None:
    form = _try(docs, "register")
    _write(form.find_element(By.ID, "register_reference"), stage.new_reference())
    _with_child(form, stage.new_child())
    assert _send(docs, "register")[0] == "201"


def test_a_problem_is_shown_as_it_comes(docs: Chrome) -> None:
    form = _try(docs, "look_up")
    _write(form.find_element(By.TAG_NAME, "textarea"), "{")
    status, problem = _send(docs, "look_up")
    assert (status, problem["code"]) == ("400", "unreadable_body")


def test_a_call_without_a_token_is_tried_too(docs: Chrome) -> None:
    _try(docs, "health")
    assert _send(docs, "health") == ("200", {"status": "ok"})


def test_every_field_has_a_label(docs: Chrome) -> None:
    unlabelled = docs.execute_script(
        "return [...document.querySelectorAll('input, select, textarea')].filter((one) => !one.labels.length).length"
    )
    assert unlabelled == 0
