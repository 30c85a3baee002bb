"""What supports the life event: which paper, and whether it was seen. Never the paper itself."""

from enum import StrEnum

from pydantic import Field

from schemas.day import Day
from schemas.flag import Flag
from schemas.reference import Reference
from schemas.shape import Shape


class EvidenceKind(StrEnum):
    """Papers councils ask for."""

    TENANCY_AGREEMENT = "tenancy_agreement"
    COMPLETION_STATEMENT = "completion_statement"
    CERTIFICATE = "certificate"
    DEED_POLL = "deed_poll"
    PAYSLIP = "payslip"
    BANK_STATEMENT = "bank_statement"
    BENEFIT_LETTER = "benefit_letter"
    EMPLOYER_LETTER = "employer_letter"
    IDENTITY = "identity"
    UTILITY_BILL = "utility_bill"
    OTHER = "other"


class Evidence(Shape):
    """One piece of evidence, seen or still to come."""

    kind: EvidenceKind = Field(description="What kind of paper it is")
    seen: Flag = Field(description="Whether an officer has seen it")
    reference: Reference | None = Field(None, description="Where the council keeps its copy")
    needed_by: Day | None = Field(None, description="If it is still to come, the day it is needed by")
