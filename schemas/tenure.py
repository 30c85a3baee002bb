"""On what terms a home is lived in."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from schemas.address import Address
from schemas.shape import Shape
from schemas.text import Text


class Tenure(StrEnum):
    """How a home is held."""

    OWNER = "owner"
    LEASEHOLDER = "leaseholder"
    COUNCIL_TENANT = "council_tenant"
    HOUSING_ASSOCIATION_TENANT = "housing_association_tenant"
    PRIVATE_TENANT = "private_tenant"
    LICENSEE = "licensee"
    SUPPORTED_HOUSING = "supported_housing"
    TEMPORARY_ACCOMMODATION = "temporary_accommodation"
    LIVING_WITH_OTHERS = "living_with_others"


class Landlord(Shape):
    """Who lets the home, or their agent."""

    name: Annotated[str, Text(200)] = Field(description="Name of the landlord or agent")
    address: Address | None = Field(None, description="Address of the landlord or agent")
