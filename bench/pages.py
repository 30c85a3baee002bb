"""How long the screens take to answer, page by page, and what they weigh. `python -m bench.pages [--asked N]`

With ``--deliveries`` the pages of the console and of the manager are asked over a ledger of so many, and with
``--residents`` an adviser's search over a directory of so many; a database that was grown before is given with
``--ledger`` and ``--directory``. Server and asker share this machine and its other work, so every figure is an upper
bound.
"""

import argparse
import os
import random
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import psutil

from bench.grown import grow_directory, grow_ledger
from bench.identity.population import households
from broker.report.month import Month
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


#: of the console, of the manager and of the auditor
LARGE = {
    "operator": ("/failures", "/failures?cause=dead", "/departments", "/waiting", "/runs", "/dead-letters", "/books"),
    "manager": ("/figures?month={last}",),
    "auditor": ("/audit",),
}


def large(desk: Desk, asked: int) -> None:
    """The pages over a ledger of years; a first look is printed by itself, as what takes seconds is drawn up then."""
    last = Month.of(desk.broker.now()).before()
    for person, paths in LARGE.items():
        with desk.client(person) as somebody:
            for path in (one.format(last=last) for one in paths):
                (first,) = timed(somebody, path, 1)
                until(lambda path=path, asks=somebody: 'data-state="drawing"' not in asks.get(path).text)  # type: ignore[misc]
                before = processor_seconds()
                times = timed(somebody, path, asked)
                used = (processor_seconds() - before) / asked
                print(
                    f"{path:<24} {milliseconds(times)}   first {first * 1000:6.1f} ms, of a core {used * 1000:.1f} ms"
                )
    with desk.client("operator") as operator:
        cause = operator.get("/failures").text.split("/failures/causes/")[1].split('"')[0]
        print(f"{'/failures/causes/G-...':<24} {milliseconds(timed(operator, f'/failures/causes/{cause}', asked))}")


def processor_seconds() -> float:
    """What asking and answering together have used of a core; other work on this machine does not count."""
    used = psutil.Process(os.getpid()).cpu_times()
    return used.user + used.system


def until(true: Callable[[], bool], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it was never drawn up"
        time.sleep(0.2)


def searching(desk: Desk, asked: int, seed: int = 7) -> None:
    """An adviser's search as they type, and the page of the person: a name with a year of birth or a postcode."""
    known = [person for home in households(seed, max(2000, asked * 4)) for person in home]
    cookies = desk.sign_in("adviser")
    token = desk.csrf(cookies)
    typed, pages, found = [], [], 0
    with desk.client(None) as adviser:
        adviser.cookies.update(cookies)
        for number, person in enumerate(random.Random(seed).sample(known, asked)):
            more = str(person.born.year) if number % 2 else person.dwelling.postcode
            search = f"{person.forenames[0]} {person.surname} {more}"
            form = {"csrf": token, "kind": "move", "search": search}
            typed += timed(adviser, "/tell/found", 1, form)
            found += "<li>" in adviser.post("/tell/found", data=form).text
            begun = adviser.post("/tell", data=form)
            pages += timed(adviser, begun.headers["location"], 1)
    print(f"{'search as it is typed':<24} {milliseconds(typed)}   {found} of {asked} shown, the others are too many")
    print(f"{'page of the person':<24} {milliseconds(pages)}")


def weights() -> None:
    for name, asset in load_assets().items():
        print(f"{name:<24} {len(asset.body):>8} bytes, {len(asset.packed):>7} packed")


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--asked", type=int, default=200)
    asked.add_argument("--deliveries", type=int, default=0)
    asked.add_argument("--residents", type=int, default=0)
    asked.add_argument("--ledger", type=Path, help="a database with such a ledger, instead")
    asked.add_argument("--directory", type=Path, help="a database with such a directory, instead")
    told = asked.parse_args()
    os.environ["TUO_TEST_IDENTIFIERS"] = "1"
    with TemporaryDirectory(prefix="tuo-bench-") as folder:
        home = Path(folder)
        with open_desk(f"sqlite:///{home / 'tuo.db'}") as desk:
            pages(desk, told.asked)
        if told.ledger or told.deliveries:
            with open_desk(f"sqlite:///{told.ledger or home / 'ledger.db'}") as desk:
                if not told.ledger:
                    grow_ledger(desk.broker.store, told.deliveries, desk.broker.now())
                large(desk, told.asked)
        if told.directory or told.residents:
            with open_desk(f"sqlite:///{told.directory or home / 'directory.db'}") as desk:
                if not told.directory:
                    grow_directory(desk.broker.store, told.residents)
                searching(desk, told.asked)
    weights()
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
