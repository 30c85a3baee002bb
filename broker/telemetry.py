"""Every log event and metric that the broker may emit, each with a sentence. No personal data may be a field."""

import logging
import sys
from typing import Any

import structlog
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram

#: log events, noun and participle; the documentation is made from here
LOG_EVENTS: dict[str, str] = {
    "adapter.failed": "An adapter or a back office's answer broke our own code; the attempt is recorded as unheard.",
    "books.unbalanced": "Notifications or deliveries are not where they should be; the rows are named.",
    "broker.started": "Every part of this process is running.",
    "broker.stopped": "This process has drained and closed.",
    "kafka.unreachable": "Kafka does not answer; intake goes on and the rest waits.",
    "letter.buried": "A record could not be read; its bytes and coordinates are kept as a dead letter.",
    "notification.stuck": "A fault of ours stopped a notification on its first leg; an operator can replay it.",
    "part.failed": "A part of this process stopped with an error and is started again.",
    "request.failed": "A fault of ours stopped a request to the API; the caller has the same correlation id.",
    "router.stalled": "The router could not ask or write the database, or ask the directory; it tries again.",
    "sweeper.offered": "Deliveries or notifications that had not moved on were offered again.",
}

_buckets = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 15, 60, 300, 3600)
SUBMISSIONS = Counter("tuo_submissions", "Letters taken in, by door and answer", ["door", "answer"])
BURIED = Counter("tuo_dead_letters", "Records that could not be read, by topic and reason", ["topic", "reason"])
ROUTED = Counter("tuo_notifications_routed", "Notifications that left the first leg, by progress", ["progress"])
ATTEMPTS = Counter("tuo_attempts", "Attempts, by department and what was heard", ["department", "heard"])
TOLD_SECONDS = Histogram(
    "tuo_told_seconds", "From recording a notification to a department's answer", ["department"], buckets=_buckets
)
OUTBOX = Gauge("tuo_outbox_rows", "Rows that wait to be published")
IN_FLIGHT = Gauge("tuo_in_flight", "Conversations under way", ["department"])


class _Log:
    """A logger that knows only declared events."""

    def __init__(self) -> None:
        self._logger: Any = structlog.get_logger("tuo")

    def info(self, event: str, **fields: object) -> None:
        """Note that something happened."""
        self._logger.info(_declared(event), **fields)

    def warning(self, event: str, **fields: object) -> None:
        """Note something that an operator may want to look at."""
        self._logger.warning(_declared(event), **fields)

    def error(self, event: str, **fields: object) -> None:
        """Note something that an operator must look at."""
        self._logger.error(_declared(event), **fields)


def _declared(event: str) -> str:
    if event not in LOG_EVENTS:
        raise LookupError(f"the log event {event} is not declared in telemetry.py")
    return event


log = _Log()


def set_up_logging(*, as_json: bool) -> None:
    """Send our events, and what libraries warn of, to standard error."""
    last: Any = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=False)
    structlog.configure(
        processors=[structlog.processors.add_log_level, structlog.processors.TimeStamper(fmt="iso"), last],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s %(message).200s")
    # A Kafka that is down makes these say the same many times a second; we say it once ourselves.
    for noisy in ("aiokafka", "faust", "mode", "alembic"):
        logging.getLogger(noisy).setLevel(logging.CRITICAL)


def registry() -> CollectorRegistry:
    """The metrics of this process."""
    return REGISTRY
