"""Puts a stream record aside that no retry can help. The dead letter says which one it is, and nothing of its content.
The stream keeps the stream record itself for 24 hours."""

from collections.abc import Callable
from typing import Any

import msgspec

from ...domain.errors import Unavailable
from ..aws_errors import aws_errors

StreamRecord = dict[str, Any]
"""A stream record as Lambda passes it to a function. Bytes in its images are base64."""


class DeadLetters:
    """`make_sqs` makes the client. It is called only if there is something to put aside, because importing the client
    takes time. `queue_url`: None if the stage has no such queue."""

    def __init__(self, make_sqs: Callable[[], Any], queue_url: str | None) -> None:
        self._make_sqs = make_sqs
        self._queue_url = queue_url

    def put_aside(self, function: str, record: StreamRecord, error: Exception) -> None:
        """Raises Unavailable. Then the stream record must be tried again."""
        if self._queue_url is None:
            raise Unavailable
        letter = {"function": function, **_place_of(record), "error_type": type(error).__name__}
        with aws_errors("SQS"):
            sqs = self._make_sqs()
            sqs.send_message(QueueUrl=self._queue_url, MessageBody=msgspec.json.encode(letter).decode())


def _place_of(record: StreamRecord) -> dict[str, str]:
    """Where the stream record is found again: `stream` is an ARN, and its shards say which numbers they hold."""
    return {
        "stream": str(record.get("eventSourceARN", "")),
        "sequence_number": str(record.get("dynamodb", {}).get("SequenceNumber", "")),
    }
