"""Templates: GOV.UK Frontend's macros and our own, escaped always, each compiled once."""

from collections.abc import Mapping

from jinja2 import ChoiceLoader, Environment, PackageLoader, PrefixLoader

from broker.screens.assets import Asset
from broker.screens.worded import day_in_words, moment_in_words


def environment(assets: Mapping[str, Asset]) -> Environment:
    """The environment of every page."""
    made = Environment(
        loader=ChoiceLoader(
            [
                PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")}),
                PackageLoader("broker.screens"),
            ]
        ),
        autoescape=True,
        auto_reload=False,
        cache_size=-1,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["asset"] = lambda name: _address(assets, name)
    made.filters["day"] = day_in_words
    made.filters["moment"] = moment_in_words
    return made


def _address(assets: Mapping[str, Asset], name: str) -> str:
    asset = assets.get(name)
    return f"/static/{name}?v={asset.digest}" if asset else f"/static/{name}"
