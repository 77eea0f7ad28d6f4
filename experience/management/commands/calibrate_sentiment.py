"""Learn from the organisation's rated comments, list the versions, or go back to the one before."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from experience.services.calibrate import calibrate
from surveys.models import SentimentVersion
from surveys.models.sentiment import BEGINNING
from surveys.services.sentiment_versions import roll_back

NO_VERSION = "No version yet: comments are read by the model that came with the software."


class Command(BaseCommand):
    """Calibrate the sentiment of comments; what is learned holds from the next month on."""

    help = (
        "Fit the rating that goes with a comment's polarity per language (300 rated comments) and refine the "
        "model (1,000), each used only if it predicts held-out ratings better, from the next month on."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Choose what to do instead of learning."""
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--rollback", action="store_true", help="go back to the version before")
        which.add_argument("--list", action="store_true", help="list the versions and their trials")

    def handle(self, *args: Any, **options: Any) -> None:
        """Learn, list or go back, and say what came of it."""
        now = timezone.now()
        if options["list"]:
            versions = [_said(version) for version in SentimentVersion.objects.without_files()]
            self.stdout.write("\n".join(versions or [NO_VERSION]))
        elif options["rollback"]:
            ended = roll_back(now=now)
            self.stdout.write(
                f"{ended} ends on {ended.applies_until}; the version before it reads again from then on."
                if ended
                else "There is only the first version; nothing to go back to."
            )
        else:
            made = calibrate(now=now)
            self.stdout.write(
                _said(made)
                if made
                else "Nothing new to learn: it takes 300 rated comments, then a tenth more than last time."
            )


def _said(version: SentimentVersion) -> str:
    return f"{version}: {_days(version)}. {_trial(version) or 'As it came with the software.'}"


def _days(version: SentimentVersion) -> str:
    if version.applies_until == version.applies_from:
        return "refused, never in force"
    since = "the beginning" if version.applies_from == BEGINNING else version.applies_from
    until = f" until {version.applies_until}" if version.applies_until else ""
    return f"in force from {since}{until}"


def _trial(version: SentimentVersion) -> str:
    trials = [("model", version.trial["model"])] if "model" in version.trial else []
    trials += [(f"curve {code}", trial) for code, trial in version.trial.get("curves", {}).items()]
    return "; ".join(
        f"{what} {'used' if trial['is_accepted'] else 'refused'}"
        f" (error {trial['new_error']:.0f} against {trial['current_error']:.0f} on {trial['judged']} pairs)"
        for what, trial in trials
    )
