"""Yes or no, said as true or false and in no other way."""

from typing import Annotated

from pydantic import Strict

Flag = Annotated[bool, Strict()]
