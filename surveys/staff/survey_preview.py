"""What people would get, for the frame of the survey designer: the mail, or the answer page."""

from __future__ import annotations

from pathlib import Path

from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone, translation
from django.views.decorators.http import require_safe

from surveys.engine.wording import DEFAULT_LANGUAGE, WORDS, Words
from surveys.models import Survey, SurveyVersion
from surveys.public.form import AnswerForm
from surveys.public.pages import answer_context, chosen_language, page
from surveys.public.trial import trial_page
from surveys.row_keys import row_key
from surveys.services.trial_mail import trial_parts
from xla_service.access import open_to, setting_up

# The preview is our own page in a frame of our own page: it runs nothing and sends nothing.
PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; frame-ancestors 'self'; base-uri 'none'; "
    "form-action 'none'; sandbox"
)
MAIL_POLICY = PAGE_POLICY.replace("style-src 'self'", "style-src 'unsafe-inline'")
CHOICES = {"show": ("page", "mail"), "size": ("phone", "desktop"), "scheme": ("light", "dark")}


@open_to(setting_up)
@require_safe
def survey_preview(request: HttpRequest, key: str, kind: str) -> HttpResponse:
    """Show the mail or the answer page as people would get it, for the frame of the designer."""
    survey = get_object_or_404(Survey, key=key)
    version = _wanted_version(survey, request.GET.get("version", ""))
    language = chosen_language(request) or DEFAULT_LANGUAGE
    if kind == "mail":
        html = trial_parts(version, language, now=timezone.now()).html
        response = HttpResponse(_in_scheme(html, preview_choices(request)["scheme"]))
        response["Content-Security-Policy"] = MAIL_POLICY
    elif kind == "page":
        response = _shown_page(request, version, WORDS[language])
        response["Content-Security-Policy"] = PAGE_POLICY
    else:
        raise Http404
    response["X-Frame-Options"] = "SAMEORIGIN"
    response["Cache-Control"] = "no-store"
    return response


def _wanted_version(survey: Survey, number: str) -> SurveyVersion:
    if number:
        return get_object_or_404(survey.versions, number=row_key(number))
    found = survey.worked_on()
    if found is None:
        raise Http404
    return found


def _shown_page(request: HttpRequest, version: SurveyVersion, words: Words) -> HttpResponse:
    with translation.override(words.code):
        shown = trial_page(version, words.code)
        form = AnswerForm(questionnaire=shown.questionnaire, words=words, initial={"rating": 2})
        style = reverse("survey-preview-style", args=[preview_choices(request)["scheme"]])
        return page(request, "answer", answer_context(shown, form) | {"is_trial": True, "stylesheet": style})


# Public like the stylesheet itself: the frame of the preview has an origin of its own and sends no cookie.
@require_safe
def survey_preview_style(request: HttpRequest, scheme: str) -> HttpResponse:
    """Send the stylesheet of the public pages as it applies in light or in dark, whatever the reader has."""
    if scheme not in CHOICES["scheme"]:
        raise Http404
    found = finders.find("surveys/survey.css")
    assert isinstance(found, str)
    return HttpResponse(_in_scheme(Path(found).read_text(encoding="utf-8"), scheme), content_type="text/css")


def _in_scheme(text: str, scheme: str) -> str:
    """Return styles with the question for the reader's colours answered."""
    answered = "all" if scheme == "dark" else "not all"
    text = text.replace("@media (prefers-color-scheme: dark)", f"@media {answered}")
    return text.replace("color-scheme: light dark", f"color-scheme: {scheme}")


def preview_choices(request: HttpRequest) -> dict[str, str]:
    """Return what the preview shows: page or mail, on a phone or a desktop, light or dark."""
    given = request.POST if request.method == "POST" else request.GET
    return {name: given[name] if given.get(name) in values else values[0] for name, values in CHOICES.items()}
