"""What somebody is going to do at a time. The clerk carries it out, and writes the access record."""

from dataclasses import dataclass
from datetime import datetime

from chalicelib.domain.access_records import Act, Actor
from chalicelib.domain.authority import Caller, Purpose
from chalicelib.domain.child import ChildKey


@dataclass(slots=True, eq=False)
class Action:
    at: datetime


@dataclass(slots=True, eq=False)
class LookUp(Action):
    """`rings`: the asker records an outcome afterwards, if the answer names somebody to ring."""

    caller: Caller
    child: int
    purpose: Purpose
    case_reference: str
    rings: bool = False


@dataclass(slots=True, eq=False)
class Register(Action):
    """`practitioner_id`: whose work it is, though a feed may send it."""

    actor: Caller
    child: int
    reference: str
    practitioner_id: str
    sensitive: bool = False
    justice: bool = False


@dataclass(slots=True, eq=False)
class Change(Action):
    """A record is replaced, amended, withdrawn or expires."""

    actor: Actor
    act: Act
    authority_code: str
    child: int
    reference: str


@dataclass(slots=True, eq=False)
class ShieldChild(Action):
    caller: Caller
    child: int


@dataclass(slots=True, eq=False)
class Supersede(Action):
    """An operator links the child's number to a new one, under which everybody asks from then on."""

    child: int


@dataclass(slots=True, eq=False)
class RecordOutcome(Action):
    """`entry`: which of the answer's entries was rung."""

    caller: Caller
    child: ChildKey
    lookup_id: str
    entry: int


@dataclass(slots=True, eq=False)
class Read(Action):
    """An authority's system reads its notices or its register."""

    caller: Caller
    act: Act
