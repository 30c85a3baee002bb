"""``tuo event stop``: call off what nobody has been told of yet."""

from typing import Annotated

import typer

from broker.commands.asking import ask, client, key_of, server_of
from broker.commands.saying import AsJson, say, say_json
from broker.commands.stopping import bad, no
from broker.commands.through import actor, writing
from broker.main import timing_of
from broker.ports import utc_now
from broker.settings import Settings
from broker.stopping import Stop, TooLate, stop
from broker.store import Store

LONGEST_REASON = 200


def stop_command(
    reference: Annotated[str, typer.Argument(metavar="REF", help="The reference, such as TUO-4F2K-9QXZ-77BM.")],
    reason: Annotated[str, typer.Option("--reason", help="Why, for the audit; no personal data.")],
    as_json: AsJson = False,
) -> None:
    """Stop a life event that no department has been told of yet: a death in its cool-off, or what waits for its day.

    While a broker runs on SQLite it is asked to, with the key in TUO_HOME/keys/operator.
    """
    if not 0 < len(reason) <= LONGEST_REASON or not reason.isprintable():
        bad(f"The reason must be one line of at most {LONGEST_REASON} characters.")
    settings, wanted = Settings(), Stop(reference=reference.strip().upper(), actor=actor(), reason=reason)
    departments = writing(settings, lambda store: _here(store, settings, wanted), lambda: _there(settings, wanted))
    if as_json:
        say_json({"reference": wanted.reference, "departments": departments})
    else:
        say(f"Stopped. Not told: {', '.join(departments) or 'nobody was to be told any more'}.")


def _here(store: Store, settings: Settings, wanted: Stop) -> list[str]:
    try:
        stopped = store.write_now(stop(wanted, utc_now(), timing_of(settings)))
    except TooLate as error:
        no(f"Told already: {error}. Tell a withdrawal instead.")
    if stopped is None:
        no("Nothing is here under this reference: check its letters, and TUO_HOME or TUO_DATABASE_URL.")
    return list(stopped.departments)


def _there(settings: Settings, wanted: Stop) -> list[str]:
    with client(server_of(settings), key_of(settings, "operator")) as asked:
        path = f"/api/v1/life-events/{wanted.reference}/stop"
        departments: list[str] = ask(asked, "POST", path, {"reason": wanted.reason})["departments"]
        return departments
