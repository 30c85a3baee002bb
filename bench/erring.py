"""S3, a back office that errs: one change in twenty is answered 503 the first time; none may be lost."""

from bench.contenders import FASTSTREAM, FAUST, FLOOR, OURS, Field, Ran, run_through
from bench.findings import Finding, Section

TROUBLE = 0.05


def erring(field: Field) -> Section:
    """Everybody gets the same troubles."""
    ran = {who: _run(field, who) for who in (OURS, FLOOR, FASTSTREAM, FAUST)}
    return Section(
        title=f"S3: {field.count} deliveries in waves, 200 ms, 5 % are answered 503 the first time",
        circumstances="; ".join(f"{who}: {one.used.circumstances}" for who, one in ran.items()),
        findings=[
            found
            for who, one in ran.items()
            for found in (
                Finding(
                    what=f"{who}: lost",
                    figure=field.count - int(one.books["taken"]),
                    unit="",
                    most=0 if who == OURS else None,
                ),
                Finding(
                    what=f"{who}: out of order",
                    figure=int(one.books["disordered"]),
                    unit="",
                    most=0 if who == OURS else None,
                ),
                Finding(what=f"{who}: rate", figure=one.rate, unit="a second", beside="floor", other=ran[FLOOR].rate),
                Finding(
                    what=f"{who}: CPU", figure=one.cost, unit="ms a delivery", beside="floor", other=ran[FLOOR].cost
                ),
            )
        ],
    )


def _run(field: Field, who: str) -> Ran:
    with field.race(who, trouble=TROUBLE) as race:
        return run_through(race, field.count)
