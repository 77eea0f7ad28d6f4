"""The same fleets through the product: its services write tickets, decisions, answers, evidence and results
into the database and judge every evening; the gaps are read from its tables.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta

from bench.service_years.fleets import CLASSES, LATER_DAYS, Fleet
from bench.service_years.outcomes import Lives, Opening
from bench.service_years.terms import ANCHORS, MISSED_EVERY, SLA_TARGET
from experience.engine.agreement_terms import AgreedIndicator, AgreementTerms
from experience.models import Gap, Sla
from experience.services.agreements import publish, write_draft
from experience.services.evidence import counted_changes, forget_changes, refresh_changed_days
from experience.services.judge import judge_day
from experience.services.library import install_indicators
from surveys.engine.answer_rows import AnswerRecord
from surveys.engine.tickets import Requester, TicketRecord
from surveys.models import BusinessService
from surveys.services.decide import decide_resolutions
from surveys.services.default_survey import create_default_survey
from surveys.services.register_answers import register_answers
from surveys.services.register_tickets import register_tickets

SOURCE = "bench"
EVENING = time(22)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
SIX_DAYS = 6 * 24 * 60
# Tickets are resolved early in the day, so that their people are asked and can answer by the evening.
RESOLVING_MINUTES = 180
# So many people use a service that nobody is asked twice within the rest period, and nobody counts twice in
# a window: the chance of being asked is 1, and every answer is worth one.
PEOPLE = 220
# Nobody else wants the database, so its transactions may be long.
SERVICE_DAYS_AT_ONCE = 400


def lives_of(fleet: Fleet) -> Lives:
    """Live through the fleet's days in an empty database and return its confirmed gaps, oldest first."""
    services = _agree(fleet)
    by_day = _places_by_day(fleet)
    for day, today in enumerate(fleet.days):
        now = datetime.combine(today, EVENING, UTC)
        register_tickets([_ticket(fleet, n) for n in by_day[day]], source=SOURCE, now=now)
        decide_resolutions(now=now, as_it_happened=True)
        register_answers(list(_answers(fleet, by_day, day)), source=SOURCE, now=now)
        refresh_changed_days(now=now, chunk=SERVICE_DAYS_AT_ONCE)
        forget_changes(list(counted_changes()))  # the day is judged as a whole
        judge_day(today, now=now)
    return [_openings(service) for service in services]


def _agree(fleet: Fleet) -> list[BusinessService]:
    """Write the services, each with its SLA, under an agreement on satisfaction."""
    first, now = fleet.days[0], datetime.combine(fleet.days[0], time(0), UTC)
    survey = create_default_survey(now=now).survey
    services = BusinessService.objects.bulk_create(
        BusinessService(key=_key(place), name=_key(place), survey=survey) for place in range(len(fleet.gaps))
    )
    Sla.objects.bulk_create(Sla(service=s, valid_from=first, target_share=SLA_TARGET) for s in services)
    install_indicators()
    rating = AgreedIndicator("rating", 1.0, ANCHORS.target, ANCHORS.floor, ANCHORS.ceiling)
    terms = AgreementTerms(
        key=SOURCE,
        name="Satisfaction alone",
        valid_from=first,
        ambition="People are glad that they asked.",
        covers_rest=True,
        weights=(("X", 1.0),),
        indicators=(rating,),
    )
    publish(write_draft(terms, by=None), by=None, now=now)
    return services


def _key(place: int) -> str:
    return f"service-{place}"


def _places_by_day(fleet: Fleet) -> list[list[int]]:
    """Return the places of each day's tickets."""
    places: list[list[int]] = [[] for _ in fleet.days]
    for place, day in enumerate(fleet.day.tolist()):
        places[day].append(place)
    return places


def _ticket(fleet: Fleet, place: int) -> TicketRecord:
    resolved_at = _resolved_at(fleet, place)
    code = CLASSES[fleet.kind[place]]
    minutes = SIX_DAYS if code[2] == "1" else 60
    person = f"{fleet.service[place]}-{place % PEOPLE}"
    return TicketRecord(
        number=str(place),
        state="closed",
        kind="incident",
        service=_key(fleet.service[place]),
        requester=Requester(external_id=person, email=f"{person}@example.test"),
        opened_at=resolved_at - minutes * MINUTE,
        resolved_at=resolved_at,
        closed_at=resolved_at,
        updated_at=resolved_at,
        made_sla=place % MISSED_EVERY > 0,
        reassignment_count=int(code[5]),
        business_minutes=minutes,
    )


def _resolved_at(fleet: Fleet, place: int) -> datetime:
    return datetime.combine(fleet.days[fleet.day[place]], time(8), UTC) + place % RESOLVING_MINUTES * MINUTE


def _answers(fleet: Fleet, by_day: Sequence[Sequence[int]], day: int) -> Iterator[AnswerRecord]:
    """Yield the answers that came on this day, about its own tickets and those of three days before."""
    for place in by_day[day]:
        if fleet.stars[place] and not fleet.later[place]:
            yield _answer(fleet, place, fleet.days[day])
    for place in by_day[day - LATER_DAYS] if day >= LATER_DAYS else ():
        if fleet.stars[place] and fleet.later[place]:
            yield _answer(fleet, place, fleet.days[day])


def _answer(fleet: Fleet, place: int, today: date) -> AnswerRecord:
    return AnswerRecord(
        number=str(place),
        resolved_at=_resolved_at(fleet, place),
        answered_at=datetime.combine(today, EVENING, UTC) - HOUR,
        rating=int(fleet.stars[place]),
        is_simulated=True,
    )


def _openings(service: BusinessService) -> list[Opening]:
    confirmed = Gap.objects.filter(service=service).exclude(lane=Gap.Lane.NONE).order_by("opened_on", "pk")
    return [Opening(gap.opened_on, gap.lane, gap.closed_on) for gap in confirmed if gap.opened_on]
