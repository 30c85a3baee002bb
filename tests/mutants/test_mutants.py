"""The patches still fit the code: what they catch is shown by ``make mutants``, which takes some minutes."""

import pytest

from tests.mutants.__main__ import ROOT, Mutant, broken, copy_of_the_tree, mutants

EIGHT = {
    "offset-committed-early",
    "order-guard-dropped",
    "dedupe-dropped",
    "id-changes-on-replay",
    "outbox-by-id-after-last",
    "exception-swallowed",
    "late-worker-wins",
    "cancel-not-honoured",
}


def test_there_is_a_mutant_for_each_way_to_break_the_engine() -> None:
    assert {one.path.stem for one in mutants([])} >= EIGHT


@pytest.mark.parametrize("mutant", mutants([]), ids=lambda one: one.path.stem)
def test_a_mutant_still_applies_and_names_tests_that_exist(mutant: Mutant) -> None:
    with copy_of_the_tree() as folder:
        assert broken(folder, mutant)
    assert mutant.breaks.endswith(".")
    assert [test for test in mutant.tests if not (ROOT / test.split("::")[0]).is_file()] == []
