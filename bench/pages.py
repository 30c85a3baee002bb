"""How long the screens take to answer, page by page, and what they weigh. `python -m bench.pages [--asked N]`

Server and asker share this machine and its other work, so every figure is an upper bound.
"""

import argparse
import os
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import psutil

from broker.screens.assets import load_assets
from tests.screens.ground import Desk, open_desk

TRACKING_ADVISERS, POLL_EVERY, POLL_SECONDS = 50, 2.0, 10.0


def milliseconds(times: list[float]) -> str:
    ordered = sorted(times)
    p95 = ordered[int(len(ordered) * 0.95)]
    return f"p50 {statistics.median(ordered) * 1000:6.1f} ms   p95 {p95 * 1000:6.1f} ms"


def timed(adviser: httpx.Client, path: str, asked: int, form: dict[str, str] | None = None) -> list[float]:
    times = []
    for _ in range(asked):
        began = time.perf_counter()
        answer = adviser.post(path, data=form) if form else adviser.get(path)
        times.append(time.perf_counter() - began)
        assert answer.status_code < 400, (path, answer.status_code)
    return times


def a_draft(adviser: httpx.Client, token: str) -> str:
    """A move that is ready to be checked; the address of its draft."""
    begun = adviser.post("/tell", data={"csrf": token, "kind": "move", "search": "garcia 1974"})
    draft = begun.headers["location"].removesuffix("/person")
    page = adviser.get(f"{draft}/person").text
    person = page.split('name="person" type="radio" value="')[1].split('"')[0]
    chosen = {"csrf": token, "person": person, "caller": "another"}
    adviser.post(f"{draft}/person", data=chosen)
    typed = {"q.occurred_on": "today", "q.new_address": "4 Dock Road, AA3 6TU", "q.direction": "within"}
    told = adviser.post(f"{draft}/details", data={"csrf": token, **typed})
    assert told.headers["location"] == f"{draft}/check", told.text[:200]
    return draft


def pages(desk: Desk, asked: int) -> None:
    cookies = desk.sign_in("adviser")
    token = desk.csrf(cookies)
    with desk.client(None) as adviser:
        adviser.cookies.update(cookies)
        draft = a_draft(adviser, token)
        for path in ("/tell", f"{draft}/person", f"{draft}/details", f"{draft}/check", "/recent"):
            timed(adviser, path, 3)
            print(f"{path.rpartition('/')[2]:<24} {milliseconds(timed(adviser, path, asked))}")
        times, reference = [], ""
        for _ in range(min(asked, 50)):
            draft = a_draft(adviser, token)
            began = time.perf_counter()
            sent = adviser.post(f"{draft}/check", data={"csrf": token})
            times.append(time.perf_counter() - began)
            reference = sent.headers["location"]
        print(f"{'submit':<24} {milliseconds(times)}")
        desk.route()
        print(f"{'tracker':<24} {milliseconds(timed(adviser, reference, asked))}")
        poll(desk, cookies, reference)


def poll(desk: Desk, cookies: dict[str, str], reference: str) -> None:
    """Fifty advisers look at a tracker; what of a core it costs, asking and answering together."""
    process = psutil.Process(os.getpid())

    def one_adviser(delay: float) -> list[float]:
        times = []
        with desk.client(None) as adviser:
            adviser.cookies.update(cookies)
            tag = adviser.get(f"{reference}/now").headers["etag"]
            time.sleep(delay)
            until = time.monotonic() + POLL_SECONDS
            while time.monotonic() < until:
                began = time.perf_counter()
                assert adviser.get(f"{reference}/now", headers={"if-none-match": tag}).status_code == 304
                times.append(time.perf_counter() - began)
                time.sleep(POLL_EVERY)
        return times

    with ThreadPoolExecutor(TRACKING_ADVISERS) as advisers:
        before, began = sum(process.cpu_times()[:2]), time.monotonic()
        each = advisers.map(one_adviser, [POLL_EVERY * n / TRACKING_ADVISERS for n in range(TRACKING_ADVISERS)])
        found = [took for times in each for took in times]
        used = (sum(process.cpu_times()[:2]) - before) / (time.monotonic() - began)
    print(f"{'50 advisers polling':<24} {milliseconds(found)}   {used:.2f} of a core, asking and answering together")


def weights() -> None:
    for name, asset in load_assets().items():
        print(f"{name:<24} {len(asset.body):>8} bytes, {len(asset.packed):>7} packed")


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--asked", type=int, default=200)
    told = asked.parse_args()
    os.environ["TUO_TEST_IDENTIFIERS"] = "1"
    with TemporaryDirectory(prefix="tuo-bench-") as folder, open_desk(f"sqlite:///{Path(folder) / 'tuo.db'}") as desk:
        pages(desk, told.asked)
    weights()
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
