"""Writes what the topics of each pipeline have, as librdkafka reads them. It shares no code with Daybreak.

    python3 dump.py '{"brokers": "…", "pipelines": [{"topic", "sent", "files": {"events", "output", "letters"}}, …]}'

Each file gets a list of messages: partition, offset, value, headers. It waits until the events topic has `sent` messages,
and until the output and the dead letters together have as many as it has; at most PATIENCE_SECONDS without a new message.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, TopicPartition

PATIENCE_SECONDS = 60
SUFFIXES = {"events": "", "output": "_out", "letters": "_dlq"}


def text(value: bytes | None) -> str | None:
    return None if value is None else value.decode(errors="replace")


def main(job: dict[str, Any]) -> None:
    consumer = Consumer(
        {
            "bootstrap.servers": job["brokers"],
            "group.id": "daybreak-torture",  # It needs a name, and joins no group: its partitions are assigned.
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
            "enable.partition.eof": True,
        }
    )
    messages: dict[str, list[dict[str, Any]]] = {}
    unread: set[tuple[str, int]] = set()
    for pipeline in job["pipelines"]:
        for suffix in SUFFIXES.values():
            topic = pipeline["topic"] + suffix
            messages[topic] = []
            found = consumer.list_topics(topic, timeout=60).topics[topic]
            if found.error is not None:
                raise RuntimeError(f"{topic}: {found.error}")
            unread |= {(topic, partition) for partition in found.partitions}
    consumer.assign([TopicPartition(topic, partition, OFFSET_BEGINNING) for topic, partition in sorted(unread)])

    def all_there() -> bool:
        counts = [{name: len(messages[p["topic"] + suffix]) for name, suffix in SUFFIXES.items()} for p in job["pipelines"]]
        return all(
            count["events"] >= pipeline["sent"] and count["output"] + count["letters"] >= count["events"]
            for pipeline, count in zip(job["pipelines"], counts)
        )

    deadline = time.monotonic() + PATIENCE_SECONDS
    # Until each partition is read to its end: also behind what is wanted, where a message too many would be.
    while (unread or not all_there()) and time.monotonic() < deadline:
        for message in consumer.consume(1_000, timeout=0.5):
            place = (message.topic(), message.partition())
            if message.error() is None:
                unread.add(place)
                headers = {name: text(value) for name, value in message.headers() or []}
                fields = {"partition": message.partition(), "offset": message.offset(), "headers": headers}
                messages[message.topic()].append({**fields, "value": text(message.value())})
                deadline = time.monotonic() + PATIENCE_SECONDS
            elif message.error().code() == KafkaError._PARTITION_EOF:
                unread.discard(place)
    consumer.close()
    for pipeline in job["pipelines"]:
        for name, file in pipeline["files"].items():
            Path(file).write_text(json.dumps(messages[pipeline["topic"] + SUFFIXES[name]]))


main(json.loads(sys.argv[1]))
