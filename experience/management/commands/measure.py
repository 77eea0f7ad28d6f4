"""Measure every service under its agreements as of a day."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from datetime import UTC, date, datetime, time
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from experience.models import Measurement
from experience.services.measure import measure_all
from xla_service.access import setting_up
from xla_service.moments import organisation_day
from xla_service.on_behalf import acting_user, add_user


class Command(BaseCommand):
    """`manage.py measure [--as-of DATE] [--json]`."""

    help = "Measure every service under its agreements: last 28 days, week and open months."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the day and the form of the answer."""
        parser.add_argument("--as-of", help="Last day that counts, YYYY-MM-DD; default: today.")
        parser.add_argument("--json", action="store_true", help="Print one JSON line per result.")
        add_user(parser)

    def handle(self, *args: Any, as_of: str | None, json: bool, **options: Any) -> None:
        """Measure and print the 28-day results."""
        acting_user(options["acting_as"], setting_up)
        now = timezone.now()
        day = _day(as_of) if as_of else organisation_day(now)
        moment = min(now, datetime.combine(day, time.max, UTC))
        for m in measure_all(as_of=day, now=moment):
            if m.period == Measurement.Period.ROLLING:
                self.stdout.write(_line(m) if json else _sentence(m))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f"{text!r} is not a day. Write it as YYYY-MM-DD.") from error


def _line(m: Measurement) -> str:
    return json.dumps(
        {
            "service": m.service.key if m.service else None,
            "journey": None if m.service else m.agreement_version.journey,
            "agreement": m.agreement_version.agreement.key,
            "period": [m.starts_on.isoformat(), m.ends_on.isoformat()],
            "score": m.score,
            "low": m.low,
            "high": m.high,
            "experience": m.status,
            "rating": m.rating,
            "rating_low": m.rating_low,
            "rating_high": m.rating_high,
            "answers": m.n_answered,
            "n_effective": m.n_effective,
            "sla": m.sla_status,
            "sla_share": m.sla_share,
            "input_hash": m.input_hash,
        }
    )


def _sentence(m: Measurement) -> str:
    rating = "no rating" if m.rating is None else f"rated {m.rating:.1f}, agreed {m.rating_target:.1f}"
    whom = m.service.name if m.service else m.agreement_version.journey
    return f"{whom}: {rating}, {m.n_answered} answers: {m.get_status_display()}."
