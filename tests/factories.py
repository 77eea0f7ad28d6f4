"""Rows for tests, each valid on its own; a test names only what its claim is about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import factory
from factory.django import DjangoModelFactory

from surveys import models
from surveys.services.default_survey import create_default_survey

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
YESTERDAY = NOW - timedelta(days=1)


def default_survey() -> models.Survey:
    """Return the built-in survey, made on first use."""
    return create_default_survey(now=NOW).survey


class UserFactory(DjangoModelFactory[models.User]):
    class Meta:
        model = models.User
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"user{n}")
    email = factory.LazyAttribute(lambda user: f"{user.username}@example.org")
    password = factory.django.Password("a long password")
    role = models.User.Role.OWNER


class BusinessServiceFactory(DjangoModelFactory[models.BusinessService]):
    class Meta:
        model = models.BusinessService
        skip_postgeneration_save = True

    key = factory.Sequence(lambda n: f"service-{n}")
    name = factory.Sequence(lambda n: f"Service {n}")
    survey = factory.LazyFunction(default_survey)


class PersonFactory(DjangoModelFactory[models.Person]):
    class Meta:
        model = models.Person

    external_id = factory.Sequence(lambda n: f"person-{n}")
    email = factory.Sequence(lambda n: f"person{n}@example.org")
    name = factory.Sequence(lambda n: f"Person {n}")


class TicketFactory(DjangoModelFactory[models.Ticket]):
    class Meta:
        model = models.Ticket

    source = "servicenow"
    number = factory.Sequence(lambda n: f"INC{n:07d}")
    state = models.Ticket.State.RESOLVED
    service = factory.SubFactory(BusinessServiceFactory)
    requester = factory.SubFactory(PersonFactory)
    short_description = "Printer on floor 3"
    category = "printing"
    opened_at = NOW - timedelta(days=2)


class ResolutionFactory(DjangoModelFactory[models.Resolution]):
    """A resolution; `service` and `person` are those of its ticket unless named."""

    class Meta:
        model = models.Resolution

    class Params:
        # Shortcuts, so that a test needs no ticket of its own.
        on_service = None
        requester = None

    ticket = factory.SubFactory(
        TicketFactory,
        service=factory.LazyAttribute(
            lambda o: o.factory_parent.on_service or BusinessServiceFactory.create()
        ),
        requester=factory.LazyAttribute(lambda o: o.factory_parent.requester or PersonFactory.create()),
    )
    service = factory.LazyAttribute(lambda o: o.ticket.service)
    person = factory.LazyAttribute(lambda o: o.ticket.requester)
    resolved_at = NOW - timedelta(hours=1)
    resolved_on = factory.LazyAttribute(lambda o: o.resolved_at.date())
    minutes_to_resolve = 120
    user_clock_minutes = 180


class InvitationFactory(DjangoModelFactory[models.Invitation]):
    """An open invitation, mailed or not, with its decision."""

    class Meta:
        model = models.Invitation
        skip_postgeneration_save = True

    resolution = factory.SubFactory(ResolutionFactory, resolved_at=NOW - timedelta(hours=5))
    service = factory.LazyAttribute(lambda o: o.resolution.service)
    person = factory.LazyAttribute(lambda o: o.resolution.person)
    survey_version = factory.LazyFunction(lambda: create_default_survey(now=NOW))
    token = factory.Sequence(lambda n: f"token-{n:016d}")
    probability = 1.0
    due_at = factory.LazyAttribute(lambda o: o.resolution.resolved_at + timedelta(hours=4))
    closes_at = factory.LazyAttribute(lambda o: o.due_at + timedelta(days=6))
    decision = factory.RelatedFactory(
        "tests.factories.DecisionFactory",
        resolution=factory.SelfAttribute("..resolution"),
        probability=factory.SelfAttribute("..probability"),
    )


class DecisionFactory(DjangoModelFactory[models.Decision]):
    class Meta:
        model = models.Decision
        skip_postgeneration_save = True

    resolution = factory.SubFactory(ResolutionFactory)
    reason = models.Decision.Reason.ASKED
    is_asked = True
    is_eligible = True
    probability = 1.0
    decided_at = factory.LazyAttribute(lambda o: o.resolution.resolved_at)

    @factory.post_generation
    def _flag(self, create: bool, extracted: object, **kwargs: object) -> None:
        models.Resolution.objects.filter(pk=self.resolution_id).update(is_decided=True)


class MessageFactory(DjangoModelFactory[models.Message]):
    """A mail of an invitation, due now."""

    class Meta:
        model = models.Message

    kind = models.Message.Kind.INVITATION
    invitation = factory.SubFactory(InvitationFactory)
    recipient = factory.LazyAttribute(lambda o: o.invitation.person.email)
    message_id = factory.Sequence(lambda n: f"<mail-{n}@example.org>")
    due_at = factory.LazyAttribute(lambda o: o.invitation.due_at if o.invitation else NOW)


class ResponseFactory(DjangoModelFactory[models.Response]):
    """An accepted answer to an invitation."""

    class Meta:
        model = models.Response
        skip_postgeneration_save = True

    invitation = factory.SubFactory(InvitationFactory)
    resolution = factory.LazyAttribute(lambda o: o.invitation.resolution)
    service = factory.LazyAttribute(lambda o: o.resolution.service)
    survey_version = factory.LazyAttribute(lambda o: o.invitation.survey_version)
    state = models.Response.State.ACCEPTED
    rating = 4
    language = "en"
    answered_at = NOW


class OptOutFactory(DjangoModelFactory[models.OptOut]):
    class Meta:
        model = models.OptOut

    person = factory.SubFactory(PersonFactory)
    opted_out_at = YESTERDAY
