"""What the public pages share: rendering a survey, a message, the words of an unknown link."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from surveys.engine.scales import Band
from surveys.engine.wording import WORDS, Words, language_of
from surveys.public.form import COMMENT_LENGTH, AnswerForm
from surveys.selectors.asked import Asked


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
    words = WORDS[chosen_language(request) or language_of("", request.headers.get("Accept-Language", ""))]
    return message(request, words, words.unknown, words.unknown_text, status=404)


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
        "languages": WORDS.values(),
        "chosen_language": language,
        "in_language": f"?lang={language}" if language else "",
        "clicked": request.GET.get("r", "") if request.GET.get("r", "").isdigit() else "",
    }
    return render(request, f"surveys/{name}.html", shown, status=status)
