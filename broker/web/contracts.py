"""Contracts: which departments are told what, the schemas of life events, and the description of this API."""

from typing import Any

import orjson
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from broker.adapter import Adapter, Ground, HandOver, Telling
from broker.clients import Permission
from broker.web.keys import TheBroker, needs
from broker.web.problem import described, not_found
from schemas.kinds import life_events
from schemas.variants import Variant, json_schema

router = APIRouter(dependencies=[needs(Permission.CONTRACTS)])
_REFUSED = described(401, 403, 503)


class SeenView(BaseModel):
    """One field that a department sees."""

    field: str = Field(description="the field of the delivery letter's data")
    why: str = Field(description="why the department needs it")


class ToldOf(BaseModel):
    """A kind of life event that a department is told of."""

    kind: str = Field(description="the kind of life event")
    sees: list[SeenView] = Field(description="what the department sees of it, and nothing else")


class DepartmentView(BaseModel):
    """One department that this council tells."""

    department: str = Field(description="the department, as in addresses and topics")
    title: str = Field(description="the department as residents know it")
    hand_over: HandOver = Field(description="how its back office is reached")
    lawful_basis: str = Field(description="the law under which it is told")
    ground: Ground = Field(
        description="duty: told whatever anybody answers; permission: only where the informant agrees"
    )
    told_of: list[ToldOf] = Field(description="the life events that it is told of")


class Departments(BaseModel):
    """Every department that this council tells."""

    items: list[DepartmentView] = Field(description="the departments")


class SchemaAddress(BaseModel):
    """Where the schema of one kind and variant is."""

    kind: str = Field(description="the kind of life event")
    caption: str = Field(description="the kind in words")
    variant: Variant = Field(description="how surely the person is known")
    url: str = Field(description="where its JSON Schema is")


class Schemas(BaseModel):
    """Every published schema."""

    items: list[SchemaAddress] = Field(description="by kind and variant")


@router.get("/api/v1/departments", responses=_REFUSED, summary="Which departments are told what")
async def list_departments(broker: TheBroker) -> Departments:
    """Answer what each department sees of each life event, and why."""
    return Departments(items=[_department(adapter) for adapter in broker.adapters])


@router.get("/api/v1/schemas", responses=_REFUSED, summary="Which schemas there are")
async def list_schemas() -> Schemas:
    """Answer where the schema of each kind and variant is."""
    return Schemas(
        items=[
            SchemaAddress(
                kind=kind, caption=event.caption, variant=variant, url=f"/api/v1/schemas/{kind}/{variant.value}"
            )
            for kind, event in life_events().items()
            for variant in Variant
        ]
    )


@router.get(
    "/api/v1/schemas/{kind}/{variant}",
    responses=described(401, 403, 404, 503)
    | {200: {"description": "JSON Schema 2020-12", "content": {"application/schema+json": {}}}},
    summary="The schema of one kind and variant",
)
async def show_schema(kind: str, variant: str) -> Response:
    """Answer the JSON Schema of a kind of life event, by how surely the person is known."""
    if kind not in life_events() or variant not in {known.value for known in Variant}:
        raise not_found()
    return Response(orjson.dumps(json_schema(kind, Variant(variant))), media_type="application/schema+json")


@router.get("/api/v1/openapi.json", include_in_schema=False)
async def describe(request: Request) -> Response:
    """Answer the description of this API (OpenAPI 3.1)."""
    document: dict[str, Any] = request.app.openapi()
    return JSONResponse(document)


def _department(adapter: Adapter) -> DepartmentView:
    return DepartmentView(
        department=adapter.department,
        title=adapter.title,
        hand_over=adapter.hand_over,
        lawful_basis=adapter.lawful_basis,
        ground=adapter.ground,
        told_of=[_told_of(telling) for telling in adapter.tellings],
    )


def _told_of(telling: Telling) -> ToldOf:
    seen = [SeenView(field=field.name, why=field.why) for field in telling.sees.register()]
    return ToldOf(kind=telling.kind.kind, sees=seen)
