"""The delivery letter: what one department is told of one life event, as CloudEvents 1.0 JSON on its own topic."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class DeliveryLetter(BaseModel):
    """The envelope of a delivery (CloudEvents 1.0, JSON, structured mode); ``data`` is the department's disclosure."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    specversion: Literal["1.0"] = "1.0"
    id: str = Field(
        description="the delivery id: the same on every attempt, replay and crash; use it as idempotency key"
    )
    source: str = Field(default="urn:tell-us-once:broker", description="who tells")
    type: str = Field(
        pattern=r"^uk\.tell-us-once\.delivery\.[a-z_]+\.v1$", description="which life event this is about"
    )
    time: datetime = Field(description="recorded at: when the broker wrote the notification down")
    datacontenttype: Literal["application/json"] = "application/json"
    subject: str = Field(description="an opaque id of the person: equal for equal persons, and nothing else")
    department: str = Field(description="the department that is told")
    notification: str = Field(description="the reference that the adviser and the caller hold")
    revision: int = Field(ge=1, description="1, and one more for each edit by an operator")
    sequence: int = Field(ge=1, description="rises with acceptance: a later event of a person has a higher number")
    toldat: datetime = Field(description="when the council was told; the law counts from here")
    corrects: str | None = Field(default=None, description="the delivery id that this one corrects")
    withdraws: str | None = Field(default=None, description="the delivery id that this one says did not happen")
    data: dict[str, Any] = Field(description="the disclosure: the fields that this department may see, and no others")
