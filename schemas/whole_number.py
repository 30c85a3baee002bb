"""How many people: a whole number that is not too many for one home."""

from typing import Annotated

from pydantic import Field

WholeNumber = Annotated[int, Field(strict=True, ge=0, le=50)]
