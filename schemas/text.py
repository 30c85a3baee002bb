"""Short plain text: an address line, an employer, a landlord."""

from dataclasses import dataclass

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from schemas.characters import has_control, has_hidden, trimmed


@dataclass(frozen=True, slots=True)
class Text:
    """Marks a string as one line of at most `limit` characters, trimmed and composed (NFC)."""

    limit: int

    def read(self, text: str) -> str:
        """Return the text as kept, or raise missing, too_long, control_character or hidden_character."""
        if len(text) > 4 * self.limit or len(kept := trimmed(text)) > self.limit:
            raise PydanticCustomError("too_long", f"Use at most {self.limit} characters.")
        if not kept:
            raise PydanticCustomError("missing", "This is blank. Fill it in or leave it out.")
        if has_control(kept):
            raise PydanticCustomError("control_character", "Use one line, with no tab or control character.")
        if has_hidden(kept):
            raise PydanticCustomError("hidden_character", "Type this again: it holds a character that cannot be seen.")
        return kept

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.read, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {**handler(schema), "minLength": 1, "maxLength": self.limit}
