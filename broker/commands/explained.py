"""Settings explained: each with its value, secrets masked, and where the value comes from."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import EnvSettingsSource, SettingsError, TomlConfigSettingsSource

from broker.settings import Settings

#: read by parts of the broker that run before settings do, or by commands alone
OTHER_VARIABLES: Mapping[str, str] = {
    "TUO_KEY": "the key that tuo event submit sends",
    "TUO_KAFKA_JARS": "the folder of the jars that a local Kafka runs from",
    "TUO_TEST_IDENTIFIERS": "1 lets invented people have identifiers that no real person can have; for tests alone",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """One setting."""

    name: str
    variable: str
    #: as JSON would have it, secrets masked
    value: Any
    #: environment, tuo.toml, both, or default
    source: str
    description: str


def explained(settings: Settings) -> list[Explained]:
    """Every setting, in the order of declaration."""
    values = settings.model_dump(mode="json")  # which masks secrets
    environment = EnvSettingsSource(Settings)()
    file = TomlConfigSettingsSource(Settings)()
    return [
        Explained(
            name=name,
            variable=variable_of(name),
            value=values[name],
            source=" and ".join(
                place for place, said in (("environment", environment), ("tuo.toml", file)) if name in said
            )
            or "default",
            description=field.description or "",
        )
        for name, field in Settings.model_fields.items()
    ]


def variable_of(name: str) -> str:
    """The environment variable of a setting."""
    return f"TUO_{name.upper()}"


def default_of(field: FieldInfo) -> object:
    """The default of a setting, as JSON would have it."""
    default = field.get_default(call_default_factory=True)
    return str(default) if isinstance(default, Path) else default


def misspelt() -> list[str]:
    """Environment variables that begin as ours do, and that nothing reads."""
    known = {variable_of(name) for name in Settings.model_fields} | set(OTHER_VARIABLES)
    nested = variable_of("back_offices") + "__"
    return sorted(
        name
        for name in os.environ
        if name.upper().startswith("TUO_") and name.upper() not in known and not name.upper().startswith(nested)
    )


def what_is_wrong(error: Exception) -> str:
    """Why settings cannot be read, in one line without a value."""
    match error:
        case ValidationError():
            return "; ".join(
                _wrong(each["loc"], each["type"], each["msg"]) for each in error.errors(include_input=False)
            )
        case SettingsError():
            return f"{error}: lists and tables are written as JSON, as in TUO_ROLES='[\"web\"]'"
        case tomllib.TOMLDecodeError():
            return f"tuo.toml is not TOML ({error})"
        case _:
            return f"tuo.toml cannot be read ({type(error).__name__})"


def _wrong(loc: tuple[int | str, ...], kind: str, message: str) -> str:
    name = ".".join(str(step) for step in loc)
    variable = "TUO_" + "__".join(str(step).upper() for step in loc)
    if kind == "extra_forbidden":
        return f"{name} is not a setting: check its spelling in tuo.toml"
    return f"{name} ({variable}): {message}"
