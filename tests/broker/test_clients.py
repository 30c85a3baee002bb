"""Who may speak to the broker, and what each may do."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from broker import clients
from broker.clients import MAY, Client, ClientUnsuitable, KeyRing, Permission, Role
from broker.schema import bring_up_to_date
from broker.store import Store
from broker.tables import audit, client
from tests.access import WHO

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("permission", Permission)
def test_a_role_may_do_what_is_declared_and_nothing_else(role: Role, permission: Permission) -> None:
    one = Client(name="one", role=role, department=None, made_at=NOW)
    assert one.may(permission) == (role in WHO[permission])
    assert set(MAY) == set(Role)


def test_a_key_is_answered_once_and_only_its_digest_is_kept(database_url: str) -> None:
    with Store(database_url) as store:
        bring_up_to_date(store)
        key = store.write_now(clients.add("contact-centre", Role.ADVISER, None, NOW, actor="root"))
        assert key.startswith("tuo_")
        assert len(key) > 40
        kept = store.read_now(lambda tx: tx.execute(select(client)).one())
        assert key not in [str(value) for value in kept]
        found = store.read_now(clients.who(clients.digest(key)))
        assert found == Client(name="contact-centre", role=Role.ADVISER, department=None, made_at=NOW)
        assert store.read_now(clients.who(clients.digest(key + "x"))) is None


def test_a_revoked_key_is_nobodys_and_its_name_stays_taken(database_url: str) -> None:
    with Store(database_url) as store:
        bring_up_to_date(store)
        key = store.write_now(clients.add("feed", Role.SOURCE, None, NOW, actor="root"))
        assert store.write_now(clients.revoke("feed", NOW, actor="root"))
        assert not store.write_now(clients.revoke("feed", NOW, actor="root"))
        assert not store.write_now(clients.revoke("nobody", NOW, actor="root"))
        assert store.read_now(clients.who(clients.digest(key))) is None
        with pytest.raises(ClientUnsuitable):
            store.write_now(clients.add("feed", Role.SOURCE, None, NOW, actor="root"))
        assert [(one.name, one.revoked_at) for one in store.read_now(clients.listing())] == [("feed", NOW)]
        rows = store.read_now(lambda tx: tx.execute(select(audit.c.actor, audit.c.what, audit.c.about)).all())
        assert [tuple(row) for row in rows] == [("root", "client.added", "feed"), ("root", "client.revoked", "feed")]


@pytest.mark.parametrize(
    ("name", "role", "department"),
    [
        ("Contact Centre", Role.ADVISER, None),
        ("", Role.ADVISER, None),
        ("a" * 41, Role.ADVISER, None),
        ("qq123456c", Role.ADVISER, None),
        ("office", Role.BACK_OFFICE, None),
        ("office", Role.BACK_OFFICE, "Council Tax"),
        ("adviser", Role.ADVISER, "council-tax"),
    ],
)
def test_a_client_that_does_not_fit_is_refused(name: str, role: Role, department: str | None) -> None:
    with pytest.raises(ClientUnsuitable):
        clients.add(name, role, department, NOW, actor="root")


async def test_a_key_is_believed_for_a_second_and_no_longer(database_url: str) -> None:
    clock = [100.0]
    with Store(database_url) as store:
        bring_up_to_date(store)
        ring = KeyRing(store, clock=lambda: clock[0])
        key = await store.write(clients.add("feed", Role.SOURCE, None, NOW, actor="root"))
        assert await ring.holder(key) is not None
        await store.write(clients.revoke("feed", NOW, actor="root"))
        clock[0] += 0.9
        assert await ring.holder(key) is not None
        clock[0] += 0.2
        assert await ring.holder(key) is None
