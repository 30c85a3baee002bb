"""The description of the API is true: what it promises is what is answered."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from schemas.kinds import life_events
from schemas.variants import Variant, json_schema
from tests.doors.office import Office, told

#: the one check each that the schemas cannot promise: rules across fields, and addresses of what is not there
UNPROMISED: list[Any] = [positive_data_acceptance, negative_data_rejection]
KEY_OF = {
    "/api/v1/departments/{department}/deliveries": "back-office",
    "/api/v1/departments/{department}/deliveries/{delivery}": "back-office",
    "/api/v1/departments/{department}/acknowledgements": "back-office",
    "/api/v1/failures": "operator",
    "/api/v1/failures/{failure}": "operator",
    "/api/v1/failures/{failure}/answer": "operator",
    "/api/v1/replays": "operator",
    "/api/v1/failure-groups/{group}": "operator",
    "/api/v1/dead-letters/{failure}": "operator",
    "/api/v1/dead-letters/{failure}/raw": "operator",
    "/api/v1/dead-letters/{failure}/release": "operator",
    "/api/v1/replay-plans": "operator",
    "/api/v1/replay-plans/{plan}": "operator",
    "/api/v1/replay-plans/{plan}/items": "operator",
    "/api/v1/runs": "operator",
    "/api/v1/runs/{run}": "operator",
    "/api/v1/runs/{run}/items": "operator",
    "/api/v1/runs/{run}/approval": "operator",
    "/api/v1/runs/{run}/pause": "operator",
    "/api/v1/runs/{run}/resume": "operator",
    "/api/v1/runs/{run}/cancel": "operator",
    "/api/v1/departments/{department}": "operator",
    "/api/v1/departments/{department}/pause": "operator",
    "/api/v1/departments/{department}/resume": "operator",
    "/api/v1/calendar": "operator",
    "/api/v1/books": "operator",
    "/metrics": "operator",
    "/api/v1/clients": "administrator",
    "/api/v1/clients/{name}": "administrator",
    "/api/v1/reviews/next": "reviewer",
    "/api/v1/reviews/{reference}/look": "reviewer",
    "/api/v1/reviews/{reference}/decision": "reviewer",
    "/api/v1/reviews/fairness": "reviewer",
    "/api/v1/life-events/{reference}/relink": "reviewer",
    "/api/v1/protected": "protection",
    "/api/v1/protected/{reference}/look": "protection",
    "/api/v1/protected/{reference}/take": "protection",
}


def test_every_answer_is_one_that_the_description_names(long_office: Office) -> None:
    with long_office.client("adviser") as adviser:
        described = schemathesis.openapi.from_dict(adviser.get("/api/v1/openapi.json").json())
    found = described.get_all_operations()
    operations = [one.ok() for one in found if isinstance(one, Ok)]
    assert len(operations) == 52
    for operation in operations:
        key = long_office.keys[KEY_OF.get(operation.path, "adviser")]
        ask_and_check(operation, long_office.url, key)


def ask_and_check(operation: APIOperation[Any, Any, Any, Any], url: str, key: str) -> None:
    """Ask one operation many things that its description allows, and some that it does not."""

    @settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(case=operation.as_strategy() | operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))
    def ask(case: Case[Any]) -> None:
        headers = {"Authorization": f"Bearer {key}"}
        case.call_and_validate(base_url=url, headers=headers, excluded_checks=UNPROMISED)

    ask()


def test_every_life_event_is_described_with_its_schema_and_an_example(long_office: Office) -> None:
    with long_office.client() as adviser:
        document = adviser.get("/api/v1/openapi.json").json()
        content = document["paths"]["/api/v1/life-events"]["post"]["requestBody"]["content"]["application/json"]
        assert set(content["examples"]) == set(life_events())
        for kind, place in content["schema"]["discriminator"]["mapping"].items():
            described_as = document["components"]["schemas"][place.rpartition("/")[2]]
            assert described_as["required"] == json_schema(kind, Variant.MATCHED)["required"]


def test_everything_that_takes_something_says_what_it_takes(long_office: Office) -> None:
    with long_office.client() as adviser:
        document = adviser.get("/api/v1/openapi.json").json()
    taking = [
        (path, method) for path, item in document["paths"].items() for method in item if method in ("post", "put")
    ]
    assert len(taking) == 26
    for path, method in taking:
        body = document["paths"][path][method]["requestBody"]["content"]["application/json"]["schema"]
        named = body.get("oneOf", [body])
        assert {one["$ref"].rpartition("/")[2] for one in named} <= set(document["components"]["schemas"]), path


@pytest.mark.parametrize("kind", life_events())
def test_an_event_like_its_example_is_taken(long_office: Office, kind: str) -> None:
    event = told(life_events()[kind])
    if kind == "withdrawal":
        event["withdraws"] = long_office.tell(told(life_events()["move"]))["reference"]
    assert long_office.tell(event)["reference"].startswith("TUO-")
