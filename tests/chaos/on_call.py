"""The operator of a soak: puts back what waits for a person, over the API, as one would with the offices' own books."""

import contextlib
import threading
from typing import Any

import httpx

#: what only a person may put back on its way; a refusal is an answer, and unreadable letters are the faults' own
FOR_A_PERSON = ("unknown", "dead", "stuck")
LOOK_EVERY = 1.0
WHY = "the office's own books were looked at"


class OnCall(threading.Thread):
    """Two operators: one looks, plans and begins; the other agrees where a second person must."""

    def __init__(self, address: str, first: str, second: str) -> None:
        super().__init__(daemon=True)
        self._address = address
        self._first, self._second = ({"authorization": f"Bearer {key}"} for key in (first, second))
        self._home = threading.Event()
        #: how many were put back
        self.replayed = 0

    def run(self) -> None:
        """Look, and put back; a broker that does not answer is asked again."""
        while not self._home.wait(LOOK_EVERY):
            with contextlib.suppress(httpx.HTTPError, KeyError, ValueError):
                self._agree()
                self._put_back()

    def go_home(self) -> None:
        """No more."""
        self._home.set()

    def _agree(self) -> None:
        """Agree to what was begun, and let go on what stopped by itself: what a run still has, no other plan may take."""
        for run in self._ask("GET", "/api/v1/runs")["items"]:
            if run["state"] == "stopped":
                self._ask("POST", f"/api/v1/runs/{run['id']}/resume", {"reason": WHY})
            if run["state"] == "approval":
                said = {"digest": run["digest"], "reason": WHY}
                self._ask("POST", f"/api/v1/runs/{run['id']}/approval", said, self._second)

    def _put_back(self) -> None:
        # cause by cause: the newest failures of all can be the faults' own unreadable letters, a whole page of them
        pages = [self._ask("GET", f"/api/v1/failures?cause={cause}&limit=100") for cause in FOR_A_PERSON]
        ids = [one["id"] for page in pages for one in page["items"]][:100]
        if not ids:
            return
        plan = self._ask("POST", "/api/v1/replay-plans", {"ids": ids, "reason": WHY, "force": True})
        held_to = {"digest": plan["digest"]}
        self._ask("POST", "/api/v1/runs", {"plan": plan["id"], **held_to})
        self._agree()
        self.replayed += plan["goes_on"]

    def _ask(self, method: str, path: str, body: object = None, who: dict[str, str] | None = None) -> dict[str, Any]:
        signed = who or self._first
        answer = httpx.request(method, f"{self._address}{path}", json=body, headers=signed, timeout=5)
        answer.raise_for_status()
        told: dict[str, Any] = answer.json()
        return told
