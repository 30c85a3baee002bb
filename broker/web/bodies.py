"""Bodies: reading what was sent strictly into the model that a route asks for."""

from typing import Final, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from schemas.problems import Invalid, problems_of
from schemas.reading import read_json

M = TypeVar("M", bound=BaseModel)
#: an error never repeats what was sent
STRICT: Final = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
#: one line of text: no control characters
ONE_LINE: Final = r"^[^\x00-\x1f\x7f]*$"


class Reason(BaseModel):
    """Why something is done, for the audit."""

    model_config = STRICT

    reason: str = Field(
        min_length=1, max_length=200, pattern=ONE_LINE, description="why, for the audit; no personal data"
    )


def read_body(model: type[M], body: bytes) -> M:
    """Read what was sent. Raises Unreadable or Invalid, which never repeat it."""
    try:
        return model.model_validate(read_json(body))
    except ValidationError as error:
        problems = problems_of(error)
    raise Invalid(problems)
