"""Who signs in to the demo. These are the only credentials in the repository, and they work nowhere else."""

import secrets
from base64 import b32encode
from dataclasses import dataclass

from django.contrib.auth.models import Permission

from merchants.models import User
from merchants.roles import Role
from merchants.sign_in import factors

PASSWORD = "moon paper harbour"  # noqa: S105 (the demo's, printed when it is sown)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the demo. `role` is the role in the merchant's team; operators have none."""

    email: str
    name: str
    does: str
    role: Role | None = None


OPERATORS = (
    Person("operator@keyway.example", "Lin Yue", "runs the platform, may do everything in /ops/"),
    Person(
        "treasurer@keyway.example", "Zhou Ning", "looks after payouts: a second pair of eyes for approvals"
    ),
    Person("auditor@keyway.example", "Wang Shu", "may look at everything in /ops/ and change nothing"),
)
DAWN_TEAM = (
    Person("owner@dawn.example", "陈晨", "owns Dawn Digital", Role.OWNER),
    Person("staff@dawn.example", "周敏", "keeps its products and stock", Role.STAFF),
    Person("support@dawn.example", "何静", "answers its buyers, may read keys and refund", Role.SUPPORT),
    Person("finance@dawn.example", "孙立", "sees its balance", Role.FINANCE),
)
NORTHSHORE_TEAM = (
    Person("owner@northshore.example", "Mia Chen", "owns Northshore Software", Role.OWNER),
    Person("viewer@northshore.example", "Tom Reed", "may look", Role.VIEWER),
)


def user(person: Person) -> User:
    """The person's account with password and second factor; made once. Each place has secrets of its own."""
    known = User.objects.filter(email=person.email).first()
    if known is not None:
        return known
    made = User.objects.create_user(person.email, PASSWORD, name=person.name)
    factors.give(made, b32encode(secrets.token_bytes(20)).decode())
    return made


def operators() -> None:
    """The operator team: one who may do everything, one for payouts, one who may look."""
    boss, treasurer, auditor = (user(person) for person in OPERATORS)
    User.objects.filter(pk=boss.pk).update(is_staff=True, is_superuser=True)
    User.objects.filter(pk__in=[treasurer.pk, auditor.pk]).update(is_staff=True)
    views = Permission.objects.filter(codename__startswith="view_")
    auditor.user_permissions.set(views)
    treasurer.user_permissions.set(views)
    treasurer.user_permissions.add(*Permission.objects.filter(content_type__app_label="settlement"))


def lines() -> list[str]:
    """The sign-ins, to be printed."""
    everybody = [*OPERATORS, *DAWN_TEAM, *NORTHSHORE_TEAM]
    width = max(len(person.email) for person in everybody)
    return [f"{person.email:<{width}}  {person.does}" for person in everybody]
