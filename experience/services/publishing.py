"""What may be shown when: published results wait for 5 more people than were shown before.

Two snapshots of one statistic, subtracted, would otherwise reveal what one person answered. What is judged by
(gaps, closes) is never held back; the count of answers received is shown at once. A result that becomes final
and a correction of one are published in any case: both were announced with their date.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Max, Q

from experience.engine.defaults import DEFAULTS
from experience.engine.periods import window
from experience.engine.privacy import may_release
from experience.models import AgreementService, Measurement
from experience.selectors.subjects import same_subjects
from surveys.engine.weeks import iso_week
from surveys.models import Response
from xla_service.moments import organisation_day

_ANSWER_MEASURES = frozenset({"satisfaction", "happiness", "effort", "solved", "lost_time", "sentiment"})
_NOTHING_SHOWN = {Measurement.Status.HIDDEN, Measurement.Status.MISSING}


def last_published(fresh: Sequence[Measurement]) -> dict[int | None, Measurement]:
    """Return by service the published result that each of these would follow.

    Of a week or month that of the same days; of a live view the newest whose days may overlap.
    """
    first = fresh[0]
    found = Measurement.objects.published().filter(
        same_subjects(fresh),
        agreement_version__agreement=first.agreement_version.agreement_id,
        period=first.period,
        ends_on__range=(window(first.ends_on, DEFAULTS.window_days[-1]).first_on, first.ends_on),
    )
    if first.period != Measurement.Period.ROLLING:
        found = found.filter(starts_on=first.starts_on)
    newest = found.values("service").annotate(newest=Max("pk")).order_by()
    rows = Measurement.objects.filter(pk__in=[row["newest"] for row in newest])
    return {row.service_id: row for row in rows}


def shown_instead_of(m: Measurement) -> Measurement:
    """Return what pages show while this result waits: itself once published, else the one it would follow."""
    return m if m.is_published else last_published([m]).get(m.service_id, m)


def mark_published(fresh: Sequence[Measurement], shown: Mapping[int | None, Measurement]) -> None:
    """Say of each new result whether it may be shown, given the one shown before it."""
    waiting = [m for m in fresh if not _is_free(m, shown.get(m.service_id))]
    arrived = _new_people([shown[m.service_id] for m in waiting]) if waiting else {}
    for m in fresh:
        m.is_published = True
    for m in waiting:
        m.is_published = _may_follow(m, shown[m.service_id], arrived.get(m.service_id, 0))


def _is_free(new: Measurement, shown: Measurement | None) -> bool:
    """Say whether showing this result tells nothing about single answers: none, the same, or announced."""
    if shown is None or new.state == Measurement.State.FINAL:
        return True
    if _NOTHING_SHOWN & {new.status, shown.status}:
        return True
    return _answers_in(new) == _answers_in(shown)


def _answers_in(m: Measurement) -> tuple[Any, Any]:
    cells = [list(cell) for cell in m.inputs.get("cells", ()) if cell[0] in _ANSWER_MEASURES]
    return m.inputs.get("people"), cells


def _may_follow(new: Measurement, shown: Measurement, arrived: int) -> bool:
    """Say whether 5 people more stand behind a result than behind the one shown.

    Days that leave its window take people along, so there those who answered since are enough too.
    """
    if new.period == Measurement.Period.ROLLING and arrived >= DEFAULTS.release_batch:
        return True
    now, before = new.inputs["people"][0], shown.inputs["people"][0]
    return may_release(respondents_now=now, respondents_released=before)


def _new_people(shown: Sequence[Measurement]) -> dict[int | None, int]:
    """Return by service how many people answered since these results were computed."""
    since = {m.service_id: m.computed_at for m in shown}
    first = min(since.values())
    answers = Response.objects.accepted().filter(
        Q(answered_at__gte=first) | Q(iso_week__gt=iso_week(organisation_day(first))),
        service__in=_services_of(shown),
    )
    people: dict[int | None, set[int]] = defaultdict(set)
    rows = answers.values_list("service_id", "answered_at", "iso_week", "pk", "resolution__person_id")
    for service, answered_at, week, answer, person in rows:
        place = None if None in since else service
        if _came_after(since[place], answered_at, week):
            people[place].add(person if person is not None else -answer)
    return {place: len(found) for place, found in people.items()}


def _came_after(shown_at: datetime, answered_at: datetime | None, week: str) -> bool:
    """Say whether an answer came after a result; an anonymous one surely did in a later ISO week only."""
    if answered_at is None:
        return week > iso_week(organisation_day(shown_at))
    return answered_at >= shown_at


def _services_of(shown: Sequence[Measurement]) -> list[int]:
    """Return the services whose answers these results count: their own, or those of their journey."""
    versions = {m.agreement_version_id for m in shown if m.service_id is None}
    through = AgreementService.objects.filter(version__in=versions).values_list("service", flat=True)
    return [m.service_id for m in shown if m.service_id is not None] + (list(through) if versions else [])
