"""Describing the API: OpenAPI 3.1, with the published schema and an example of every life event."""

from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from broker.web.administering import NewClient
from broker.web.bodies import Reason
from broker.web.departments import PauseWord
from broker.web.operating import NoteOnCause, Replay, WordOfMouth
from broker.web.pigeonholes import Acknowledgement, Acknowledgements
from broker.web.previewing import PREVIEW, SoFar
from broker.web.problem import ProblemDocument
from broker.web.relinking import Wrong
from broker.web.replays import Approval, Begin, NewPlan
from broker.web.reviewing import Choice, Look
from broker.web.searching import SEARCH, Search
from broker.web.submitting import LIFE_EVENTS
from schemas.kinds import life_events
from schemas.life_event import LifeEvent
from schemas.variants import Variant, variant_of

_PLACE = "#/components/schemas/"
#: bodies that routes read strictly, byte by byte, by themselves
_BODIES: Final[tuple[tuple[str, str, type[BaseModel]], ...]] = (
    ("/api/v1/departments/{department}/deliveries/{delivery}", "put", Acknowledgement),
    ("/api/v1/departments/{department}/acknowledgements", "post", Acknowledgements),
    ("/api/v1/replays", "post", Replay),
    ("/api/v1/failures/{failure}/answer", "post", WordOfMouth),
    ("/api/v1/failure-groups/{group}", "put", NoteOnCause),
    ("/api/v1/dead-letters/{failure}/raw", "post", Reason),
    ("/api/v1/dead-letters/{failure}/release", "post", Reason),
    ("/api/v1/replay-plans", "post", NewPlan),
    ("/api/v1/runs", "post", Begin),
    ("/api/v1/runs/{run}/approval", "post", Approval),
    ("/api/v1/runs/{run}/pause", "post", Reason),
    ("/api/v1/runs/{run}/resume", "post", Reason),
    ("/api/v1/runs/{run}/cancel", "post", Reason),
    ("/api/v1/departments/{department}/pause", "post", PauseWord),
    ("/api/v1/departments/{department}/resume", "post", Reason),
    (f"{LIFE_EVENTS}/{{reference}}/stop", "post", Reason),
    (f"{LIFE_EVENTS}/{{reference}}/relink", "post", Wrong),
    (PREVIEW, "post", SoFar),
    (SEARCH, "post", Search),
    ("/api/v1/reviews/next", "post", Look),
    ("/api/v1/reviews/{reference}/look", "post", Look),
    ("/api/v1/reviews/{reference}/decision", "post", Choice),
    ("/api/v1/protected/{reference}/look", "post", Look),
    ("/api/v1/protected/{reference}/take", "post", Look),
    ("/api/v1/clients", "post", NewClient),
)


def describe_by_schemas(app: FastAPI) -> None:
    """Make the application's description from its routes and the published schemas, once."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's own way to replace it


def _document(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    parts = document.setdefault("components", {})
    found, kinds = _schemas()
    parts.setdefault("schemas", {}).update(found)
    parts["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer", "description": "the key of a client"}}
    document["security"] = [{"key": []}]
    for path, item in document["paths"].items():
        if path.startswith("/health/"):
            item["get"]["security"] = []
    # Prometheus on the same machine needs no key.
    document["paths"]["/metrics"]["get"]["security"] = [{"key": []}, {}]
    document["paths"][LIFE_EVENTS]["post"] |= _told(kinds)
    for path, method, model in _BODIES:
        document["paths"][path][method]["requestBody"] = _body({"$ref": _PLACE + model.__name__})
    return document


def _schemas() -> tuple[dict[str, Any], dict[str, type[LifeEvent]]]:
    """The schemas that routes do not name by themselves, and the model of each kind."""
    kinds = {kind: variant_of(event, Variant.MATCHED) for kind, event in life_events().items()}
    wanted: list[type[BaseModel]] = [*kinds.values(), ProblemDocument, *(model for _, _, model in _BODIES)]
    _, found = models_json_schema([(model, "validation") for model in wanted], ref_template=_PLACE + "{model}")
    return found["$defs"], kinds


def _told(kinds: dict[str, type[LifeEvent]]) -> dict[str, Any]:
    places = {kind: _PLACE + model.__name__ for kind, model in kinds.items()}
    schema = {
        "oneOf": [{"$ref": place} for place in places.values()],
        "discriminator": {"propertyName": "kind", "mapping": places},
    }
    body = _body(schema)
    body["content"]["application/json"]["examples"] = {
        kind: {"summary": model.caption, "value": dict(model.EXAMPLE)} for kind, model in kinds.items()
    }
    body["content"]["application/cloudevents+json"] = {"schema": {"type": "object"}}
    key = {
        "name": "Idempotency-Key",
        "in": "header",
        "required": False,
        "description": "your own key for this telling; without one, the same words are the same telling",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]([ -~]*[!-~])?$"},
    }
    return {"requestBody": body, "parameters": [key]}


def _body(schema: dict[str, Any]) -> dict[str, Any]:
    return {"required": True, "content": {"application/json": {"schema": schema}}}
