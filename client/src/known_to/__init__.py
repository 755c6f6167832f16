"""Known To, for authorities: is this child known to another practitioner, and whom do I ring?

from known_to import Caller, connect, from_file_and_environment

settings = from_file_and_environment(os.environ)
with connect(settings, Caller("sw-1", "Social worker")) as client:
    answer = client.look_up(nhs_number, "safeguarding", "case-17")
"""

from .answers import Answer, BrokeredEntry, FullEntry, OwnInvolvement, Receipt, RowResult
from .client import Client, connect
from .demo import from_demo
from .errors import CannotAnswer, KnownToError, Problem, Unreachable, UnreadableAnswer
from .retries import RetryPolicy
from .settings import Settings
from .settings_sources import from_file_and_environment
from .signing import Caller

__all__ = [
    "Answer",
    "BrokeredEntry",
    "Caller",
    "CannotAnswer",
    "Client",
    "FullEntry",
    "KnownToError",
    "OwnInvolvement",
    "Problem",
    "Receipt",
    "RetryPolicy",
    "RowResult",
    "Settings",
    "Unreachable",
    "UnreadableAnswer",
    "connect",
    "from_demo",
    "from_file_and_environment",
]
