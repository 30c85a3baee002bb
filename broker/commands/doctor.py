"""``tuo doctor``: whether everything the broker stands on is well."""

from broker.commands.checkup import check_up
from broker.commands.saying import AsJson, say, say_json
from broker.commands.stopping import no
from broker.settings import Settings


def doctor_command(as_json: AsJson = False) -> None:
    """Look at everything the broker stands on; a line each, with what to do. Exits with 1 where one is not well."""
    checks = []
    for check in check_up(Settings()):
        checks.append(check)
        if not as_json:
            say(f"{'ok   ' if check.well else 'WRONG'}  {check.name}: {check.said}")
    if as_json:
        say_json(checks)
    if ill := [check.name for check in checks if not check.well]:
        no(f"Not well: {', '.join(ill)}. Each line above says what to do.")
