"""The topic of the alarms, for messages that no alarm on a metric could send, because they name an authority."""

from collections.abc import Callable
from typing import Any

from ...domain.errors import Unavailable
from ..aws_errors import ConditionRefused, Contended, aws_errors


class AlarmTopic:
    """`make_client`: called for each message, since there are few of them. `arn`: None if the stage has no topic."""

    def __init__(self, make_client: Callable[[], Any], arn: str | None) -> None:
        self._make_client = make_client
        self._arn = arn

    def __call__(self, subject: str, text: str) -> None:
        if self._arn is None:
            raise Unavailable
        try:
            with aws_errors("SNS"):
                self._make_client().publish(TopicArn=self._arn, Subject=subject, Message=text)
        except (ConditionRefused, Contended):
            raise Unavailable from None
