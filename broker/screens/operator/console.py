"""The console as a whole: every page of the operator's, in the order of the glossary."""

from typing import Final

from fastapi import APIRouter

from broker.screens.operator import (
    approving,
    books,
    causes,
    dead_letters,
    departments,
    edits,
    failures,
    parked,
    plans,
    reveals,
    runs,
    saved_views,
    timelines,
    vouched,
)

ROUTERS: Final[tuple[APIRouter, ...]] = (
    failures.router,
    saved_views.router,
    causes.router,
    plans.router,
    runs.router,
    approving.router,
    edits.router,
    reveals.router,
    vouched.router,
    departments.router,
    parked.router,
    timelines.router,
    dead_letters.router,
    books.router,
)
