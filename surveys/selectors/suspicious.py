"""What the scanner rule found: the answers it thinks of as a scanner's, and how often by domain."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, F, QuerySet, Value
from django.db.models.functions import Lower, StrIndex, Substr
from django.utils.translation import gettext_lazy

from surveys.models import Message, SentAnswer, Visit

SPAN = timedelta(days=30)  # as long as visits are kept


@dataclass(frozen=True)
class DomainRate:
    """How many invitations mailed to a domain within 30 days were visited by a scanner."""

    domain: str
    mailed: int
    scanned: int

    @property
    def share(self) -> float:
        """The share of the invitations that a scanner visited, 0..1."""
        return self.scanned / self.mailed


SHOWN = {
    "suspicious": gettext_lazy("Suspicious"),
    "restored": gettext_lazy("Restored by hand"),
    "excluded": gettext_lazy("Excluded by hand"),
    "all": gettext_lazy("All answers sent"),
}


def sent_answers(shown: str, domain: str) -> QuerySet[SentAnswer]:
    """Return the answers sent that the audit page lists, newest first; `shown` is a key of SHOWN."""
    answers = SentAnswer.objects.select_related(
        "invitation__service", "invitation__survey_version", "invitation__resolution__ticket", "decided_by"
    ).order_by("-sent_at", "-pk")
    if shown in (SentAnswer.HandVerdict.RESTORED, SentAnswer.HandVerdict.EXCLUDED):
        answers = answers.filter(hand_verdict=shown)
    elif shown != "all":
        answers = answers.suspicious()
    return answers.filter(invitation__person__email__iendswith=f"@{domain}") if domain else answers


def domain_rates(*, now: datetime) -> list[DomainRate]:
    """Return the rate of each domain that mail went to within 30 days, the most scanned first."""
    since = now - SPAN
    mailed = Message.objects.filter(
        kind=Message.Kind.INVITATION, sent_at__gte=since, invitation__isnull=False
    ).annotate(domain=_domain("recipient"))
    trapped = Visit.objects.filter(visited_at__gte=since, is_trap=True)
    suspected = SentAnswer.objects.suspicious().filter(sent_at__gte=since)
    scanned = trapped.values("invitation").union(suspected.values("invitation"))
    mails = dict(mailed.order_by().values_list("domain").annotate(count=Count("pk")))
    hits = Counter(_domains_of(scanned.values_list("invitation", flat=True), mailed))
    rates = [DomainRate(domain, count, hits[domain]) for domain, count in mails.items()]
    return sorted(rates, key=lambda rate: (-rate.scanned, -rate.mailed, rate.domain))


def _domains_of(invitation_ids: Iterable[int], mailed: QuerySet[Message]) -> Iterable[str]:
    keys = list(invitation_ids)
    for start in range(0, len(keys), 500):
        yield from mailed.filter(invitation__in=keys[start : start + 500]).values_list("domain", flat=True)  # type: ignore[misc]  # annotated above


def _domain(field: str) -> Lower:
    return Lower(Substr(F(field), StrIndex(F(field), Value("@")) + 1))
