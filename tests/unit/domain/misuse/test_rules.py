"""Each rule finds its misuse among people who do honest work, and leaves these alone."""

from datetime import date, timedelta

import pytest

from chalicelib.domain.access_records import Act
from chalicelib.domain.hiding import _mark
from chalicelib.domain.misuse.rules import Rule

from .scenes import CODE, FIRST, Scene, days

pytestmark = pytest.mark.system

LATE = date(2026, 11, 2)


def test_honest_work_of_a_day_team_night_duty_and_a_hub_is_hardly_ever_found() -> None:
    found = [finding for seed in range(4) for finding in Scene(seed).honest().findings()]
    # Twenty people, four times.
    assert len(found) <= 1


def test_somebody_who_suddenly_looks_up_by_the_dozen_is_found() -> None:
    scene = Scene().honest()
    for _ in range(25):
        scene.look_up("sw-3", scene.on(LATE, 11))
    assert (Rule.VOLUME, "sw-3") in scene.found()


def test_somebody_who_looks_up_more_all_week_is_found() -> None:
    scene = Scene().honest()
    for day in days(LATE, LATE + timedelta(days=4)):
        for _ in range(9):
            scene.look_up("sw-3", scene.on(day, 11))
    assert (Rule.VOLUME, "sw-3") in scene.found()


def test_the_first_days_of_an_authority_show_no_week_to_compare_with() -> None:
    scene = Scene()
    for number in range(6):
        scene.look_up(f"sw-{number}", scene.on(FIRST, 11))
    for day in days(FIRST + timedelta(days=1), FIRST + timedelta(days=8)):
        for who in range(6):
            for _ in range(5 if who == 0 else 1):
                scene.look_up(f"sw-{who}", scene.on(day, 11))
    assert Rule.VOLUME not in {rule for rule, _ in scene.found(FIRST, FIRST + timedelta(days=8))}


def test_somebody_who_looks_up_too_much_from_the_first_day_on_is_found() -> None:
    scene = Scene().honest()
    for day in days():
        for _ in range(9):
            scene.look_up("sw-3", scene.on(day, 11))
    assert (Rule.VOLUME, "sw-3") in scene.found()


def test_somebody_whose_lookups_no_work_follows_is_found_once_they_are_settled() -> None:
    scene = Scene().honest()
    for day in days(date(2026, 10, 5), date(2026, 10, 23)):
        scene.look_up("nosy", scene.on(day, 11))
    assert (Rule.NO_WORK, "nosy") in scene.found()
    assert (Rule.NO_WORK, "nosy") not in scene.found(date(2026, 10, 17), date(2026, 10, 18))


def test_work_that_follows_within_fourteen_days_is_no_sign_whoever_registers_it() -> None:
    scene = Scene().honest()
    for day in days(date(2026, 10, 5), date(2026, 10, 23)):
        at = scene.on(day, 11)
        scene.act(Act.REGISTERED, scene.look_up("slow", at), at + timedelta(days=13))
    assert (Rule.NO_WORK, "slow") not in scene.found()


def test_a_record_that_is_withdrawn_again_is_no_work() -> None:
    scene = Scene().honest()
    for day in days(date(2026, 10, 5), date(2026, 10, 23)):
        at = scene.on(day, 11)
        child = f"child-of-{day}"
        scene.act(Act.REGISTERED, child, at - timedelta(minutes=5), "sly")
        scene.look_up("sly", at, child, own_references=(f"ref-{child}",))
        scene.act(Act.WITHDRAWN, child, at + timedelta(minutes=5), "sly")
    assert (Rule.NO_WORK, "sly") in scene.found()


def test_unusual_hours_alone_are_no_finding() -> None:
    scene = Scene().honest()
    for day in days(LATE, LATE + timedelta(days=4)):
        for _ in range(4):
            at = scene.on(day, 2)
            scene.act(Act.REGISTERED, scene.look_up("sw-3", at), at + timedelta(days=1))
    assert not scene.found()


def test_night_duty_in_the_same_role_as_the_day_team_is_not_at_unusual_hours() -> None:
    scene = Scene().honest()
    for day in days(LATE, LATE + timedelta(days=4)):
        for number in range(3):
            scene.look_up(f"on-call-{number}", scene.on(day, 2), known=False)
    assert Rule.UNUSUAL_HOURS not in {rule for rule, _ in scene.found()}


def test_unusual_hours_with_another_sign_are_found() -> None:
    scene = Scene().honest()
    for day in days(LATE, LATE + timedelta(days=4)):
        for _ in range(3):
            scene.look_up("sw-3", scene.on(day, 2), known=False)
    assert (Rule.UNUSUAL_HOURS, "sw-3") in scene.found()


def test_found_nothing_alone_is_no_finding() -> None:
    scene = Scene().honest()
    for day in days(LATE - timedelta(days=14), LATE + timedelta(days=8)):
        at = scene.on(day, 11)
        scene.act(Act.REGISTERED, scene.look_up("hopeful", at, known=False), at + timedelta(days=1))
    assert not scene.found()


def test_found_nothing_with_another_sign_is_found() -> None:
    scene = Scene().honest()
    for day in days(date(2026, 10, 12), date(2026, 11, 6)):
        scene.look_up("fishing", scene.on(day, 11), known=False)
    assert (Rule.FOUND_NOTHING, "fishing") in scene.found()


def test_somebody_who_looks_up_one_child_again_and_again_without_work_is_found() -> None:
    scene = Scene().honest()
    for day in days(LATE, LATE + timedelta(days=3)):
        scene.look_up("sw-3", scene.on(day, 11), "the neighbour's")
    (finding,) = [one for one in scene.findings() if one.rule is Rule.SAME_CHILD]
    assert finding.practitioner_ids == ("sw-3",)
    assert finding.counts == {"lookups": 4, "days": 4}


def test_whoever_works_with_the_child_may_look_again_and_again() -> None:
    scene = Scene().honest()
    scene.act(Act.REPLACED, "own", scene.on(LATE - timedelta(days=20), 3), "sw-3")
    for day in days(LATE, LATE + timedelta(days=8)):
        scene.look_up("sw-3", scene.on(day, 11), "own", own_references=("ref-own",))
    assert not scene.found()


def test_beside_a_colleague_who_works_with_the_child_it_takes_more_lookups() -> None:
    for lookups, is_found in ((5, False), (6, True)):
        scene = Scene().honest()
        scene.act(Act.REPLACED, "a colleague's", scene.on(LATE - timedelta(days=20), 3), "sw-4")
        for day in days(LATE, LATE + timedelta(days=lookups - 1)):
            scene.look_up("sw-3", scene.on(day, 11), "a colleague's", own_references=("ref-a colleague's",))
        assert ((Rule.SAME_CHILD, "sw-3") in scene.found()) is is_found


def test_many_who_look_up_one_child_without_work_are_found_together() -> None:
    scene = Scene().honest()
    for number in range(6):
        scene.look_up(f"sw-{number}", scene.on(LATE + timedelta(days=number), 11), "in the news")
    (finding,) = [one for one in scene.findings() if one.rule is Rule.SAME_CHILD]
    assert finding.people == 6


def test_new_ids_that_look_up_a_little_and_stop_are_found() -> None:
    scene = Scene().honest()
    for number in range(12):
        scene.look_up(f"new-{number}", scene.on(LATE, 14))
    (finding,) = [one for one in scene.findings() if one.rule is Rule.ROTATING_IDS]
    assert finding.people == 12
    assert finding.counts["people"] == 12


def test_new_ids_that_turn_up_slowly_are_found() -> None:
    scene = Scene().honest()
    for number in range(12):
        scene.look_up(f"new-{number}", scene.on(LATE + timedelta(days=number // 2), 14))
    assert (Rule.ROTATING_IDS, "new-9") in scene.found()


def test_a_token_that_two_practitioners_used_is_found() -> None:
    scene = Scene().honest()
    for who in ("sw-1", "sw-2"):
        scene.look_up(who, scene.on(LATE, 14), token_id="one token")
    assert (Rule.SHARED_TOKEN, "sw-1") in scene.found()


def test_a_new_team_that_stays_is_not_found() -> None:
    scene = Scene().honest()
    for day in days(LATE):
        for number in range(5):
            at = scene.on(day, 14)
            child = scene.look_up(f"new-{number}", at, role="Youth worker")
            scene.act(Act.REGISTERED, child, at + timedelta(days=1))
    assert Rule.VOLUME not in {rule for rule, _ in scene.found()}


def test_mass_shields_are_found_even_of_children_whom_nobody_looked_up() -> None:
    scene = Scene().honest()
    for number in range(8):
        scene.act(Act.SHIELDED, f"shielded-{number}", scene.on(LATE, 12), "sw-5")
    (finding,) = [one for one in scene.findings() if one.rule is Rule.MASS_SHIELDS]
    assert (finding.practitioner_ids, finding.counts) == (("sw-5",), {"shields": 8})


def test_a_family_of_five_may_be_shielded_at_once() -> None:
    scene = Scene().honest()
    for number in range(5):
        scene.act(Act.SHIELDED, f"sibling-{number}", scene.on(LATE, 12), "sw-5")
    assert not scene.found()


def test_mass_shields_by_many_hands_are_found_in_the_authority() -> None:
    scene = Scene().honest()
    for number in range(16):
        scene.act(Act.SHIELDED, f"shielded-{number}", scene.on(LATE, 12), f"sw-{number % 4}")
    assert {who for rule, who in scene.found() if rule is Rule.MASS_SHIELDS} == {f"sw-{number}" for number in range(4)}


def test_a_shield_right_after_ones_own_lookup_is_found_if_no_work_follows() -> None:
    scene = Scene().honest()
    day = date(2026, 10, 20)
    scene.act(Act.SHIELDED, scene.look_up("sw-6", scene.on(day, 11)), scene.on(day, 12), "sw-6")
    assert (Rule.SHIELD_AFTER_LOOKUP, "sw-6") in scene.found()


def test_a_shield_after_a_lookup_is_not_found_if_work_follows() -> None:
    scene = Scene().honest()
    day = date(2026, 10, 20)
    child = scene.look_up("sw-6", scene.on(day, 11))
    scene.act(Act.SHIELDED, child, scene.on(day, 12), "sw-6")
    scene.act(Act.REGISTERED, child, scene.on(day + timedelta(days=3), 12))
    assert not scene.found()


def test_three_shields_right_after_lookups_are_found_the_same_day() -> None:
    scene = Scene().honest()
    for _ in range(3):
        scene.act(Act.SHIELDED, scene.look_up("sw-6", scene.on(LATE, 11)), scene.on(LATE, 12), "sw-6")
    assert (Rule.SHIELD_AFTER_LOOKUP, "sw-6") in scene.found(until=LATE)


def test_a_finding_names_no_child() -> None:
    scene = Scene().honest()
    for day in days(LATE, LATE + timedelta(days=3)):
        scene.look_up("sw-3", scene.on(day, 11), "the neighbour's")
    (finding,) = [one for one in scene.findings() if one.rule is Rule.SAME_CHILD]
    said = [getattr(finding, name) for name in finding.__struct_fields__]
    assert "neighbour" not in str(said)
    assert finding.authority_code == CODE


def test_the_same_access_records_give_the_same_findings_in_whatever_order_they_come() -> None:
    scene = Scene().honest()
    for number in range(12):
        scene.look_up(f"new-{number}", scene.on(LATE, 14))
    said = [[getattr(one, name) for name in one.__struct_fields__] for one in scene.findings()]
    scene.random.shuffle(scene.records)
    assert [[getattr(one, name) for name in one.__struct_fields__] for one in scene.findings()] == said


def hide(scene: Scene, withdrawn_after: timedelta, *, act: Act = Act.WITHDRAWN, sensitive: bool = True) -> None:
    """Somebody makes up a record, looks the child up, and undoes the record."""
    at, child = scene.on(FIRST, 11), scene.new_id()
    scene.act(Act.REGISTERED, child, at - timedelta(minutes=9), "sw-3")
    scene.look_up("sw-3", at, child, own_references=(f"ref-{child}",), sensitive=sensitive)
    scene.act(act, child, at + withdrawn_after, "sw-3")


def test_whoever_hides_behind_a_record_made_up_for_the_lookup_is_found_once_it_is_undone() -> None:
    undone = (0, Act.WITHDRAWN), (13, Act.NO_LONGER_SENSITIVE), (20, Act.WITHDRAWN), (27, Act.NO_LONGER_SENSITIVE)
    for days_later, undoing in undone:
        scene = Scene().honest()
        hide(scene, timedelta(days=days_later, minutes=5), act=undoing)
        (finding,) = [one for one in scene.findings(FIRST) if one.rule is Rule.HIDING_PLACE]
        assert (finding.practitioner_ids, finding.counts) == (("sw-3",), {"lookups": 1, "hidden": 1})


def test_a_sensitive_record_that_stands_for_28_days_was_no_hiding_place() -> None:
    scene = Scene().honest()
    hide(scene, timedelta(days=29))
    assert Rule.HIDING_PLACE not in {rule for rule, _ in scene.found(FIRST)}


def test_a_record_that_was_there_two_days_before_the_lookup_was_not_made_for_it() -> None:
    scene = Scene().honest()
    at, child = scene.on(LATE, 11), "child"
    scene.act(Act.REGISTERED, child, at - timedelta(days=2), "sw-3")
    scene.look_up("sw-3", at, child, own_references=("ref-child",), sensitive=True)
    scene.act(Act.WITHDRAWN, child, at + timedelta(hours=1), "sw-3")
    assert Rule.HIDING_PLACE not in {rule for rule, _ in scene.found()}


def test_the_marks_say_behind_which_record_somebody_hid_whoever_registered_it() -> None:
    for reference, is_found in (("ref-child", True), ("another", False)):
        scene = Scene().honest()
        at, behind = scene.on(LATE, 11), _mark(CODE, reference) * 2
        scene.act(Act.REGISTERED, "child", at - timedelta(minutes=9), "sw-4")
        scene.look_up("sw-3", at, "child", own_references=("ref-child",), sensitive=True, behind=behind)
        scene.act(Act.WITHDRAWN, "child", at + timedelta(hours=1), "sw-4")
        assert ((Rule.HIDING_PLACE, "sw-3") in scene.found()) is is_found


def test_an_open_record_may_be_withdrawn_as_a_slip_but_not_three_times() -> None:
    for times, is_found in ((2, False), (3, True)):
        scene = Scene().honest()
        for _ in range(times):
            hide(scene, timedelta(days=1), sensitive=False)
        assert ((Rule.HIDING_PLACE, "sw-3") in scene.found(FIRST)) is is_found


EARLY = date(2026, 10, 5)


def pass_around(scene: Scene, people: int, days_apart: int, times: int = 2) -> None:
    for number in range(people * times):
        on = EARLY + timedelta(days=days_apart * number)
        scene.look_up(f"sw-{number % people}", scene.on(on, 11), "the singer's")


def test_a_child_that_three_of_a_team_look_up_on_different_days_without_work_is_found() -> None:
    scene = Scene().honest()
    pass_around(scene, 3, 2)
    (finding,) = [one for one in scene.findings() if one.rule is Rule.PASSED_AROUND]
    assert (set(finding.practitioner_ids), finding.counts["people"]) == ({"sw-0", "sw-1", "sw-2"}, 3)


def test_three_people_who_ask_once_each_have_passed_on_a_referral() -> None:
    scene = Scene().honest()
    pass_around(scene, 3, 2, times=1)
    assert Rule.PASSED_AROUND not in {rule for rule, _ in scene.found()}


def test_two_people_or_one_day_or_work_afterwards_are_nothing_passed_around() -> None:
    for people, days_apart, works in ((2, 2, False), (4, 0, False), (3, 2, True)):
        scene = Scene().honest()
        pass_around(scene, people, days_apart)
        if works:
            scene.act(Act.REGISTERED, "the singer's", scene.on(EARLY + timedelta(days=9), 11))
        assert Rule.PASSED_AROUND not in {rule for rule, _ in scene.found()}


def test_a_team_that_always_passes_children_on_is_not_found() -> None:
    scene = Scene().honest()
    for child in range(18):
        for number in range(3):
            at = scene.on(FIRST + timedelta(days=child % 3 + 2 * number), 11)
            scene.look_up(f"hub-{number}", at, f"referred-{child}", organisation="MASH")
    assert Rule.PASSED_AROUND not in {rule for rule, _ in scene.found()}


def test_somebody_who_comes_back_to_a_child_over_weeks_without_work_is_found() -> None:
    for days_after, is_found in (((0, 8), True), ((0, 3), False)):
        scene = Scene().honest()
        for ahead in days_after:
            scene.look_up("sw-3", scene.on(EARLY + timedelta(days=ahead), 11), "the neighbour's")
        assert ((Rule.SAME_CHILD, "sw-3") in scene.found()) is is_found


def test_work_with_the_child_explains_that_somebody_comes_back() -> None:
    scene = Scene().honest()
    for ahead in (0, 8, 15):
        scene.look_up("sw-3", scene.on(EARLY + timedelta(days=ahead), 11), "a client")
    scene.act(Act.REGISTERED, "a client", scene.on(EARLY + timedelta(days=16), 11))
    assert Rule.SAME_CHILD not in {rule for rule, _ in scene.found()}


def test_in_a_team_that_comes_back_to_children_without_registering_work_that_is_no_sign() -> None:
    scene = Scene().honest()
    for number in range(6):
        for ahead in (0, 4, 8, 12, 16):
            at = scene.on(EARLY + timedelta(days=ahead), 11)
            scene.look_up(f"adviser-{number}", at, f"case-{number}", role="Court adviser")
    assert Rule.SAME_CHILD not in {rule for rule, _ in scene.found()}


def test_a_little_more_each_day_without_work_adds_up() -> None:
    scene = Scene().honest()
    for day in days():
        for _ in range(2 if day.weekday() < 5 else 0):
            scene.look_up("sw-3", scene.on(day, 11))
    finding = next(one for one in scene.findings() if one.practitioner_ids == ("sw-3",))
    assert finding.rule is Rule.NO_WORK
    assert finding.counts["excess"] >= 10


def test_more_lookups_that_work_follows_as_it_does_in_the_team_do_not_add_up() -> None:
    scene = Scene().honest()
    for day in days():
        for number in range(4 if day.weekday() < 5 else 0):
            at = scene.on(day, 11)
            child = scene.look_up("sw-3", at)
            if number:
                scene.act(Act.REGISTERED, child, at + timedelta(days=1))
    assert Rule.NO_WORK not in {rule for rule, _ in scene.found()}


def test_in_a_team_of_few_that_seldom_registers_work_its_absence_is_no_sign() -> None:
    scene = Scene().honest()
    for number, works in enumerate((0.4, 0.35, 0.3, 0.3, 0.35, 0.0)):
        for day in days():
            scene._of_day(f"adviser-{number}", day, 2, (9, 14), works=works, role="Court adviser")
    assert Rule.NO_WORK not in {rule for rule, _ in scene.found()}


def test_in_a_team_with_shifts_a_week_of_nights_is_no_sign() -> None:
    scene = Scene().honest()
    for day in days():
        for number in range(6):
            hour = 22 if (day.toordinal() // 7 + number) % 3 == 0 else 12
            scene.look_up(f"crew-{number}", scene.on(day, hour), role="Paramedic", known=False)
    for day in days(LATE, LATE + timedelta(days=8)):
        for _ in range(2):
            scene.look_up("crew-0", scene.on(day, 23), role="Paramedic", known=False)
    assert Rule.UNUSUAL_HOURS not in {rule for rule, _ in scene.found()}


def test_that_nobody_works_with_children_whom_nobody_knows_is_no_second_sign() -> None:
    scene = Scene()
    for day in days():
        for number in range(8):
            for _ in range(2):
                # Whoever asks finds nothing or works with the child already, as the others of the team do.
                nothing = scene.random.random() < (0.75 if number == 0 else 0.3)
                child = scene.new_id()
                at = scene.on(day, 11)
                if not nothing:
                    scene.act(Act.REPLACED, child, at - timedelta(days=1))
                scene.look_up(f"sw-{number}", at, child, known=not nothing)
    assert Rule.FOUND_NOTHING not in {rule for rule, _ in scene.found()}
