"""The rows of the Access table."""

from chalicelib.adapters.dynamodb.access_records import RecordContent
from chalicelib.adapters.dynamodb.schema import ACCESS, AccessItem
from chalicelib.domain.access_records import Act, ActRecord, Operator
from chalicelib.domain.authority import RegistryField
from chalicelib.domain.child import ChildKey
from chalicelib.domain.limits import SoftLimit
from chalicelib.domain.outcomes import ContactOutcome, EntryOutcome
from chalicelib.domain.values import replace
from tests.support.examples import a_caller, act, involvement, lookup
from tests.support.rows import Rows
from tests.support.stage import Stage


def test_the_model_declares_every_attribute_that_is_written_and_no_other(stage: Stage, rows: Rows) -> None:
    child, now = stage.new_child(), stage.clock()
    key, log, new_id = rows.key_of(child), stage.services.parts.access_log, stage.services.parts.new_id
    asker = replace(a_caller("A1"), organisation="ward-3", token_id="token-1")
    asked = replace(lookup(key, new_id(), now), caller=asker, over_soft_limit=SoftLimit.PRACTITIONER)
    log.append_lookup(asked)
    log.append_lookup(replace(asked, id=new_id(), disclosed=replace(asked.disclosed, sensitive=True)))
    log.append_act(replace(act(involvement(key, "A1", "ref", new_id()), new_id(), at=now), actor=asker))
    superseded = ActRecord(
        id=new_id(),
        at=now,
        child=key,
        actor=Operator("j.doe", "ticket 12", "request-1"),
        act=Act.SUPERSEDED,
        present=ChildKey("C#1#present"),
    )
    log.append_act(superseded)
    log.append_act(replace(superseded, id=new_id(), changed=(RegistryField.JWKS,)))
    log.append_outcome(
        replace(superseded, id=new_id(), act=Act.OUTCOME, outcome=EntryOutcome(1, ContactOutcome.REACHED))
    )
    opened = rows.of(key, ACCESS)
    assert {name for row in opened for name in rows.as_stored(row)} == set(AccessItem.get_attributes())
    assert {name for row in opened for name in row} == {*AccessItem.get_attributes(), *RecordContent.__struct_fields__}
