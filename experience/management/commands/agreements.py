"""Agreements as code; the format is described in docs/agreements.md."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from experience.engine.periods import month_label
from experience.engine.rehearsal import MOST_MONTHS, Rehearsal, RehearsedResult, Sensitivity
from experience.models import Agreement
from experience.services.agreement_files import (
    FileError,
    apply,
    diff,
    export_agreements,
    lint,
    rehearse_file,
)
from surveys.models import User
from xla_service.access import everyone, setting_up
from xla_service.moments import organisation_day
from xla_service.on_behalf import acting_user, add_user


class Command(BaseCommand):
    """`manage.py agreements export|lint|diff|rehearse|apply FILE.yaml`."""

    help = "Keep agreements as YAML files: export, lint, diff, rehearse and apply them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take what to do, with which file."""
        actions = parser.add_subparsers(dest="action", required=True)
        for name, explanation in _ACTIONS.items():
            action = actions.add_parser(name, help=explanation)
            action.add_argument("file", metavar="FILE.yaml", help="The file; - is standard input or output.")
            add_user(action, *(["--by"] if name == "apply" else []))
            if name == "export":
                action.add_argument("--agreement", action="append", help="Only this key; may be given again.")
            if name == "rehearse":
                action.add_argument("--months", type=int, default=12, help=f"1 to {MOST_MONTHS}.")
                action.add_argument("--json", action="store_true", help="Print one JSON line per result.")
            if name == "apply":
                action.add_argument("--publish", action="store_true", help="Publish, not only draft.")

    def handle(self, *args: Any, action: str, file: str, **options: Any) -> None:
        """Do it; problems of a file go to standard error by line, and the exit code is 1."""
        user = acting_user(options["acting_as"], everyone if action == "export" else setting_up)
        try:
            getattr(self, f"_{action}")(file, timezone.now(), options, user)
        except FileError as error:
            for problem in error.problems:
                self.stderr.write(f"{file}:{problem.line}: {problem.message}")
            sys.exit(1)
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{file} cannot be used: {error}") from error

    def _export(self, file: str, now: datetime, options: dict[str, Any], user: User | None) -> None:
        agreements = Agreement.objects.order_by("key")
        if user is not None:
            agreements = agreements.visible_to(user)
        if wanted := options["agreement"]:
            agreements = agreements.filter(key__in=wanted)
            if missing := set(wanted) - set(agreements.values_list("key", flat=True)):
                raise CommandError(f"No agreement has the key {', '.join(sorted(missing))}.")
        text = export_agreements(agreements)
        if file == "-":
            self.stdout.write(text, ending="")
        else:
            Path(file).write_text(text, encoding="utf-8")

    def _lint(self, file: str, now: datetime, options: dict[str, Any], user: User | None) -> None:
        if problems := lint(_text(file), today=organisation_day(now)):
            raise FileError(problems)
        self.stdout.write(f"{file}: no problems.")

    def _diff(self, file: str, now: datetime, options: dict[str, Any], user: User | None) -> None:
        for key, changes in diff(_text(file)).items():
            self.stdout.write(f"{key}: {len(changes)} differences from what is published")
            for change in changes:
                self.stdout.write(f"  {change.path}: {change.before or '-'} -> {change.after or '-'}")

    def _rehearse(self, file: str, now: datetime, options: dict[str, Any], user: User | None) -> None:
        text, today = _text(file), organisation_day(now)
        try:
            rehearsals = rehearse_file(text, today=today, now=now, months=options["months"])
        except ValueError as error:
            raise CommandError(str(error)) from error
        for key, rehearsal in rehearsals.items():
            if options["json"]:
                self.stdout.write("\n".join(json.dumps(_document(key, r)) for r in rehearsal.results))
            else:
                self.stdout.write("\n".join(_report(key, rehearsal)))

    def _apply(self, file: str, now: datetime, options: dict[str, Any], user: User | None) -> None:
        done = apply(_text(file), by=user, today=organisation_day(now), now=now, publishes=options["publish"])
        for each in done:
            excluded = f", {each.excluded} exclusions agreed" if each.excluded else ""
            self.stdout.write(f"{each.key}: {each.outcome}, version {each.number}{excluded}")


_ACTIONS = {
    "export": "Write agreements to a file.",
    "lint": "Name every problem of a file with its line.",
    "diff": "Show where a file differs from what is published.",
    "rehearse": "Replay a file on past months; nothing is stored.",
    "apply": "Draft what differs; with --publish also publish it.",
}


def _text(file: str) -> str:
    return sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")


def _document(key: str, result: RehearsedResult) -> dict[str, Any]:
    score = result.score
    return {
        "agreement": key,
        "subject": result.subject,
        "month": month_label(result.period),
        "score": score.value if score else None,
        "low": score.low if score else None,
        "high": score.high if score else None,
        "experience": result.experience.value,
        "colour": result.colour,
        "colour_now": result.colour_now,
        "is_breach": result.is_breach,
        "flips": result.flips,
    }


def _report(key: str, rehearsal: Rehearsal) -> list[str]:
    months, breaches, flips = len(rehearsal.months), len(rehearsal.breaches), len(rehearsal.flips)
    lines = [f"{key}: {months} months, {breaches} below target, {flips} with another colour than now"]
    lines += [_line(result) for result in rehearsal.results]
    return lines + [line for each in rehearsal.sensitivities for line in _hangs_on(each)]


def _line(result: RehearsedResult) -> str:
    score = result.score
    shown = "no score" if score is None else f"{score.value:.1f}"
    if score is not None and score.low is not None and score.high is not None:
        shown += f" ({score.low:.1f} to {score.high:.1f})"
    marks = (" below target" * result.is_breach) + (f" now {result.colour_now}" if result.flips else "")
    return f"  {month_label(result.period)} {result.subject}: {shown}, {result.colour}{marks}"


def _hangs_on(each: Sensitivity) -> list[str]:
    change = each.smallest_change
    lines = [f"  {each.subject}, {month_label(each.period)}, {each.colour}:"]
    if change is None:
        lines.append("    no move of weight gives another colour")
    else:
        share = f"{100 * change.share:.1f} % of all weight from {change.giver} to {change.taker}"
        lines.append(f"    {share} gives {change.colour}")
    for out in each.left_out:
        score = "no score" if out.score is None else f"{out.score:.1f}"
        lines.append(f"    without {out.indicator}: {score}, {out.colour}")
    return lines
