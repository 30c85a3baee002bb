"""Every page x every role x own or other council; what is not declared is refused."""

from dataclasses import replace
from typing import Any

import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute

from broker.screens import assets, signing_in
from broker.screens.app import OPEN, ROUTERS, declared, refuse_undeclared
from broker.screens.demo_people import demo_people
from broker.screens.who_may import WHO_MAY, May, PersonRole
from tests.screens.ground import Desk

#: the path of each route to an address of it that exists for nobody, where it takes something
ADDRESSES: dict[str, str] = {}
#: what each role may do, written a second time: a change of the policy is made twice, with open eyes
ALLOWED: dict[PersonRole, set[May]] = {
    PersonRole.ADVISER: {May.ENTER, May.TELL, May.TRACK, May.AMEND},
    PersonRole.OPERATOR: {May.ENTER, May.TRACK, May.OPERATE, May.REPLAY, May.REVEAL},
    PersonRole.APPROVER: {May.ENTER, May.TRACK, May.OPERATE, May.APPROVE, May.REVEAL},
    PersonRole.REVIEWER: {May.ENTER, May.TRACK, May.REVIEW},
    PersonRole.MANAGER: {May.ENTER, May.FIGURES},
    PersonRole.AUDITOR: {May.ENTER, May.OPERATE, May.FIGURES, May.AUDIT},
    PersonRole.PROTECTION: {May.ENTER, May.PROTECTED},
}
ROUTES = [
    (method, route.path, declared(route.dependant)[0].what)
    for router in ROUTERS
    for route in router.routes
    if isinstance(route, APIRoute)
    for method in sorted(route.methods or ())
]


def address_of(path: str) -> str:
    return ADDRESSES.get(path, path.replace("{", "").replace("}", ""))


@pytest.mark.parametrize("role", PersonRole)
def test_the_table_says_what_each_role_may_do(role: PersonRole) -> None:
    assert {what for what, roles in WHO_MAY.items() if role in roles} == ALLOWED[role]
    assert set(WHO_MAY) == set(May)


@pytest.mark.parametrize("role", PersonRole)
def test_a_role_reaches_what_it_may_and_nothing_else(desk: Desk, role: PersonRole) -> None:
    cookies = desk.sign_in(role)
    with desk.client(None) as person:
        person.cookies.update(cookies)
        token = desk.csrf(cookies)
        for method, path, what in ROUTES:
            answer = person.request(method, address_of(path), **sent(method, token))
            refused = answer.status_code == 403
            assert refused == (what not in ALLOWED[role]), f"{method} {path} answers {answer.status_code} to {role}"
            assert answer.status_code < 500, f"{method} {path}: {answer.status_code}"


@pytest.mark.parametrize("role", PersonRole)
def test_people_of_another_council_reach_nothing(desk: Desk, role: PersonRole) -> None:
    other = replace(demo_people(desk.settings.council_gss)[role], council="E07999998")
    cookies = desk.sign_in(who=other)
    token = desk.csrf(cookies)
    with desk.client(None) as person:
        person.cookies.update(cookies)
        for method, path, _ in ROUTES:
            answer = person.request(method, address_of(path), **sent(method, token))
            assert answer.status_code == 403, f"{method} {path}"


def test_nobody_reaches_anything_without_signing_in(desk: Desk) -> None:
    with desk.client(None) as nobody:
        for method, path, _ in ROUTES:
            answer = nobody.request(method, address_of(path), **sent(method, "x"))
            assert (answer.status_code, answer.headers["location"][:8]) == (303, "/sign-in"), f"{method} {path}"


def test_a_form_without_the_token_of_its_session_is_refused(desk: Desk) -> None:
    forms = [(method, path) for method, path, _ in ROUTES if method == "POST"]
    with desk.client("adviser") as adviser:
        for method, path in forms:
            answer = adviser.request(method, address_of(path), **sent(method, "not-the-token"))
            assert answer.status_code == 403, path


def test_a_route_that_declares_nothing_stops_the_start() -> None:
    router = APIRouter()
    router.get("/secret")(lambda: "for everybody")
    with pytest.raises(LookupError, match="/secret"):
        refuse_undeclared(router)


def test_what_is_open_is_named() -> None:
    served = {route.path for router in (assets.router, signing_in.router) for route in router.routes}  # type: ignore[attr-defined]
    assert served == OPEN


def sent(method: str, token: str) -> dict[str, Any]:
    return {"data": {"csrf": token}} if method == "POST" else {}
