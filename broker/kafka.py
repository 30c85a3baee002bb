"""Reaching Kafka: one place for addresses and credentials, and the topics that must exist."""

import asyncio
import ssl
from collections.abc import Sequence
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, for_code

from broker.notifications import LIFE_EVENTS, OUTCOMES
from broker.settings import Settings
from broker.telemetry import log

#: a topic that is made again, or grows, is noticed within this time instead of five minutes
METADATA_MS = 10_000
_EXISTS = 36
_DAY_MS = 86_400_000
#: longer than the longest outage that a department is allowed
KEPT_DAYS = 28


def connection(settings: Settings) -> dict[str, Any]:
    """How aiokafka's clients reach Kafka."""
    said: dict[str, Any] = {
        "bootstrap_servers": settings.kafka,
        "security_protocol": settings.kafka_security,
        "metadata_max_age_ms": METADATA_MS,
    }
    if "SASL" in settings.kafka_security:
        password = settings.kafka_password.get_secret_value() if settings.kafka_password else None
        said |= {
            "sasl_mechanism": settings.kafka_sasl_mechanism,
            "sasl_plain_username": settings.kafka_username,
            "sasl_plain_password": password,
        }
    if "SSL" in settings.kafka_security:
        said["ssl_context"] = tls(settings)
    return said


def tls(settings: Settings) -> ssl.SSLContext:
    """Certificates that we trust."""
    return ssl.create_default_context(cafile=str(settings.kafka_ca_file) if settings.kafka_ca_file else None)


def topics(settings: Settings, departments: Sequence[str]) -> list[str]:
    """Every topic of this broker."""
    names = [LIFE_EVENTS, OUTCOMES, *(f"departments.{department}" for department in departments)]
    return [settings.topic(name) for name in names]


async def make_topics(settings: Settings, departments: Sequence[str]) -> None:
    """Make the topics that are missing. Raises KafkaError."""
    admin = AIOKafkaAdminClient(**connection(settings))
    try:
        await admin.start()
        await _make(admin, settings, topics(settings, departments))
    finally:
        await admin.close()


async def _make(admin: AIOKafkaAdminClient, settings: Settings, names: Sequence[str]) -> None:
    there = set(await admin.list_topics())
    wanted = [
        NewTopic(
            name=name,
            num_partitions=settings.topic_partitions,
            replication_factor=settings.topic_replicas,
            topic_configs={"retention.ms": str(KEPT_DAYS * _DAY_MS)},
        )
        for name in names
        if name not in there
    ]
    if not wanted:
        return
    answer: Any = await admin.create_topics(wanted)
    # The client does not raise what the broker refused.
    refused = [error for _, error, *_ in answer.topic_errors if error not in (0, _EXISTS)]
    if refused:
        raise for_code(refused[0])


async def until_reached(settings: Settings, departments: Sequence[str], *, seconds: float = 2.0) -> None:
    """Wait until Kafka answers and the topics are there, however long that takes."""
    said = False
    while True:
        try:
            await make_topics(settings, departments)
            return
        except (KafkaError, OSError):
            if not said:
                log.warning("kafka.unreachable", servers=settings.kafka, setting="TUO_KAFKA")
                said = True
            await asyncio.sleep(seconds)
