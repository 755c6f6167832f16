"""What was sent to the topic of the alarms, read through a queue of its own."""

import json
import uuid
from collections.abc import Callable
from typing import Any

from infra.local.aws import alarm_topic


class Subscriber:
    def __init__(self, client: Callable[[str], Any], stage: str) -> None:
        """`client`: makes a client of a service of the emulated AWS."""
        self._sqs, sns = client("sqs"), client("sns")
        self._queue = self._sqs.create_queue(QueueName=f"alarms-{uuid.uuid4()}")["QueueUrl"]
        wanted = self._sqs.get_queue_attributes(QueueUrl=self._queue, AttributeNames=["QueueArn"])["Attributes"]
        sns.subscribe(TopicArn=alarm_topic(stage), Protocol="sqs", Endpoint=wanted["QueueArn"])

    def messages(self) -> list[str]:
        """Subject and text of each message that has come since the last call."""
        found: list[str] = []
        while True:
            received: list[Any] = self._sqs.receive_message(QueueUrl=self._queue, MaxNumberOfMessages=10).get(
                "Messages", []
            )
            if not received:
                return found
            for one in received:
                sent = json.loads(one["Body"])
                found.append(f"{sent['Subject']}\n{sent['Message']}")
                self._sqs.delete_message(QueueUrl=self._queue, ReceiptHandle=one["ReceiptHandle"])
