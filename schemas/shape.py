"""What every part of a life event has in common: it is closed, frozen, and refuses what contradicts itself."""

from collections.abc import Iterator
from datetime import date
from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationInfo, model_validator

from schemas.problems import Problem, refused
from schemas.today import today_of


class Shape(BaseModel):
    """A frozen part of a life event that knows no field but its own and never shows a value in an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    def refusals(self, today: date) -> Iterator[Problem]:
        """Say what cannot be accepted although each field alone could; paths are relative to this part."""
        yield from ()

    @model_validator(mode="after")
    def _agrees_with_itself(self, info: ValidationInfo) -> Self:
        problems = tuple(self.refusals(today_of(info)))
        if problems:
            raise refused(type(self).__name__, problems)
        return self
