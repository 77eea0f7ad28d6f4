"""The answer page of a trial: it looks and complains like the real one, and stores nothing."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from surveys.models import SurveyVersion
from surveys.public.form import AnswerForm
from surveys.public.pages import answer_context, chosen_language, message, page, unknown_token
from surveys.selectors.asked import Asked, asked
from surveys.selectors.trial import trial_invitation
from surveys.services.trial_mail import read_trial


# Nothing is stored, so there is nothing that a request from elsewhere could do.
@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def survey_trial(request: HttpRequest, code: str) -> HttpResponse:
    """Show the survey of a trial; a POST is checked like a real answer and then forgotten."""
    found = read_trial(code)
    if found is None:
        return unknown_token(request)
    version, language = found
    shown = trial_page(version, chosen_language(request) or language)
    with translation.override(shown.words.code):
        form = AnswerForm(
            request.POST or None,
            questionnaire=shown.questionnaire,
            words=shown.words,
            initial={"rating": request.GET.get("r", "")},
        )
        if request.method == "POST" and form.is_valid():
            return message(request, shown.words, shown.words.thanks, trial_words())
        context = answer_context(shown, form) | {"is_trial": True, "trial": trial_words()}
        return page(request, "answer", context, status=400 if form.errors else 200)


def trial_page(version: SurveyVersion, language: str) -> Asked:
    """Return what the page of a trial asks."""
    invitation = trial_invitation(version, language, now=timezone.now())
    return asked(invitation, language, asks_solved=True)


def trial_words() -> str:
    """Return what a trial says of itself."""
    return _("This is a test. Nothing is stored.")
