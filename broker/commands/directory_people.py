"""``tuo directory search`` and ``show``: look for residents as an adviser does, and at one of them."""

import asyncio
from typing import Annotated, Any, Final

import typer
from sqlalchemy import Connection, select

from broker import main
from broker.commands.asking import ask, client, key_of, server_of
from broker.commands.saying import AsJson, say, say_json, say_table
from broker.commands.stopping import bad, no
from broker.commands.through import actor, writing
from broker.directory.people import whole_person
from broker.directory.people_found import WantedByAdviser, search_people
from broker.directory.search import TooLittle
from broker.directory.tables import resident
from broker.notifications import note_audit
from broker.person import Person
from broker.ports import utc_now
from broker.settings import Settings
from broker.store import Store

_NOBODY: Final = "No resident has this id. Check it against the extract."
Reason = Annotated[str, typer.Option(help="Why, for the audit; no personal data.")]
ForTeam = Annotated[bool, typer.Option("--for-the-protection-team", help="Show protected people too; it is audited.")]


def search_command(
    name: Annotated[str, typer.Argument(help="Pieces of the name, in any order.")],
    reason: Reason,
    postcode: Annotated[str | None, typer.Option(help="A postcode that they live or lived at.")] = None,
    birth_year: Annotated[int | None, typer.Option(help="The year of birth.")] = None,
    for_the_team: ForTeam = False,
    as_json: AsJson = False,
) -> None:
    """Look for residents by two of first name, last name, postcode and year of birth. Who was shown is audited."""
    settings = Settings()
    wanted = WantedByAdviser(
        name=name,
        postcode=postcode,
        birth_year=birth_year,
        actor=actor(),
        reason=reason,
        sees_protected=for_the_team,
    )
    found = writing(settings, lambda store: _search(settings, store, wanted), lambda: _ask(settings, wanted))
    if as_json:
        say_json(found)
        return
    rows = [(one["person"], one["name"], one["date_of_birth"], one["address"]) for one in found["people"]]
    empty = "Too many fit: type more." if found["result"] == "too_many" else "Nobody fits."
    say_table(["Person", "Name", "Born", "Address"], rows, empty=empty)


def show_command(
    who: Annotated[str, typer.Argument(metavar="ID", help="The extract's id, or the broker's own of a person.")],
    reason: Reason,
    for_the_team: ForTeam = False,
) -> None:
    """Show one resident: names and homes over time, and what departments call them. Who looked is audited."""
    settings = Settings()

    def beside() -> Person | None:
        no("A broker is running on this database. Look in its screens, or use tuo directory search.")

    found = writing(settings, lambda store: store.write_now(lambda tx: _show(tx, who, reason, for_the_team)), beside)
    if found is None:
        no(_NOBODY)
    for line in _lines(found):
        say(line)


def _show(tx: Connection, who: str, reason: str, for_the_team: bool) -> Person | None:
    asked = select(resident.c.person).where((resident.c.source_id == who) | (resident.c.own == who))
    person = tx.execute(asked).scalar()
    found = whole_person(tx, person) if person else None
    # Looked up all the same, and noted all the same: nothing tells somebody protected from nobody.
    shown = found if found is not None and (for_the_team or not found.restricted) else None
    note_audit(tx, utc_now(), actor(), "person.shown", shown.id if shown else "nobody", reason[:200])
    return shown


def _lines(person: Person) -> list[str]:
    stays = [
        f"Home {stay.since or '?'} to {stay.until if stay.until is not None else 'now'}: "
        f"{', '.join([*stay.address.lines, stay.address.postcode or ''])}"
        for stay in person.stays
    ]
    references = [f"{department} calls them {one}" for department, one in sorted(person.references.items())]
    facts = {"Born": person.date_of_birth, "Sex": person.sex, "Number": person.nino, "Phone": person.phone}
    facts |= {"Email": person.email, "Died": person.deceased_on}
    said = [f"{what} {value}" for what, value in facts.items() if value]
    return [f"Person {person.id}", *(f"Name {name}" for name in person.names), *said, *stays, *references]


def _search(settings: Settings, store: Store, wanted: WantedByAdviser) -> dict[str, Any]:
    try:
        answer = asyncio.run(search_people(wanted, main.build(settings, store)))
    except TooLittle as error:
        bad(str(error))
    return answer.model_dump(mode="json")


def _ask(settings: Settings, wanted: WantedByAdviser) -> dict[str, Any]:
    body = {"name": wanted.name, "postcode": wanted.postcode, "birth_year": wanted.birth_year, "reason": wanted.reason}
    role = "protection" if wanted.sees_protected else "adviser"
    with client(server_of(settings), key_of(settings, role)) as http:
        answer: dict[str, Any] = ask(http, "POST", "/api/v1/people/search", body)
    return answer
