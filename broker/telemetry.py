"""Every log event and metric that the broker may emit, each with a sentence. No personal data may be a field."""

import logging
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import structlog
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram

#: log events, noun and participle; the documentation is made from here
LOG_EVENTS: dict[str, str] = {
    "adapter.failed": "An adapter or a back office's answer broke our own code; the attempt is recorded as unheard.",
    "books.unbalanced": "Notifications or deliveries are not where they should be; the rows are named.",
    "broker.started": "Every part of this process is running.",
    "broker.stopped": "This process has drained and closed.",
    "database.gap": "Kafka holds records that the database does not know: it was restored to an earlier moment.",
    "delivery.unsettled": "A delivery was read from its topic long ago and has not settled; it is named.",
    "department.breaker": "A department's breaker opened, let a first request through again, or closed.",
    "department.closed": "A department's closing window has begun; what is for it waits.",
    "department.free": "A department that was full has room again.",
    "department.full": "As much is parked for a department as may be: its partitions pause until an operator acts.",
    "department.opened": "A department's closing window has ended; what waited is released.",
    "department.paused": "An operator paused a department.",
    "department.refusing": "A department refuses so much that the fault must be ours: nothing more is sent to it.",
    "department.resumed": "An operator let a department be told again.",
    "department.waits": "A back office asked for time (Retry-After); nothing is sent to it until then.",
    "kafka.unreachable": "Kafka does not answer; intake goes on and the rest waits.",
    "letter.buried": "A record could not be read; its bytes and coordinates are kept as a dead letter.",
    "notification.stuck": "A fault of ours stopped a notification on its first leg; an operator can replay it.",
    "leader.began": "This process leads now: of several on one database it alone routes.",
    "leader.stuck": "A part did not stop when this process no longer led: the process ended itself, to be started again.",
    "leader.ended": "It leads no more: it stopped, or could not renew its lease in time.",
    "page.not_drawn": "A fault of ours stopped figures or books that were being drawn up for a page.",
    "part.failed": "A part of this process stopped with an error and is started again.",
    "part.told-again": "A part of this process did not end when the process was told to stop, and is told again.",
    "receipt.not_sent": "The council's mail server did not take a receipt; the adviser was told so.",
    "replay.done": "A run of a replay has ended; it says how many went and how many failed again.",
    "replay.stage": "A run of a replay went on to its next stage.",
    "replay.stopped": "A run of a replay stopped by itself: too many of a stage failed again.",
    "request.failed": "A fault of ours stopped a request to the API; the caller has the same correlation id.",
    "router.stalled": "The router could not ask or write the database, or ask the directory; it tries again.",
    "screens.not_forgotten": "Old drafts and sessions of the screens could not be deleted just now; it is tried again.",
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
LEADS = Gauge("tuo_leads", "1 while this process leads, of several on one database", ["part"])
OUTBOX = Gauge("tuo_outbox_rows", "Rows that wait to be published")
REPLAYED = Counter("tuo_replayed", "Failures that a run replayed, by department and result", ["department", "result"])
RUNS_WAITING = Gauge("tuo_runs_waiting", "Runs of replays that wait for somebody's word, by state", ["state"])
IN_FLIGHT = Gauge("tuo_in_flight", "Conversations under way, or about to begin at their rate", ["department"])
BREAKER = Gauge("tuo_breaker", "0 closed, 1 half open, 2 open, 3 refusing", ["department"])
WINDOW = Gauge("tuo_window_used_ratio", "How much of what may be read and unfinished is, of 1", ["department"])
UNSETTLED = Gauge("tuo_oldest_unsettled_seconds", "Age of the oldest delivery read and unfinished", ["department"])
PARKED = Gauge("tuo_parked_persons", "Persons whose deliveries wait behind a parked one", ["department"])
PUT_BACK = Counter("tuo_put_back", "Claims given back because the department was ill, not counted", ["department"])

OPEN = Gauge("tuo_open_deliveries", "Deliveries that hold their lane, by standing", ["department", "standing"])
OLDEST_OPEN = Gauge("tuo_oldest_open_seconds", "Age of the oldest of them", ["department", "standing"])
FULL = Gauge("tuo_department_full", "1 while as much is parked for it as may be", ["department"])
UNROUTED = Gauge("tuo_oldest_unrouted_seconds", "Age of the oldest notification that has not been routed")
UNREAD = Gauge("tuo_dead_letters_waiting", "Records that could not be read, and were not replayed since")
OUTBOX_WAITS = Gauge("tuo_outbox_waits_seconds", "How long something has waited to be published")
STORE_ANSWERS = Gauge("tuo_store_answers", "1 while the database answers this process, 0 while it does not")
LOOP_STALL = Gauge("tuo_loop_stall_seconds", "The worst lateness of this process's loop in the last minute")
BOOKS_FINDINGS = Gauge("tuo_books_findings", "Rows that are not where they should be, by what is wrong", ["what"])
BOOKS_DRAWN = Gauge("tuo_books_drawn_at_seconds", "When the books were last looked at, seconds since 1970")
GAP = Gauge("tuo_gap_records", "Records that Kafka holds and the database does not know, at this start", ["topic"])
REPEATS = Counter("tuo_repeats_on_topic", "Records whose delivery was not to be sent any more", ["department"])
TRIED_AGAIN = Counter("tuo_tried_again", "Deliveries put aside to be tried again", ["department", "reason"])
COMMIT_FAILURES = Counter("tuo_commit_failures", "Offsets that Kafka did not take", ["department"])
DRAINED_SECONDS = Histogram(
    "tuo_drained_seconds", "Partitions given up: how long what was under way took", ["department"], buckets=_buckets
)


class _Log:
    """A logger that knows only declared events."""

    def __init__(self) -> None:
        self._logger: Any = structlog.get_logger("tuo")

    def info(self, event: str, **fields: object) -> None:
        """Note that something happened."""
        self._say("info", event, fields)

    def warning(self, event: str, **fields: object) -> None:
        """Note something that an operator may want to look at."""
        self._say("warning", event, fields)

    def error(self, event: str, **fields: object) -> None:
        """Note something that an operator must look at."""
        self._say("error", event, fields)

    def _say(self, how: str, event: str, fields: Mapping[str, object]) -> None:
        said = _declared(event)
        # A full disk, or a reader of the log that has gone, stops no delivery.
        with suppress(OSError, ValueError):
            getattr(self._logger, how)(said, **fields)


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
