"""The command handover against the real service."""

from pathlib import Path

from client.tests.command_line import KnownTo, tidy
from client.tests.service import Service
from tests.support.stage import Reply

_TO_BEA = ("--from", "leaver", "--to", "sw-22", "--name", "Bea New", "--to-role", "Nurse")
_LEAVER = {"name": "Al Leaver", "role": "Social worker", "phone": "020 7946 0003", "email": "al@authority.example"}


def test_a_leavers_records_pass_to_a_colleague_and_a_second_run_changes_nothing(
    service: Service, known_to: KnownTo, tmp_path: Path
) -> None:
    stage = service.stage
    mine, others = [stage.new_reference() for _ in range(3)], stage.new_reference()
    for reference in mine:
        stage.register(stage.new_child(), reference, practitioner={**_LEAVER, "id": "leaver"})
    stage.register(stage.new_child(), others, practitioner={**_LEAVER, "id": "somebody"})
    lines = ["Reference,Child", *(f"{reference},x" for reference in (*mine, others, "gone-1", "9990000018", ""))]
    (tmp_path / "caseload.csv").write_text("\r\n".join(lines))
    command = ("handover", "caseload.csv", *_TO_BEA)
    service.failures = [Reply(503, {}, "<html>"), None]
    ended = known_to(*command)
    assert "      3  handed over\n" in tidy(ended)
    assert "      1  with somebody else, left alone\n" in ended.out
    assert "      3  failed\n" in ended.out or "      2  failed\n" in ended.out
    assert "Row 6: No such record." in ended.err
    assert "9990000018" not in ended.out + ended.err
    assert ended.code == 6
    for reference in mine:
        own = stage.call("GET", f"/v1/involvements/{reference}").json
        assert own["practitioner"] == {"id": "sw-22", "name": "Bea New", "role": "Nurse", "phone": None, "email": None}
    before = len(service.seen)
    again = tidy(known_to(*command))
    assert (
        "      3  already with the colleague\n"
        + "".join(f"         row {number}: {reference}\n" for number, reference in enumerate(mine, start=2))
        in again
    )
    assert f"      1  with somebody else, left alone\n         row 5: {others}\n" in again
    assert not [method for method, *_ in service.seen[before:] if method == "PATCH"]


def test_a_row_that_fails_is_shown_with_its_field_errors(service: Service, known_to: KnownTo, tmp_path: Path) -> None:
    (tmp_path / "caseload.csv").write_text("reference\nnot a reference\n")
    ended = known_to("handover", "caseload.csv", *_TO_BEA)
    tidy(ended)
    assert ended.code == 6
    assert ended.err.startswith("Row 2: Not sent.")
    assert "  reference: must be 1 to 64 of the characters" in ended.err


def test_an_error_in_the_colleagues_own_data_stops_at_the_first_row(
    service: Service, known_to: KnownTo, tmp_path: Path
) -> None:
    references = [service.stage.new_reference() for _ in range(3)]
    for reference in references:
        service.stage.register(service.stage.new_child(), reference, practitioner={**_LEAVER, "id": "leaver"})
    (tmp_path / "caseload.csv").write_text("\n".join(["reference", *references]))
    ended = known_to("handover", "caseload.csv", *_TO_BEA, "--phone", "x" * 500)
    tidy(ended)
    assert (ended.code, ended.out) == (5, "")
    assert "  practitioner.phone: " in ended.err
    assert len([method for method, *_ in service.seen if method == "PATCH"]) == 1
