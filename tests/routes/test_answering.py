"""The rules of the answer, through the routes and the real stores."""

from tests.support.stage import EALING, HARINGEY, Stage


def test_a_child_nobody_registered_is_not_known_and_the_answer_says_what_that_is_worth(stage: Stage) -> None:
    reply = stage.look_up(stage.new_child())
    assert reply.status == 200
    assert reply.json["known"] is False
    assert reply.json["statement"].startswith("None registered. This does not mean unknown or safe.")


def test_another_practitioner_is_shown_with_whom_to_ring(stage: Stage) -> None:
    child = stage.new_child()
    assert stage.register(child, token=stage.token(EALING)).status == 201
    answer = stage.look_up(child, token=stage.token(HARINGEY)).json
    assert answer["known"] is True
    assert answer["complete"] is True
    [entry] = answer["involvements"]
    assert entry["practitioner"]["phone"] == "020 7946 0001"
    assert entry["authority"]["duty_contact"] == {"name": "Ealing duty team", "phone": "020 7946 0999"}
    assert entry["own"] is False
