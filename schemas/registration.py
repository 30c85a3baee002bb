"""What the registrar says of a death."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from schemas.day import Day
from schemas.reference import Reference
from schemas.shape import Shape
from schemas.text import Text
from schemas.tuo_reference import TuoReference


class RegistrationSource(StrEnum):
    """Who registered or attested the death."""

    RON = "ron"
    FER = "fer"
    ATTESTATION = "attestation"
    CORONER_INTERIM = "coroner_interim"
    CORONER_FACT_OF_DEATH = "coroner_fact_of_death"
    CAA = "caa"
    FCDO = "fcdo"
    MOD = "mod"
    REGISTRAR_GENERAL_OF_SHIPPING = "registrar_general_of_shipping"
    OUTSIDE_GREAT_BRITAIN = "outside_great_britain"


class EvidenceClass(StrEnum):
    """What the death rests on: some classes let an elector be removed at once, others are one source of two."""

    DEATH_CERTIFICATE = "death_certificate"
    REGISTRAR_NOTICE = "registrar_notice"
    CORONER_INTERIM = "coroner_interim"
    COUNCIL_RECORD = "council_record"
    CLOSE_RELATIVE = "close_relative"
    CARE_HOME_MANAGER = "care_home_manager"
    DEATH_ABROAD = "death_abroad"
    OTHER_REPORT = "other_report"


class Registration(Shape):
    """The entry in the register of deaths, as far as we were told."""

    tuo_reference: TuoReference | None = Field(None, description="The Tell Us Once reference the registrar gave")
    source: RegistrationSource | None = Field(None, description="Who registered or attested the death")
    number: Reference | None = Field(None, description="The registration number")
    district: Annotated[str, Text(100)] | None = Field(None, description="The registration district")
    registered_on: Day | None = Field(None, description="The day the death was registered")
