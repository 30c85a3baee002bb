"""The terms of the estimate of what was spared: each one is a council's to set."""

from pydantic import BaseModel, ConfigDict, Field


class Terms(BaseModel):
    """What the estimate rests on; a council replaces every number."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    would_have_told: float = Field(
        default=0.6, ge=0, le=1, description="the share of departments that a caller would have told one by one"
    )
    least: float = Field(default=0.4, ge=0, le=1, description="the same share, as low as it may be")
    most: float = Field(default=0.8, ge=0, le=1, description="the same share, as high as it may be")
    unit_costs: dict[str, float] = Field(
        default={"phone": 2.83, "face_to_face": 8.62, "web": 0.15, "portal": 0.15},
        description="pounds for one contact, by channel; published averages of 2011 until they are replaced",
    )
