"""The studio's customers and their habits."""

from random import Random

from attrs import frozen

from core.domain.actors import Actor, Role
from core.domain.ids import IdSource, UserId
from tests.usecases.world import ASKING, DECLINED, VISA

CARDS = (VISA,) * 16 + (ASKING,) * 3 + (DECLINED,)


@frozen(kw_only=True)
class Person:
    """A customer with the card they usually pay with. Of a hundred sessions they miss `forgets`."""

    name: str
    actor: Actor
    card: str
    forgets: int


def somebody(random: Random, new_id: IdSource, number: int) -> Person:
    """A new customer."""
    actor = Actor(user_id=UserId(new_id()), roles=frozenset({Role.CLIENT}))
    forgets = random.choice((0, 5, 10, 40))
    return Person(name=f"customer {number}", actor=actor, card=random.choice(CARDS), forgets=forgets)
