"""References: a department's own key for a person, or our key for a notification."""

import re
from typing import Annotated, Final

from pydantic import AfterValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from schemas.nino import looks_like_nino
from schemas.shape import Shape

_SHAPE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ./:_-]{0,63}")
#: how a department is named
DEPARTMENT: Final = re.compile(r"[a-z][a-z0-9-]{0,39}")


def read_reference(text: str) -> str:
    """Return a reference trimmed, or raise reference_format or reference_is_personal_data."""
    reference = text.strip(" ")
    if not _SHAPE.fullmatch(reference):
        raise PydanticCustomError(
            "reference_format",
            "Use at most 64 letters, numbers, spaces and . / : _ - starting with a letter or number.",
        )
    # A reference travels where personal data must not: in addresses, logs and keys.
    if looks_like_nino(reference):
        raise PydanticCustomError(
            "reference_is_personal_data", "A National Insurance number cannot be a reference. Use one of your own."
        )
    return reference


def _read_department(text: str) -> str:
    if not DEPARTMENT.fullmatch(text):
        raise PydanticCustomError("department_format", "Name the department as in council-tax.")
    return text


Reference = Annotated[
    str,
    AfterValidator(read_reference),
    WithJsonSchema({"type": "string", "pattern": "^[A-Za-z0-9]([A-Za-z0-9 ./:_-]{0,62}[A-Za-z0-9./:_-])?$"}),
]
DepartmentName = Annotated[
    str, AfterValidator(_read_department), WithJsonSchema({"type": "string", "pattern": f"^{DEPARTMENT.pattern}$"})
]


class DepartmentReference(Shape):
    """What one department calls a person: an account, a claim, a case."""

    department: DepartmentName = Field(description="The department, such as council-tax")
    reference: Reference = Field(description="That department's own reference for the person")
