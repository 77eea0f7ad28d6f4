"""Looking at what a sending rule would have done, on real history and without writing anything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from surveys.models import Decision, Resolution, SendingRule, SurveyVersion
from surveys.selectors.asking_rules import plan, service_shares
from surveys.services.verdicts import Clock, Past, verdicts

CHUNK = 1000


@dataclass(frozen=True)
class Preview:
    """What a rule would have made of the resolutions between two moments; `people` counts those asked."""

    starts_at: datetime
    ends_at: datetime
    resolved: int
    asked: int
    eligible: int
    people: int
    by_reason: tuple[tuple[str, str, int], ...]

    @property
    def sentence(self) -> str:
        """Return it in one line: resolved, asked, and every reason why not."""
        others = [f"{count:,} {label[0].lower()}{label[1:]}" for _, label, count in self._not_asked]
        return ", ".join([f"{self.resolved:,} resolved", f"{self.asked:,} asked", *others])

    @property
    def _not_asked(self) -> list[tuple[str, str, int]]:
        asked = (Decision.Reason.ASKED, Decision.Reason.ASKED_WHILE_RESTING)
        return [row for row in self.by_reason if row[0] not in asked]


def preview_rule(
    sending: SendingRule, version: SurveyVersion, *, starts_at: datetime, ends_at: datetime
) -> Preview:
    """Return what `sending`, stored or not, would have decided about its survey's resolutions in a span.

    Surveys sent before the span count as they were; those within it as this rule would have sent them.
    Nothing is written. Takes as long as deciding them, in chunks that hold a thousand at a time.
    """
    plans = {version.survey_id: plan(version, sending)}
    past, clock, shares = Past(until=starts_at), Clock(ends_at, as_it_happened=True), service_shares()
    reasons: Counter[str] = Counter()
    asked_people: set[int] = set()
    eligible = 0
    for chunk in _chunks(version.survey_id, starts_at, ends_at):
        for judged in verdicts(chunk, plans, shares, past, clock):
            reasons[judged.verdict.reason.value] += 1
            eligible += judged.verdict.is_eligible
            if judged.verdict.is_asked and judged.resolution.person_id:
                asked_people.add(judged.resolution.person_id)
    asked = reasons[Decision.Reason.ASKED] + reasons[Decision.Reason.ASKED_WHILE_RESTING]
    by_reason = tuple(
        (key, str(Decision.Reason(key).label), count)
        for key, count in sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
    )
    return Preview(starts_at, ends_at, reasons.total(), asked, eligible, len(asked_people), by_reason)


def _chunks(survey_id: int, starts_at: datetime, ends_at: datetime) -> Iterator[list[Resolution]]:
    found = Resolution.objects.filter(
        service__survey=survey_id, resolved_at__gte=starts_at, resolved_at__lt=ends_at
    )
    keys = list(found.order_by("resolved_at", "pk").values_list("pk", flat=True))
    rows = Resolution.objects.select_related("ticket", "person", "service").order_by("resolved_at", "pk")
    for start in range(0, len(keys), CHUNK):
        yield list(rows.filter(pk__in=keys[start : start + CHUNK]))
