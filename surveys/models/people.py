"""People: those who sign in (users) and those who are asked (persons)."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from surveys.models.constraints import one_of


class UserRole(models.TextChoices):
    """What a user may do, from least to most."""

    VIEWER = "viewer", _("Viewer")
    OWNER = "owner", _("Service owner")
    AGREEMENT_ADMIN = "agreement_admin", _("Agreement admin")
    ADMINISTRATOR = "administrator", _("Administrator")


class User(AbstractUser):
    """Somebody who signs in. The role says which services they see (`BusinessService.visible_to`)."""

    Role = UserRole

    role = models.CharField(max_length=20, choices=Role.choices, default=Role.OWNER)
    # Empty: those of the browser.
    time_zone = models.CharField(max_length=64, blank=True, default="")
    language = models.CharField(max_length=16, blank=True, default="")

    class Meta(AbstractUser.Meta):
        constraints = [one_of("role", UserRole, name="user_role")]

    @property
    def called(self) -> str:
        """How people call this user: by the full name, without one by the user name."""
        return self.get_full_name() or self.get_username()

    @property
    def sees_every_service(self) -> bool:
        """Say whether this user reads all services; a service owner reads only their own."""
        return self.is_superuser or self.role != self.Role.OWNER

    @property
    def sets_up(self) -> bool:
        """Say whether this user's role sets up services, surveys, agreements and sources."""
        return self.is_superuser or self.role in (self.Role.AGREEMENT_ADMIN, self.Role.ADMINISTRATOR)

    @property
    def administers(self) -> bool:
        """Say whether this user does everything, in Django's administration too."""
        return self.is_active and (self.is_superuser or self.role == self.Role.ADMINISTRATOR)

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Say whether this user has a permission of Django's: administrators have all, others those given."""
        return self.administers or super().has_perm(perm, obj)

    def has_module_perms(self, app_label: str) -> bool:
        """Say whether this user has any permission in an app."""
        return self.administers or super().has_module_perms(app_label)


class Person(models.Model):
    """Somebody whose tickets are resolved. Erasing replaces names and addresses by a random pseudonym."""

    external_id = models.CharField(max_length=100, blank=True)
    email = models.EmailField(max_length=254, blank=True)
    name = models.CharField(max_length=200, blank=True)
    language = models.CharField(max_length=16, blank=True)
    time_zone = models.CharField(max_length=64, blank=True)
    site = models.CharField(max_length=100, blank=True)
    persona = models.CharField(max_length=100, blank=True)
    department = models.CharField(max_length=100, blank=True)
    is_manager = models.BooleanField(default=False)
    is_shared_account = models.BooleanField(default=False)
    address_failed_at = models.DateTimeField(null=True, blank=True)
    # The address takes no mail for now, for example because the mailbox is full.
    address_rests_until = models.DateTimeField(null=True, blank=True)
    address_problem = models.CharField(max_length=300, blank=True)
    erased_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["external_id"], condition=~Q(external_id=""), name="person_external_id"
            ),
        ]
        indexes = [
            # Serves intake, which finds a requester by address when the source sends no id.
            models.Index(fields=["email"], condition=~Q(email=""), name="person_email"),
        ]

    def __str__(self) -> str:
        return self.name or self.external_id or f"person {self.pk}"


class ErasedMark(models.Model):
    """A keyed hash of an id or address that an erased person had: what comes late about them is told by it.

    The key lives outside the database (`XLA_ANONYMITY_KEY`); without it the hash tells nothing.
    """

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="marks")
    digest = models.CharField(max_length=64)

    class Meta:
        indexes = [
            # Serves registering tickets and people, which asks whether somebody was erased.
            models.Index(fields=["digest"], name="erased_mark_digest")
        ]


class ExclusionProposalState(models.TextChoices):
    """Proposed until somebody settles it."""

    PROPOSED = "proposed", _("Proposed")
    ACCEPTED = "accepted", _("Accepted")
    DECLINED = "declined", _("Declined")


class ExclusionProposal(models.Model):
    """A person whose number of tickets looks like a shared mailbox or an integration, to be looked at."""

    State = ExclusionProposalState

    person = models.OneToOneField(Person, on_delete=models.CASCADE, related_name="exclusion_proposal")
    state = models.CharField(max_length=10, choices=State.choices, default=State.PROPOSED)
    ticket_count = models.PositiveIntegerField()
    usual_count = models.FloatField()
    proposed_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="settled_proposals"
    )

    class Meta:
        constraints = [
            one_of("state", ExclusionProposalState, name="exclusion_proposal_state"),
            models.CheckConstraint(
                condition=Q(state="proposed") | Q(settled_at__isnull=False),
                name="exclusion_proposal_settled",
            ),
        ]
