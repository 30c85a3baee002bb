"""What an office knows before it decides, and what it decides."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from tests.back_offices.answers import Answer, Outcome
from tests.back_offices.letters import Letter


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An account, a claim or a register entry; `last_change` is the delivery that last altered it."""

    reference: str
    state: Literal["live", "ended", "void"] = "live"
    uprn: str | None = None
    benefit: bool = False
    discount: bool = False
    last_change: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """The delivery that this one corrects or withdraws: what it came to, and the cases as they were before it."""

    delivery: str
    outcome: Outcome
    before: tuple[Case, ...] = ()
    built_upon: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """All that a ruling may rest on besides the letter."""

    today: date
    next_case: str
    case: Case | None = None
    earlier: Earlier | None = None

    @property
    def live(self) -> Case | None:
        """The case, if it is still open."""
        return self.case if self.case and self.case.state == "live" else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """An answer, and the cases as they are to be from now on."""

    answer: Answer
    cases: tuple[Case, ...] = ()


Decide = Callable[[Letter, Known], Ruling]
