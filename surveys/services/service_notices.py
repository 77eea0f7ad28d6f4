"""Telling respondents what was improved, and taking it back. Each is written down."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_noop

from surveys.models import BusinessService, ServiceNotice, User
from surveys.services.audit import record_change


@transaction.atomic
def tell_improvement(
    service: BusinessService,
    wording: Mapping[str, str],
    *,
    shown_from: date,
    shown_until: date | None,
    by: User,
    now: datetime,
) -> ServiceNotice:
    """Let people who answer about a service read this from a day on; `wording` holds a text per language."""
    notice = ServiceNotice.objects.create(
        service=service, wording=dict(wording), shown_from=shown_from, shown_until=shown_until
    )
    details = [(code, None, text) for code, text in notice.wording.items()]
    if shown_until:
        details.append(("shown_until", None, shown_until.isoformat()))
    what = gettext_noop("Told what was improved")
    record_change(f"service {service.key}", what, by=by, now=now, details=details)
    return notice


@transaction.atomic
def take_notice_back(notice: ServiceNotice, *, by: User, now: datetime) -> None:
    """Show a notice to nobody any more."""
    details = [(code, text, None) for code, text in notice.wording.items()]
    what = gettext_noop("Took back what was told of an improvement")
    record_change(f"service {notice.service.key}", what, by=by, now=now, details=details)
    notice.delete()
