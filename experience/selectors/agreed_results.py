"""Results as they were agreed: month by month, and under extra agreements beside the primary one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

from django.db.models import Max, Q, QuerySet

from experience.models import Agreement, AgreementService, AgreementVersion, Gap, Measurement
from experience.selectors.agreements import newest_on
from surveys.models import BusinessService

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from surveys.models import User

_MONTHS = 12
_RECENT_DAYS = 60


def months_of(service: BusinessService) -> Sequence[Measurement]:
    """Return the published months of a service under its primary agreement, newest first, at most 12."""
    months = Measurement.objects.published().primary()
    months = months.filter(service=service, period=Measurement.Period.MONTH)
    return list(_in_full(months.order_by("-starts_on", "-pk"))[:_MONTHS])


def months_under(agreement: Agreement) -> Sequence[Measurement]:
    """Return the published months of a journey as a whole, newest first, at most 12."""
    months = (
        Measurement.objects.published()
        .whole_journeys()
        .filter(agreement_version__agreement=agreement, period=Measurement.Period.MONTH)
    )
    return list(_in_full(months.order_by("-starts_on", "-pk"))[:_MONTHS])


def _in_full(found: QuerySet[Measurement]) -> QuerySet[Measurement]:
    related = ("agreement_version__agreement", "parameter_set", "service", "corrects")
    return found.select_related(*related).defer("inputs", "corrects__inputs", "corrects__results")


def extra_results(service: BusinessService) -> Sequence[Measurement]:
    """Return the newest 28-day result under each extra agreement on a service; of a journey, the whole's."""
    through = AgreementService.objects.filter(service=service).values("version")
    about = Q(service=service, agreement_version__journey="") | Q(service=None, agreement_version__in=through)
    return _newest(Measurement.objects.filter(about, agreement_version__agreement__is_primary=False))


def results_under(agreement: Agreement) -> Sequence[Measurement]:
    """Return the newest 28-day result under an agreement of each service, and of the journey as a whole."""
    return _newest(Measurement.objects.filter(agreement_version__agreement=agreement))


def _newest(found: QuerySet[Measurement]) -> list[Measurement]:
    rolling = found.published().filter(period=Measurement.Period.ROLLING)  # type: ignore[attr-defined]
    newest = rolling.values("agreement_version__agreement", "service").annotate(newest=Max("pk")).order_by()
    rows = Measurement.objects.filter(pk__in=[row["newest"] for row in newest])
    shown = sorted(_in_full(rows), key=lambda m: (m.service_id is not None, str(m.service)))
    last = max((m.ends_on for m in shown), default=date.min)
    return [m for m in shown if (last - m.ends_on) <= timedelta(days=_RECENT_DAYS)]


def visible_agreement(user: User | AnonymousUser, key: str) -> Agreement | None:
    """Return the agreement of this key, or None when there is none that the user may read."""
    return Agreement.objects.visible_to(user).filter(key=key).select_related("owner").first()


def version_on(agreement: Agreement, day: date) -> AgreementVersion | None:
    """Return the version of an agreement that holds on a day, terms prefetched; None before the first."""
    return next((v for v in newest_on(day) if v.agreement_id == agreement.pk), None)


def standing_gaps(agreement: Agreement) -> Sequence[Gap]:
    """Return the gaps that stand under an extra agreement, that of its journey first."""
    found = Gap.objects.filter(agreement=agreement, state__in=Gap.STANDING_STATES)
    related = ("service", "agreement", "last_measurement__parameter_set")
    return sorted(found.select_related(*related), key=lambda gap: (gap.service_id is not None, gap.pk))
