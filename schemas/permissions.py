"""Permissions: what the person who tells us answered for each department that may hear of this only if they agree."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from schemas.reference import DEPARTMENT

#: more departments than one council has
MOST: Final = 40
_PUBLISHED: Final[dict[str, Any]] = {
    "type": "object",
    "propertyNames": {"type": "string", "pattern": f"^{DEPARTMENT.pattern}$"},
    "additionalProperties": {"type": "boolean"},
    "maxProperties": MOST,
    "examples": [{"library": True}],
}


def read_permissions(said: object) -> dict[str, bool]:
    """Return the answers, or raise permissions_format or too_long; neither names a key, which can be personal too."""
    if not isinstance(said, Mapping) or not all(_is_answer(name, answer) for name, answer in said.items()):
        raise PydanticCustomError(
            "permissions_format", "Give each department's name, as in council-tax, with true for yes or false for no."
        )
    if len(said) > MOST:
        raise PydanticCustomError("too_long", "There are too many of these. Send fewer.")
    return dict(said)


def _is_answer(name: object, answer: object) -> bool:
    return isinstance(name, str) and DEPARTMENT.fullmatch(name) is not None and isinstance(answer, bool)


Permissions = Annotated[Mapping[str, bool], PlainValidator(read_permissions), WithJsonSchema(_PUBLISHED)]
