"""A trial of a survey: the real mail to the one who designs it; its answer page stores nothing."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils.translation import gettext as _

from surveys.engine.wording import WORDS
from surveys.models import SurveyVersion, User
from surveys.selectors.trial import trial_invitation
from surveys.services.compose_mail import MailLinks, MailParts, invitation_mail
from surveys.services.outbox import put_notice

TRIAL_LASTS = timedelta(days=7)
_SALT = "surveys.trial"


def trial_code(version: SurveyVersion, language: str) -> str:
    """Return the signed code of a trial page; it names version and language and lasts a week."""
    return signing.dumps([version.pk, language], salt=_SALT)


def read_trial(code: str) -> tuple[SurveyVersion, str] | None:
    """Return version and language of a trial code; None for one that is not ours, too old, or of a draft that
    was discarded.
    """
    try:
        key, language = signing.loads(code, salt=_SALT, max_age=TRIAL_LASTS)
    except signing.BadSignature:
        return None
    version = SurveyVersion.objects.filter(pk=key).select_related("survey").first()
    return None if version is None or language not in WORDS else (version, language)


def trial_address(version: SurveyVersion, language: str) -> str:
    """Return the public address of a version's trial page in a language."""
    return settings.PUBLIC_URL + reverse("survey-trial", args=[trial_code(version, language)])


def trial_parts(version: SurveyVersion, language: str, *, now: datetime, trial: str = "") -> MailParts:
    """Return the mail that a version sends in a language, about an invented ticket."""
    links = MailLinks(trial_address(version, language), trap="", unsubscribe="")
    return invitation_mail(trial_invitation(version, language, now=now), links, trial=trial)


def send_trial(version: SurveyVersion, language: str, *, to: User, now: datetime) -> bool:
    """Put the trial mail to a user into the outbox; return False when they have no address."""
    if not to.email:
        return False
    said = _("This is a test. Answer it as you like: nothing is stored and nothing counts.")
    parts = trial_parts(version, language, now=now, trial=said)
    return put_notice(
        key=f"trial-{version.pk}-{language}-{to.pk}-{now.isoformat()}",
        recipient=to.email,
        subject=_("[Test] %(subject)s") % {"subject": parts.subject},
        text=parts.text,
        html=parts.html,
        now=now,
    )
