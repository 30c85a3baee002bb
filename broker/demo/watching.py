"""Watching what the departments answer to the examples of a demonstration."""

import time
from collections.abc import Sequence

from broker.demo import asking
from broker.demo.asking import NotAnswered, Tracker
from broker.demo.plan import Plan
from broker.demo.showing import Screen


class Watch:
    """The notifications that are watched, as they were when last looked at."""

    def __init__(self, plan: Plan, key: str, references: Sequence[str]) -> None:
        self._plan = plan
        self._key = key
        self.references = references
        self._trackers: list[Tracker] = []
        #: when the first department was seen to have answered, monotonic seconds
        self.first_answer_at: float | None = None

    def look(self, screen: Screen) -> None:
        """Ask where each is now, and show it."""
        try:
            self._trackers = [asking.track(self._plan, self._key, reference) for reference in self.references]
        except NotAnswered:
            return  # a broker that is gone is noticed by its process; one that is busy answers the next time
        screen.show(self._trackers)
        if self.first_answer_at is None and any(line.answered for one in self._trackers for line in one.departments):
            self.first_answer_at = time.monotonic()

    @property
    def answered(self) -> bool:
        """Whether every department has answered to all."""
        return bool(self._trackers) and all(tracker.answered for tracker in self._trackers)

    @property
    def unanswered(self) -> list[str]:
        """Who has not answered to what, by department or, where none was told, as a whole."""
        seen = {tracker.reference: tracker for tracker in self._trackers}
        return [said for reference in self.references for said in _unanswered(reference, seen.get(reference))]


def _unanswered(reference: str, tracker: Tracker | None) -> list[str]:
    if tracker is None:
        return [f"{reference}: the broker does not say"]
    if not tracker.departments:
        return [f"{reference}: no department was told. {tracker.held or tracker.progress}"]
    return [f"{reference}: {line.title}" for line in tracker.departments if not line.answered]
