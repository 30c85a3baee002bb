"""What a browser is sent beside the pages: light, from this host alone, and nobody else's letters or crown."""

import re

import httpx

from broker.screens.assets import load_assets
from tests.screens.ground import Desk

MOST_CSS, MOST_JS = 150_000, 60_000


def test_styles_and_scripts_are_light_and_call_no_other_host() -> None:
    assets = load_assets()
    assert {"tuo.css", "govuk-frontend.min.js", "start.js", "tracker.js"} <= set(assets), "run .ci/setup test"
    weights = {
        kind: sum(len(one.body) for name, one in assets.items() if name.endswith(kind)) for kind in (".css", ".js")
    }
    assert weights[".css"] <= MOST_CSS
    assert weights[".js"] <= MOST_JS
    styles = assets["tuo.css"].body.decode()
    assert "GDS Transport" not in styles
    assert "@font-face" not in styles
    assert re.findall(r"url\(\"?(?:https?:)?//", styles) == []


def test_an_asset_is_kept_for_ever_under_its_digest_only(desk: Desk) -> None:
    digest = load_assets()["tuo.css"].digest
    with httpx.Client(base_url=desk.url) as browser:
        right = browser.get(f"/static/tuo.css?v={digest}")
        old = browser.get("/static/tuo.css?v=old")
        nothing = browser.get("/static/..%2fwords.toml")
    assert "immutable" in right.headers["cache-control"]
    assert right.headers["content-encoding"] == "gzip"
    assert old.headers["cache-control"] == "no-cache"
    assert nothing.status_code == 404


def test_what_is_for_programs_goes_to_the_api_and_the_rest_to_the_screens(desk: Desk) -> None:
    with httpx.Client(base_url=desk.url) as nobody:
        assert nobody.get("/api/v1/schemas").json()["code"] == "not_signed_in"
        assert nobody.get("/api/v1/nothing").headers["content-type"] == "application/problem+json"
        assert nobody.get("/health/live").json() == {"status": "ok"}
        assert "There is nothing here" in nobody.get("/nothing").text
