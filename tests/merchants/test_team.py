"""A merchant's team."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection

from kernel import clock
from kernel.actors import Actor, ActorKind
from kernel.errors import Invalid
from merchants.errors import AlreadyMember, InvitationGone, LastOwner
from merchants.models import Invitation, Member, User
from merchants.roles import PERMISSIONS, Permission, Role
from merchants.services import people, team
from tests.factories.merchants import MemberFactory, TwinFactory, UserFactory

GOOD_PASSWORD = "a sentence about nothing"


def actor_of(member: Member) -> Actor:
    return Actor(ActorKind.MEMBER, member.user_id)


@pytest.fixture
def owner(db: None) -> Member:
    return MemberFactory.create()


def invite(owner: Member, email: str = "new@example.com", role: Role = Role.STAFF) -> str:
    made = team.invite(owner.merchant, email, role, by=owner.user, actor=actor_of(owner))
    return team.token_of(made.pk)


class TestInviting:
    def test_a_new_person_joins_with_the_role_that_was_offered(self, owner: Member):
        user = people.join(invite(owner), "New", GOOD_PASSWORD, at="203.0.113.1")
        assert Member.objects.get(user=user).role == Role.STAFF

    def test_the_links_secret_is_not_in_the_database(self, owner: Member):
        token = invite(owner)
        assert token.encode() not in bytes(Invitation.objects.get().token_digest)

    def test_a_link_works_once(self, owner: Member):
        token = invite(owner)
        people.join(token, "New", GOOD_PASSWORD, at="")
        with pytest.raises(InvitationGone):
            people.join(token, "New", GOOD_PASSWORD, at="")

    def test_a_link_runs_out(self, owner: Member):
        token = invite(owner)
        Invitation.objects.update(expires_at=clock.now() - timedelta(seconds=1))
        with pytest.raises(InvitationGone):
            team.open_invitation(token)

    def test_a_link_that_was_taken_back_is_gone(self, owner: Member):
        token = invite(owner)
        team.withdraw(Invitation.objects.get(), actor=actor_of(owner))
        with pytest.raises(InvitationGone):
            team.open_invitation(token)

    def test_a_second_invitation_ends_the_first(self, owner: Member):
        first, _ = invite(owner), invite(owner)
        with pytest.raises(InvitationGone):
            team.open_invitation(first)

    def test_it_is_for_the_invited_e_mail_only(self, owner: Member):
        token, stranger = invite(owner), UserFactory.create()
        with pytest.raises(InvitationGone):
            team.accept(token, stranger, actor=Actor(ActorKind.MEMBER, stranger.id))
        assert not Member.objects.filter(user=stranger).exists()

    def test_who_has_an_account_joins_with_it(self, owner: Member):
        known = UserFactory.create(email="known@example.com")
        token = invite(owner, "Known@Example.com")
        team.accept(token, known, actor=Actor(ActorKind.MEMBER, known.id))
        assert Member.objects.filter(user=known, merchant=owner.merchant).exists()

    def test_a_member_is_not_invited_again(self, owner: Member):
        with pytest.raises(AlreadyMember):
            invite(owner, owner.user.email)

    def test_a_weak_password_makes_no_account(self, owner: Member):
        with pytest.raises(Invalid):
            people.join(invite(owner), "New", "short", at="")
        assert not User.objects.filter(email="new@example.com").exists()

    def test_the_twin_has_the_same_team(self, owner: Member):
        twin = TwinFactory.create(twin_of=owner.merchant)
        made = team.invite(twin, "new@example.com", Role.STAFF, by=owner.user, actor=actor_of(owner))
        token = team.token_of(made.pk)
        assert team.open_invitation(token).merchant == owner.merchant


class TestOwners:
    def test_the_last_owner_cannot_leave(self, owner: Member):
        with pytest.raises(LastOwner):
            team.remove(owner, actor=actor_of(owner))

    def test_the_last_owner_cannot_become_something_else(self, owner: Member):
        with pytest.raises(LastOwner):
            team.change_role(owner, Role.ADMIN, actor=actor_of(owner))

    def test_with_a_second_owner_the_first_may_leave(self, owner: Member):
        other = MemberFactory.create(merchant=owner.merchant)
        team.remove(owner, actor=actor_of(other))
        assert list(Member.objects.filter(merchant=owner.merchant)) == [other]

    @pytest.mark.django_db(transaction=True)
    def test_two_owners_cannot_leave_at_the_same_moment(self, owner: Member):
        both = [owner, MemberFactory.create(merchant=owner.merchant)]
        barrier = threading.Barrier(2)

        def leave(member: Member) -> bool:
            barrier.wait()
            try:
                team.remove(member, actor=actor_of(member))
            except LastOwner:
                return False
            finally:
                connection.close()
            return True

        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(leave, both)) == [False, True]


class TestPermissions:
    def test_every_role_has_its_row(self):
        assert set(PERMISSIONS) == set(Role)

    @pytest.mark.parametrize(
        ("permission", "roles"),
        [
            (Permission.MANAGE_TEAM, {Role.OWNER, Role.ADMIN}),
            (Permission.IMPORT_STOCK, {Role.OWNER, Role.ADMIN, Role.STAFF}),
            (Permission.REVEAL_KEYS, {Role.OWNER, Role.ADMIN, Role.SUPPORT}),
            (Permission.REFUND, {Role.OWNER, Role.ADMIN, Role.SUPPORT, Role.FINANCE}),
            (Permission.VIEW_BALANCE, {Role.OWNER, Role.ADMIN, Role.FINANCE}),
        ],
    )
    def test_sensitive_permissions_are_with_few(self, permission: Permission, roles: set[Role]):
        assert {role for role, may in PERMISSIONS.items() if permission in may} == roles
