"""What every store must do with actions; `StoreContract` contains it."""

from dataclasses import replace

import pytest

from signpost.model.errors import Kind, NameTakenError
from signpost.ports.paging import PageRequest
from signpost.ports.store import Store
from signpost.testing.builders import a_tenant, an_action
from signpost.testing.repeatable import START

ACTOR = "tests"
FIRST, SECOND = a_tenant(1), a_tenant(2)


class ActionsContract:
    """The suite, over a store that has the first two tenants and nothing in them."""

    def test_actions_are_kept_in_order_and_changed_and_removed(self, store: Store) -> None:
        second, first = an_action(2), an_action(1)
        changed = replace(first, is_enabled=False, secret_version=2, rotated_at=START)
        with store.writing(FIRST.id, ACTOR) as tenant:
            tenant.actions.add(second)
            tenant.actions.add(first)
            tenant.actions.replace(changed)

        with store.reading(FIRST.id) as tenant:
            assert tenant.actions.all() == (second, changed)
            assert tenant.actions.get(first.id) == changed
            entries = tenant.audit.list(PageRequest(1)).items
        assert [(e.action, e.kind, e.entity_id) for e in entries] == [("update", Kind.ACTION, first.id)]

        with store.writing(FIRST.id, ACTOR) as tenant:
            tenant.actions.remove(second.id)
            assert tenant.actions.all() == (changed,)

    def test_the_name_of_an_action_is_taken_once_per_tenant(self, store: Store) -> None:
        with store.writing(FIRST.id, ACTOR) as tenant:
            tenant.actions.add(an_action(1, name="same"))

        with pytest.raises(NameTakenError), store.writing(FIRST.id, ACTOR) as tenant:
            tenant.actions.add(an_action(2, name="same"))
        with store.writing(SECOND.id, ACTOR) as tenant:
            assert tenant.actions.get(an_action(1).id) is None
            tenant.actions.add(an_action(2, name="same"))
