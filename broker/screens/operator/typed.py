"""What operators type: a line of words, judged in the words of the page, and never repeated in them."""

from typing import Final

from broker.screens.fields import Wrong
from broker.screens.forms import Form
from schemas.characters import has_control, has_hidden, trimmed

#: characters of a reason; it is written in the audit
LONGEST: Final = 200


def line_in(form: Form, name: str) -> str:
    """What was typed in a field, without the spaces around it."""
    return trimmed(form.get(name, ""))


def wrong_line(text: str, field: str, what: str, longest: int = LONGEST) -> list[Wrong]:
    """What is wrong with a line that may be empty. ``what`` begins a sentence, such as "The note"."""
    if len(text) > longest:
        return [Wrong(field=field, message=f"{what} must be {longest} characters or fewer")]
    if has_control(text) or has_hidden(text):
        return [Wrong(field=field, message=f"{what} must be one line of characters that can be seen")]
    return []


def reason_in(form: Form) -> tuple[str, list[Wrong]]:
    """Why something is done, and what is wrong with it."""
    said = line_in(form, "reason")
    if not said:
        return said, [Wrong(field="reason", message="Say why: it is written in the audit")]
    return said, wrong_line(said, "reason", "The reason")
