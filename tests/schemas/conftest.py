"""Every test of the schemas may use the numbers kept for documentation."""

import pytest


@pytest.fixture(autouse=True)
def _test_identifiers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUO_TEST_IDENTIFIERS", "1")
