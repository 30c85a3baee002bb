"""``tuo run``: this process becomes a broker."""

import gc
from typing import Annotated

import typer

from broker.commands.stopping import bad
from broker.settings import Role, Settings


def run_command(
    roles: Annotated[str | None, typer.Option(help="What it does: web, router, delivery, comma separated.")] = None,
) -> None:
    """Run the broker until it is told to stop (SIGTERM or Ctrl-C).

    Kafka need not be there yet: what is told is written down, and moves on when Kafka answers.
    """
    settings = Settings() if roles is None else Settings(roles=_roles(roles))
    import uvloop

    from broker import main
    from broker.telemetry import set_up_logging

    set_up_logging(as_json=settings.log_json)
    _spare_the_collector()
    uvloop.run(main.run(settings))


def _spare_the_collector() -> None:
    """Thousands of deliveries wait at once, and none of them is garbage: look at the new ones more rarely."""
    gc.collect()
    gc.freeze()  # what was imported stays
    gc.set_threshold(50_000, 20, 50)


def _roles(said: str) -> list[Role]:
    try:
        return [Role(word.strip()) for word in said.split(",")]
    except ValueError:
        bad(f"A role is one of {', '.join(Role)}: as in --roles web,router.")
