"""What the public pages share: rendering a survey, a message, the words of an unknown link."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from surveys.engine.scales import Band
from surveys.engine.wording import WORDS, Words, language_of
from surveys.engine.wording.not_saved import NOT_SAVED
from surveys.public.form import COMMENT_LENGTH, AnswerForm
from surveys.selectors.asked import Asked

logger = logging.getLogger(__name__)


def answer_context(shown: Asked, form: AnswerForm) -> dict[str, Any]:
    """Return what the template of the survey shows, answered or not."""
    questions = shown.questionnaire
    return {
        "words": shown.words,
        "asked": shown,
        "form": form,
        "question": questions.rating.partition("{ticket}"),
        "reason_groups": [(band, questions.reasons_of(band)) for band in Band],
        "comment_length": COMMENT_LENGTH,
    }


def unknown_token(request: HttpRequest) -> HttpResponse:
    """Say in the browser's language what may be wrong with a link."""
    words = browser_words(request)
    return message(request, words, words.unknown, words.unknown_text, status=404)


def not_now(request: HttpRequest) -> HttpResponse:
    """Keep an answer on the page while the database is away, with a button that sends it again.

    To be called where its error is handled, which is logged.
    """
    logger.exception("A page of a survey could not reach the database.")
    words = browser_words(request)
    spoken = NOT_SAVED[words.code]
    is_sent = request.method == "POST"
    context = {
        "words": words,
        "heading": spoken.heading if is_sent else spoken.away,
        "text": spoken.text if is_sent else spoken.away_text,
        "kept": [(name, value) for name, values in request.POST.lists() for value in values],
        "comment_length": COMMENT_LENGTH,
    }
    response = page(request, "not_now", context, status=HTTPStatus.SERVICE_UNAVAILABLE)
    response["Retry-After"] = "60"
    return response


def browser_words(request: HttpRequest) -> Words:
    """Return the words of the language chosen on a page, else of the browser's."""
    return WORDS[chosen_language(request) or language_of("", request.headers.get("Accept-Language", ""))]


def chosen_language(request: HttpRequest) -> str:
    """Return the language chosen on a page, by its code; "" when none was or we do not speak it."""
    code = request.POST.get("lang", "") or request.GET.get("lang", "")
    return code if code in WORDS else ""


def message(
    request: HttpRequest,
    words: Words,
    heading: str,
    text: str,
    *,
    button: tuple[str, str] | None = None,
    link: tuple[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    """Render a heading and a sentence; `button` holds the name to post and the words on it, `link` an address
    and its words.
    """
    context = {"words": words, "heading": heading, "text": text, "button": button, "link": link}
    return page(request, "message", context, status=status)


def page(request: HttpRequest, name: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """Render one of the public templates."""
    language = chosen_language(request)
    shown = context | {
        "organisation": settings.ORGANISATION,
        # Another language would be another page, without what is kept on this one.
        "languages": [] if "kept" in context else WORDS.values(),
        "chosen_language": language,
        "in_language": f"?lang={language}" if language else "",
        "clicked": request.GET.get("r", "") if request.GET.get("r", "").isdigit() else "",
    }
    return render(request, f"surveys/{name}.html", shown, status=status)
