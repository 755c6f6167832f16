import io

from rich.console import Console
from rich.pretty import pretty_repr

from chalicelib.domain.values import Hidden, Struct, replace


class Secret(Hidden, frozen=True):
    digits: str


class Holder(Struct, frozen=True):
    secret: Secret


def test_no_text_form_shows_a_hidden_value() -> None:
    held = Holder(Secret("9990000042"))
    page = io.StringIO()
    Console(file=page).print(held)
    forms = (str(held), repr(held), f"{held.secret}", pretty_repr(held), page.getvalue())
    assert ["Secret(" in form and "999" not in form for form in forms] == [True] * len(forms)


def test_a_hidden_value_can_be_compared_and_replaced() -> None:
    assert replace(Secret("1"), digits="2") == Secret("2") != Secret("1")
    assert len({Secret("1"), Secret("1")}) == 1
