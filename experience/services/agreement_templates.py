"""Agreements to start from: for a service desk, a SaaS application, a device fleet, a network.

Data beside the library of indicators: each target says why it is a good first one. Weights follow what people
of such a service suffer from; whoever adopts a template changes them in the editor.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from experience.engine.agreement_terms import AgreedIndicator, AgreementTerms
from experience.models import Agreement, AgreementVersion
from experience.services.agreements import publish, write_draft
from experience.services.library import install_indicators
from surveys.models import BusinessService, User
from surveys.services.changes import mark_changed

Words = str | Promise


@dataclass(frozen=True, slots=True)
class Line:
    """One indicator of a template: weight within its stream (0: shown only), target, and why that one."""

    key: str
    weight: float
    target: float
    reason: Words


@dataclass(frozen=True, slots=True)
class Template:
    """Terms for one kind of service; `streams` are the weights of experience, operations, technology."""

    key: str
    name: Words
    suits: Words
    ambition: Words
    if_missed: Words
    streams: tuple[tuple[str, float], ...]
    lines: tuple[Line, ...]


TEMPLATES = (
    Template(
        "service-desk",
        _("Service desk"),
        _("People call or write, and somebody helps them: workplace support, HR or facility desk."),
        _("People are helped at the first attempt, are kept waiting by nobody, and need not ask twice."),
        _("The desk's lead says within two weeks what changes, and at the next review whether it worked."),
        (("X", 0.55), ("O", 0.45)),
        (
            Line("rating", 3, 4.2, _("Of 5: most satisfied, few unhappy. Your own past decides the next.")),
            Line("solved", 2, 0.85, _("More than one in seven not really solved is felt by everybody.")),
            Line("lost_time", 1, 90, _("A desk exists so that a morning is not lost: an hour and a half.")),
            Line("repeat_contact", 2, 0.08, _("Coming back within a week means that it was not solved.")),
            Line("no_hand_off", 1, 0.70, _("Seven in ten solved by whoever answers: no story told twice.")),
            Line("user_clock", 1, 24, _("A day by the user's clock, waiting included, not by the SLA's.")),
            Line("first_response", 0, 2, _("Shown only: an answer within two hours, if it is a real one.")),
            Line("reopen_share", 0, 0.05, _("Shown only: repeat contacts tell it better.")),
        ),
    ),
    Template(
        "saas-application",
        _("SaaS application"),
        _("An application that people work in all day, bought or built: mail, CRM, finance, collaboration."),
        _("The application is there and quick when people need it; what breaks is put right the same day."),
        _("Owner and supplier agree on one improvement within two weeks, with a date."),
        (("X", 0.45), ("O", 0.15), ("T", 0.40)),
        (
            Line("rating", 3, 4.2, _("Of 5: most satisfied, few unhappy. Your own past decides the next.")),
            Line("solved", 2, 0.85, _("More than one in seven not really solved is felt by everybody.")),
            Line("lost_time", 1, 60, _("Who cannot work in it does nothing else: an hour, not half a day.")),
            Line("repeat_contact", 1, 0.08, _("Coming back within a week means that it was not solved.")),
            Line("user_clock", 1, 8, _("A working day: daily tools do not wait until tomorrow.")),
            Line("availability", 2, 0.998, _("86 minutes a month. More is an outage people talk about.")),
            Line("apdex", 2, 0.85, _("Good by the Apdex scale: most requests within a second.")),
            Line("planned_downtime", 0, 0.005, _("Shown only: windows hurt by day, not at night.")),
        ),
    ),
    Template(
        "device-fleet",
        _("Device fleet"),
        _("Laptops, phones, printers, field devices: what people hold in their hands."),
        _("Devices just work; a broken one is replaced before it costs a working day."),
        _("The fleet's lead names the model or image behind it and replaces or repairs it."),
        (("X", 0.50), ("O", 0.35), ("T", 0.15)),
        (
            Line("rating", 3, 4.1, _("Of 5. A little easier than for a desk: hardware takes time.")),
            Line("solved", 2, 0.85, _("More than one in seven not really solved is felt by everybody.")),
            Line("lost_time", 2, 120, _("Two hours: long enough to hand over another device.")),
            Line("repeat_contact", 2, 0.10, _("One in ten: a device fails again until it is replaced.")),
            Line("recurring", 1, 0.15, _("More, and a model or an image is at fault, not bad luck.")),
            Line("user_clock", 1, 40, _("Delivery takes its time, but a week does not pass.")),
            Line("crash_free", 1, 0.995, _("One user in two hundred sees a crash in the period.")),
        ),
    ),
    Template(
        "network",
        _("Network"),
        _("Wi-Fi, VPN, sites, remote access: what everything else needs, and nobody praises."),
        _("People do not notice the network. When it fails, they know why and for how long."),
        _("The network's lead reports cause and remedy of every outage within five working days."),
        (("X", 0.35), ("O", 0.15), ("T", 0.50)),
        (
            Line("rating", 3, 4.0, _("Of 5. Only who had trouble is asked, and nobody praises a network.")),
            Line("lost_time", 2, 60, _("Many lose it at once: an hour each.")),
            Line("solved", 1, 0.85, _("More than one in seven not really solved is felt by everybody.")),
            Line("repeat_contact", 1, 0.08, _("Coming back within a week means that it was not solved.")),
            Line("user_clock", 1, 8, _("A working day from the first call to a network that works.")),
            Line("availability", 3, 0.999, _("43 minutes a month: what is not seen is forgiven that much.")),
            Line("apdex", 1, 0.85, _("Good by the Apdex scale, measured to what people use through it.")),
            Line("incident_rate", 0, 1.0, _("Shown only: no more incidents than in the 13 weeks before.")),
        ),
    ),
)  # fmt: skip


def template_of(key: str) -> Template | None:
    """Return the template of this key; None for an unknown one."""
    return next((template for template in TEMPLATES if template.key == key), None)


def template_terms(
    template: Template,
    *,
    key: str,
    name: str,
    services: Collection[str],
    valid_from: date,
    baseline_until: date | None = None,
) -> AgreementTerms:
    """Return the terms that a template proposes for services (by key), in the words of the open language."""
    return AgreementTerms(
        key=key,
        name=name,
        valid_from=valid_from,
        ambition=str(template.ambition),
        if_missed=str(template.if_missed),
        services=tuple(sorted(services)),
        baseline_until=baseline_until,
        weights=template.streams,
        indicators=tuple(AgreedIndicator(line.key, line.weight, line.target) for line in template.lines),
        note=_now("From the template “%(template)s”.") % {"template": template.name},
    )


@transaction.atomic
def adopt_template(terms: AgreementTerms, *, by: User | None, now: datetime) -> AgreementVersion:
    """Publish the terms of a template, and let the next sweep measure its services.

    Raises AgreementError, see `publish`.
    """
    install_indicators()
    version = publish(write_draft(terms, by=by), by=by, now=now)
    services = BusinessService.objects.filter(key__in=terms.services).values_list("pk", flat=True)
    mark_changed({(service, now.date()) for service in services})
    return version


def free_agreement_key(wanted: str) -> str:
    """Return the first of `wanted`, `wanted-2`, `wanted-3` ... that no agreement has."""
    taken = set(Agreement.objects.filter(key__startswith=wanted).values_list("key", flat=True))
    number, key = 1, wanted
    while key in taken:
        number += 1
        key = f"{wanted}-{number}"
    return key
