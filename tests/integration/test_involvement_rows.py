"""The raw items that a registration writes to the Involvements table hold exactly what their models declare."""

from chalicelib.adapters.dynamodb.schema import InvolvementItem, Keyed, RegisterItem
from tests.support.rows import Row, Rows
from tests.support.stage import Stage

_NOT_AT_FIRST = {"erased_at", "undecided_on", "trace_number_on"}


def test_a_row_and_its_entry_hold_what_their_models_declare_and_nothing_else(stage: Stage, rows: Rows) -> None:
    child, reference = stage.new_child(), stage.new_reference()
    for leads in (False, True):
        assert stage.register(child, reference, lead_professional=leads).status < 300
        entry = rows.entry(reference)
        assert entry is not None
        assert _types(rows.one_of(child)) == _declared(InvolvementItem)
        assert _types(entry) == {
            name: kind for name, kind in _declared(RegisterItem).items() if name not in _NOT_AT_FIRST
        }


def _types(row: Row) -> dict[str, str]:
    return {name: kind for name, value in row.items() for kind in value}


def _declared(model: type[Keyed]) -> dict[str, str]:
    return {name: attribute.attr_type for name, attribute in model.get_attributes().items()}
