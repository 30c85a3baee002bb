"""``tuo books``: whether every event is where it should be."""

from datetime import timedelta

from broker import books, found
from broker.books import WHAT, Books
from broker.commands.saying import AsJson, say, say_json, say_table
from broker.commands.stopping import no
from broker.commands.through import reading
from broker.ports import utc_now
from broker.settings import Settings
from broker.standing import Progress, Standing


def books_command(as_json: AsJson = False) -> None:
    """Draw up the books: every event, at every department, in exactly one state. Exits with 1 where one is not."""
    settings = Settings()
    waits = timedelta(seconds=settings.republish_seconds)
    with reading(settings) as store:
        drawn = store.read_now(lambda tx: books.book(tx, found.adapters(), utc_now(), republish_after=waits))
    if as_json:
        say_json({"balanced": drawn.balanced, **_document(drawn)})
    else:
        _say(drawn)
    if not drawn.balanced:
        no(f"The books do not balance: {len(drawn.findings)} found. Look at each with tuo event show, then tuo doctor.")


def _document(drawn: Books) -> dict[str, object]:
    return {name: getattr(drawn, name) for name in Books.__dataclass_fields__}


def _say(drawn: Books) -> None:
    say_table(
        ["Notifications", "Count"],
        [(name, drawn.notifications[name]) for name in Progress if name in drawn.notifications],
        empty="No notification has been written down yet.",
    )
    say("")
    columns = [name for name in Standing if name in drawn.deliveries]
    say_table(
        ["Department", *[name.replace("_", " ") for name in columns], "blocked"],
        [
            (department, *[counts.get(name, 0) for name in columns], drawn.blocked.get(department, 0))
            for department, counts in sorted(drawn.departments.items())
        ],
        empty="No delivery has been made yet.",
    )
    since = f", the oldest written {drawn.outbox_since:%Y-%m-%d %H:%M:%S}Z" if drawn.outbox_since else ""
    say(f"\nWaiting to be published: {drawn.outbox}{since}")
    if drawn.balanced:
        say("The books balance.")
        return
    rows = [(WHAT[finding.what], finding.department, finding.id) for finding in drawn.findings]
    say_table(["Not where it should be", "Department", "Id"], rows, empty="")
