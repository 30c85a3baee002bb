"""The pages on commands and settings are the ones that the commands and the settings make."""

from broker.commands.pages import DOCS, commands_page, settings_page

HOW = "run: python -m broker.commands.pages"


def test_the_page_on_commands_has_every_command_and_every_option() -> None:
    assert (DOCS / "commands.md").read_text() == commands_page(), HOW


def test_the_page_on_settings_has_every_setting_with_its_default() -> None:
    assert (DOCS / "settings.md").read_text() == settings_page(), HOW
