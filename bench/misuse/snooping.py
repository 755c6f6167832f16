"""Looking at children whom one knows privately: again and again, over weeks, without work."""

from datetime import timedelta

from .cases import Case, Kind
from .chance import between
from .culprits import MONTH, Deed, Seeds
from .work import Work

_FAMOUS = 0.3
_WEEKS = (2, 3, 4, 4)


def own_family(seeds: Seeds, grade: float) -> Case:
    """One or two children: from nearly daily to four times in some weeks."""
    person = seeds.person()
    deed = Deed(seeds, Kind.OWN_FAMILY, person.team.body, grade)
    children = seeds.family_without_work(person.team.body)[:2]
    for day in seeds.days(person, max(4, between(seeds.chance, 25, 4, grade)), seeds.chance.choice(_WEEKS)):
        minute = seeds.minute(person)
        for number, child in enumerate(children):
            deed.look_as(person, child, day, minute + number)
    return deed.case()


def curiosity(seeds: Seeds, grade: float) -> Case:
    """Some children of different families, each more than once. Now and then they are the same famous ones."""
    person = seeds.person()
    body = person.team.body
    deed = Deed(seeds, Kind.CURIOSITY, body, grade)
    times = max(2, between(seeds.chance, 6, 2, grade))
    for _ in range(seeds.chance.randint(2, 3)):
        children = seeds.famous() if seeds.chance.random() < _FAMOUS else seeds.family_without_work(body)
        seeds.keep_free(children, body)
        child = seeds.chance.choice(children)
        for day in seeds.days(person, times, seeds.chance.choice(_WEEKS)):
            deed.look_as(person, child, day)
    return deed.case()


def hidden_by_own_work(seeds: Seeds, work: Work, grade: float) -> Case:
    """One child with whom another team of the same authority works."""
    while True:
        person = seeds.person()
        others = [team for team in person.team.body.teams if team is not person.team]
        children = [child for team in others for child in team.caseload if work.is_standing(child, team.body)]
        if children:
            break
    deed = Deed(seeds, Kind.HIDDEN_BY_OWN_WORK, person.team.body, grade)
    child = seeds.chance.choice(children)
    for day in seeds.days(person, max(4, between(seeds.chance, 20, 4, grade))):
        deed.look_as(person, child, day)
    return deed.case()


def passed_around(seeds: Seeds, grade: float) -> Case:
    """Three to five of a team look at the same one or two children, within a day or two, and again some days later."""
    people = seeds.group(seeds.chance.randint(3, 5))
    body = people[0].team.body
    deed = Deed(seeds, Kind.PASSED_AROUND, body, grade)
    children = seeds.family_without_work(body)[:2]
    rounds = max(2, between(seeds.chance, 5, 2, grade))
    for begins_on in sorted(seeds.chance.sample(MONTH[:-2], rounds)):
        for person in people:
            day = begins_on + timedelta(days=seeds.chance.choice((0, 0, 1)))
            for child in children:
                deed.look_as(person, child, day)
    return deed.case()
