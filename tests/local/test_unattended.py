"""The schedules of the local stage: those of `app.py`. Each runs when it is due, and a failure stops nothing."""

from typing import Any

import pytest

from chalicelib import unattended
from infra.local.unattended import Schedule, schedules
from tests.support.log_lines import counted


def scheduled(function: Any) -> Schedule:
    return Schedule(name="worker", function=function, every_seconds=60, due_at=100)


def test_the_schedules_are_those_of_the_app_and_first_wait_one_interval() -> None:
    made = {one.name: (one.function, one.every_seconds, one.due_at) for one in schedules(1000)}
    assert made == {
        "close_history": (unattended.close_history, 60, 1060),
        "sweep": (unattended.sweep, 3600, 4600),
        "find_misuse": (unattended.find_misuse, 3600, 4600),
        "send_pulses": (unattended.send_pulses, 3600, 4600),
    }


def test_it_runs_when_it_is_due_and_not_again_before_its_time() -> None:
    ran: list[int] = []
    worker = scheduled(lambda _, context: ran.append(context.get_remaining_time_in_millis()))
    for now in (99, 100, 101, 159, 160):
        worker.run_if_due(now)
    assert len(ran) == 2
    assert all(890_000 < left <= 900_000 for left in ran)


def test_a_failure_is_logged_by_its_type_alone_and_the_next_run_comes(capsys: pytest.CaptureFixture[str]) -> None:
    def fails(event: Any, context: Any) -> None:
        raise RuntimeError("Ada Okafor")

    worker = scheduled(fails)
    worker.run_if_due(100)
    assert capsys.readouterr().out == "worker: RuntimeError\n"
    assert worker.due_at == 160


@pytest.mark.usefixtures("stage")
def test_the_sweep_of_the_app_accepts_the_event_and_the_context(capsys: pytest.CaptureFixture[str]) -> None:
    [sweep] = (one for one in schedules(0) if one.name == "sweep")
    with counted() as metrics:
        sweep.run_if_due(sweep.due_at)
    assert metrics.count("Sweeps") == 1
    assert "sweep:" not in capsys.readouterr().out
