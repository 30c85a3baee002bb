"""Bodies: reading what was sent strictly into the model that a route asks for."""

from typing import TypeVar

from pydantic import BaseModel, ValidationError

from schemas.problems import Invalid, problems_of
from schemas.reading import read_json

M = TypeVar("M", bound=BaseModel)


def read_body(model: type[M], body: bytes) -> M:
    """Read what was sent. Raises Unreadable or Invalid, which never repeat it."""
    try:
        return model.model_validate(read_json(body))
    except ValidationError as error:
        problems = problems_of(error)
    raise Invalid(problems)
