"""Loads the demo into an empty installation, stage by stage, through the product's own services.

Every stage does only what is still missing, so a load that was interrupted goes on where it stopped.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from experience.demo.answers import mail_newest, send_answers
from experience.demo.catalogue import first_sound_day, write_catalogue
from experience.demo.files import export_file, report_file, start_file
from experience.demo.goals import write_goals
from experience.demo.signals import send_signals
from experience.demo.story import SAMPLES, SOURCE
from experience.demo.tickets import read_log, shared_accounts, write_export
from experience.models import Gap, Measurement
from experience.models.gaps import GapQuerySet
from experience.services.evidence import refresh_changed_days
from experience.services.judge import judge_day, replay
from experience.services.starter import create_starter_agreements
from experience.services.themes import refresh_themes
from surveys.models import BusinessService, Invitation, Person, Response, Ticket
from surveys.services.decide import decide_resolutions
from surveys.services.import_tickets import import_tickets
from surveys.services.repeat_contacts import mark_shared_accounts
from surveys.services.score_comments import score_comments
from xla_service.moments import organisation_day

Say = Callable[[str], None]
# A trend starts when a week of sound SLA flags is behind it.
FIRST_RESULT_AFTER = timedelta(days=7)
# Nobody else wants the database while a history is loaded, so its transactions may be long.
SERVICE_DAYS_AT_ONCE = 400


class NotEmptyError(Exception):
    """The installation holds services of its own, which the demo must not mix with."""


@dataclass
class Load:
    """One load as of `now`: says each stage as it is done and keeps the seconds it took."""

    now: datetime
    say: Say
    environment: Mapping[str, str]
    seconds: dict[str, float] = field(default_factory=dict)

    def run(self) -> None:
        """Run every stage in order."""
        stages: tuple[tuple[str, Callable[[], str]], ...] = (
            ("services", self.set_up),
            ("tickets", self.import_log),
            ("decisions", self.decide),
            ("answers", self.answer),
            ("sentiment", self.score),
            ("mail", self.mail),
            ("signals", self.signal),
            ("evidence", self.count),
            ("results", self.judge),
        )
        for name, stage in stages:
            started = time.monotonic()
            done = stage()
            self.seconds[name] = round(time.monotonic() - started, 2)
            self.say(f"{done} ({self.seconds[name]:.1f} s)")

    def set_up(self) -> str:
        """Write the catalogue, and the log as an export that ends now."""
        log = read_log()
        write_catalogue((row["category"] for row in log), now=self.now)
        write_export(export_file(self.environment), self.now, log)
        return f"{BusinessService.objects.count()} services, three people who can sign in"

    def import_log(self) -> str:
        """Import the tickets and mark the accounts that are nobody's own."""
        done = import_tickets(export_file(self.environment), source=SOURCE, now=self.now)
        shared = Person.objects.filter(external_id__in=shared_accounts(read_log()))
        mark_shared_accounts(list(shared.values_list("pk", flat=True)))
        return f"{Ticket.objects.count():,} tickets from {done.row_count:,} rows of the real log"

    def decide(self) -> str:
        """Decide for every resolution whether its person is asked."""
        decided = decide_resolutions(now=self.now, as_it_happened=True)
        return f"{decided:,} decisions, {Invitation.objects.count():,} people asked"

    def answer(self) -> str:
        """Let the simulated respondents answer."""
        send_answers(self.now)
        return f"{Response.objects.count():,} simulated answers"

    def score(self) -> str:
        """Score the sentiment of their comments."""
        read = score_comments(now=self.now)
        return f"{read:,} comments read, {refresh_themes(today=self.now.date())} themes found"

    def mail(self) -> str:
        """Leave the newest invitations to the mail server and to whoever watches."""
        return f"{mail_newest(self.now)} invitations go out by mail"

    def signal(self) -> str:
        """Send the monitoring data."""
        return f"{send_signals(self.now):,} observations of outages and response times"

    def count(self) -> str:
        """Count the daily evidence, and leave nothing to recompute to the worker."""
        days = refresh_changed_days(now=self.now, chunk=SERVICE_DAYS_AT_ONCE)
        return f"{len(days):,} service-days of evidence"

    def judge(self) -> str:
        """Agree on starter terms and judge the past as it would have been judged, week by week."""
        start = first_sound_day(self.now)
        create_starter_agreements(now=self.now, valid_from=start)
        write_goals()
        today = organisation_day(self.now)
        replay(start + FIRST_RESULT_AFTER, today - timedelta(days=1))
        judge_day(today, now=self.now)
        return f"{Measurement.objects.count():,} results, {watermelons().count()} watermelons"


def watermelons() -> GapQuerySet:
    """Return the gaps that are watermelons now."""
    return Gap.objects.confirmed().filter(kind=Gap.Kind.WATERMELON)


def load_demo(*, now: datetime, say: Say, environment: Mapping[str, str]) -> bool:
    """Load what is missing of the demo; return whether there was anything to do.

    A load that was interrupted goes on as of the moment it was started. Raises NotEmptyError for an
    installation that has services which are not the demo's.
    """
    report, start = report_file(environment), start_file(environment)
    if report.exists():
        return False
    if BusinessService.objects.exclude(key__in=[sample.key for sample in SAMPLES]).exists():
        raise NotEmptyError(
            "There are services here already, and the demo would mix with them. Name an empty folder: "
            "XLA_DATA_DIR=... Or load the small sample, which stands beside other data: manage.py sample load"
        )
    load = Load(_started_at(start, now), say, environment)
    load.run()
    report.write_text(json.dumps({**counts(), "seconds": load.seconds}), encoding="utf-8")
    return True


def counts() -> dict[str, int]:
    """Return what the demo holds."""
    return {
        "services": BusinessService.objects.count(),
        "tickets": Ticket.objects.count(),
        "invitations": Invitation.objects.count(),
        "responses": Response.objects.count(),
        "measurements": Measurement.objects.count(),
        "watermelons": watermelons().count(),
    }


def _started_at(path: Path, now: datetime) -> datetime:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        path.write_text(now.isoformat(), encoding="ascii")
    return datetime.fromisoformat(path.read_text(encoding="ascii"))
