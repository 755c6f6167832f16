"""The roles that others may read in a list of lookups.

A token's `role` is any text, and the authority that signs it can write into it what it likes: a name, a message, or
what a child is treated for. So others see a role only if it is on this list, or on that of the asker's own authority in
the registry. The access record keeps the text as it was sent.

No role here names a sensitive service, because it would say what the asker's authority must not.
"""

from collections.abc import Iterable

KNOWN_ROLES = frozenset(
    {
        # Social care
        "Social worker",
        "Senior social worker",
        "Student social worker",
        "Social work assistant",
        "Duty officer",
        "Duty social worker",
        "Team manager",
        "Service manager",
        "Independent reviewing officer",
        "Child protection chair",
        "Emergency duty social worker",
        "Personal adviser",
        "Local authority designated officer",
        "Family court adviser",
        # Early help and youth work
        "Early help practitioner",
        "Family support worker",
        "Youth worker",
        "Youth justice officer",
        "Probation officer",
        # Education
        "Teacher",
        "Headteacher",
        "Deputy headteacher",
        "Designated safeguarding lead",
        "Deputy designated safeguarding lead",
        "Special educational needs co-ordinator",
        "Education welfare officer",
        "Attendance officer",
        "Pastoral lead",
        "Virtual school head",
        "Nursery manager",
        "Nursery practitioner",
        # Health
        "Doctor",
        "Consultant",
        "General practitioner",
        "Paediatrician",
        "Nurse",
        "Paediatric nurse",
        "Practice nurse",
        "School nurse",
        "Health visitor",
        "Midwife",
        "Paramedic",
        "Named doctor",
        "Named nurse",
        "Named midwife",
        "Designated doctor",
        "Designated nurse",
        # Police and housing
        "Police officer",
        "Detective",
        "Police staff",
        "Housing officer",
        # Hubs and desks
        "Safeguarding hub practitioner",
        "Safeguarding hub manager",
        "Broker desk officer",
    }
)


def passed_on(role: str, of_authority: Iterable[str] = ()) -> str | None:
    """The role in the spelling of the list, or None if it is on neither list. Case and spaces make no difference.

    `of_authority`: what the registry adds for the asker's authority.
    """
    return {_folded(known): known for known in (*of_authority, *KNOWN_ROLES)}.get(_folded(role))


def _folded(role: str) -> str:
    return " ".join(role.casefold().split())
