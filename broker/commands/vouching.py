"""``tuo failures answer``: what a department said by word of mouth."""

from typing import Annotated

import typer

from broker.commands.replaying import OPERATOR, As, OfDelivery, Reason, asked, check_reason, with_broker
from broker.commands.saying import AsJson, say, say_json
from broker.commands.stopping import no
from broker.commands.through import actor, writing
from broker.failures.vouching import CannotVouch, Said, Word, vouch
from broker.settings import Settings
from broker.standing import STANDING_CAPTIONS, Standing


def answer_command(
    failure_id: OfDelivery,
    said: Annotated[
        Said,
        typer.Option("--said", help="accepted: they have acted; not_held: they hold nothing; refused: they will not."),
    ],
    reason: Reason,
    as_name: As = OPERATOR,
    as_json: AsJson = False,
) -> None:
    """Write down what a department said of a delivery that has no answer of its own: by telephone, say.

    For what waits for a person, or for an answer that does not come. It counts like any other answer: the adviser
    reads it, the person's next delivery goes on, and nothing more of this one is sent. Who was spoken to goes in --reason.
    """
    check_reason(reason)
    settings = Settings()
    word = Word(delivery=failure_id, said=said, actor=actor(), reason=reason)
    path, body = f"/api/v1/failures/{failure_id}/answer", {"said": said.value, "reason": reason}
    try:
        standing = writing(
            settings,
            with_broker(settings, lambda broker: broker.store.write_now(vouch(word, broker))),
            lambda: Standing(asked(settings, as_name, "POST", path, body)["standing"]),
        )
    except CannotVouch as error:
        no(f"Nothing is to be said of it now: {error}.")
    if standing is None:
        no("No delivery has this id: see tuo failures list --ids.")
    if as_json:
        say_json({"id": failure_id, "standing": standing})
    else:
        say(f"Written down: {STANDING_CAPTIONS[standing].lower()}.")
