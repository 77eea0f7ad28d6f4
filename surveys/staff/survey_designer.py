"""The survey designer: one survey in one language at a time, its preview beside it, a trial to oneself."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from surveys.engine.scales import Band
from surveys.engine.values import storable
from surveys.engine.wording import DEFAULT_LANGUAGE, WORDS
from surveys.models import Question, Survey, SurveyVersion
from surveys.public.pages import chosen_language
from surveys.selectors.design_differences import differences
from surveys.selectors.designs import Design, design_of, reason_name
from surveys.selectors.translations import Wording, missing_in, wordings
from surveys.services.survey_design import (
    MOST_OPEN_DAYS,
    DesignError,
    discard_draft,
    publish_draft,
    rename_survey,
    save_design,
)
from surveys.services.trial_mail import send_trial
from surveys.staff.design_form import LONGEST, NEW_REASONS, read_design
from surveys.staff.survey_preview import preview_choices
from surveys.wakeups import MAIL_SWEEP, wake
from xla_service.access import open_to, setting_up, signed_in

KIND_WORDS = {
    "rating": gettext_lazy("The one question that counts; the mail shows its scale as buttons."),
    "reasons": gettext_lazy("What went wrong or well, to tick. They fit the rating; their order varies."),
    "lost_time": gettext_lazy("How much working time the problem cost: quick picks, or exactly."),
    "solved": gettext_lazy("Asked only where a “no” reaches somebody at once, see Not solved."),
    "comment": gettext_lazy("Whatever they want to say, in their own words."),
}
MODE_WORDS = {
    "named": gettext_lazy("The team reads each answer with its ticket."),
    "confidential": gettext_lazy("Comments without name or ticket, from five answers on."),
    "anonymous": gettext_lazy("Stored without the person; nobody can look up who answered."),
}
BAND_WORDS = {
    Band.LOW: gettext_lazy("with low ratings"),
    Band.HIGH: gettext_lazy("with high ratings"),
    Band.ANY: gettext_lazy("with every rating"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One question in the designer, asked or not."""

    kind: str
    label: str
    words: str
    is_asked: bool
    text: Wording | None
    reasons: list[tuple[dict[str, Any], Wording]]


@open_to(setting_up)
@require_http_methods(["GET", "HEAD", "POST"])
def survey_design(request: HttpRequest, key: str) -> HttpResponse:
    """Design a survey in one language at a time. A POST saves the draft, and does what its button says."""
    survey = get_object_or_404(Survey, key=key)
    language = chosen_language(request) or DEFAULT_LANGUAGE
    version = survey.worked_on()
    if version is None:
        raise Http404
    if request.method != "POST":
        return _designer(request, survey, version, design_of(version), [])
    if "discard" in request.POST:
        return _discarded(request, survey)
    # What is only watched adds no reason: it is still being typed.
    typed = _typed(request, survey, version, language, adds_reasons=not request.htmx)  # type: ignore[attr-defined]
    try:
        with transaction.atomic():
            rename_survey(survey, storable(request.POST.get("name", "")))
            save_design(survey, typed)
        return _after_saving(request, survey, language)
    except DesignError as error:
        typed = _typed(request, survey, version, language, adds_reasons=False)
        return _designer(request, survey, version, typed, error.problems)


def _typed(
    request: HttpRequest, survey: Survey, version: SurveyVersion, language: str, *, adds_reasons: bool
) -> Design:
    """Return the design that the form says."""
    published = survey.published_version()
    return read_design(
        design_of(version),
        request.POST,
        language,
        published=design_of(published) if published else None,
        adds_reasons=adds_reasons,
    )


def _discarded(request: HttpRequest, survey: Survey) -> HttpResponse:
    if discard_draft(survey):
        messages.success(request, _("The draft is gone; the published version goes on."))
        return redirect("survey-design", key=survey.key)
    messages.error(request, _("There is no draft to discard, or nothing was published before it."))
    return redirect("survey-design", key=survey.key)


def _after_saving(request: HttpRequest, survey: Survey, language: str) -> HttpResponse:
    """Show what was saved, or do what the button says: move a question, send a trial, publish."""
    version = survey.worked_on()
    assert version is not None
    if request.htmx:  # type: ignore[attr-defined]
        return _designer(request, survey, version, design_of(version), [])
    if "trial" in request.POST:
        _send_trial(request, version, language)
    elif "publish" in request.POST:
        _publish(request, survey)
    elif "save" in request.POST:
        messages.success(request, _("The draft is saved. Nobody is asked with it before it is published."))
    target = f"{reverse('survey-design', args=[survey.key])}?lang={language}"
    return redirect(target + _focus(request.POST.get("move", ""), design_of(version)))


def _focus(move: str, design: Design) -> str:
    """Return the fragment of the button that moved a question, so that pressing it again goes on."""
    way, _colon, kind = move.partition(":")
    kinds = [asked.kind for asked in design.questions]
    if kind not in kinds:
        return ""
    if way not in ("up", "down"):
        return f"#q-{kind}"
    ends = {"up": 1, "down": len(kinds) - 1}
    other = {"up": "down", "down": "up"}[way]
    return f"#{other if kinds.index(kind) == ends[way] else way}-{kind}"


def _send_trial(request: HttpRequest, version: SurveyVersion, language: str) -> None:
    if send_trial(version, language, to=signed_in(request), now=timezone.now()):
        wake(MAIL_SWEEP)
        words = _("A test goes to %(address)s. Answer it as you like; nothing counts.")
        messages.success(request, words % {"address": signed_in(request).email})
    else:
        messages.error(
            request,
            _(
                "No test was sent: your account has no e-mail address. An administrator can write one "
                "into it in Django's administration."
            ),
        )


def _publish(request: HttpRequest, survey: Survey) -> None:
    note = storable(request.POST.get("note", ""))
    try:
        version = publish_draft(survey, note=note, by=signed_in(request), now=timezone.now())
    except DesignError as error:
        messages.error(request, str(error))
        return
    words = _("Version %(number)d is published; new invitations ask it. Until somebody was, you can undo it.")
    messages.success(request, words % {"number": version.number})


def _designer(
    request: HttpRequest, survey: Survey, version: SurveyVersion, design: Design, problems: list[str]
) -> HttpResponse:
    language = chosen_language(request) or DEFAULT_LANGUAGE
    published, draft = survey.published_version(), survey.draft()
    context = {
        "survey": survey,
        "version": version,
        "published": published,
        "draft": draft,
        "design": design,
        "note": storable(request.POST.get("note", "")),
        "new_reasons": _new_reasons(request, is_kept=bool(problems)),
        "problems": problems,
        "rows": _rows(version, design, language),
        "words": WORDS[language],
        "languages": [(words, missing_in(version, words.code)) for words in WORDS.values()],
        "changes": differences(design_of(published), design_of(draft)) if published and draft else [],
        "watching": bool(request.htmx),  # type: ignore[attr-defined]
        "stamp": int(timezone.now().timestamp() * 1000),
        **_offered(),
        **preview_choices(request),
    }
    name = "survey_preview" if request.htmx else "survey"  # type: ignore[attr-defined]
    return render(request, f"surveys/staff/{name}.html", context, status=422 if problems else 200)


def _new_reasons(request: HttpRequest, *, is_kept: bool) -> list[tuple[str, str]]:
    """Return the lines for new reasons, text and band: as they were typed where nothing was saved."""
    empty = [("", "")] * NEW_REASONS
    if not is_kept:
        return empty
    typed = zip(request.POST.getlist("new-text"), request.POST.getlist("new-band"), strict=False)
    return [*typed, *empty][:NEW_REASONS]


def _offered() -> dict[str, Any]:
    """Return what the form offers to choose from, and its limits."""
    return {
        "modes": [(mode.value, mode.label, MODE_WORDS[mode.value]) for mode in SurveyVersion.Mode],
        "scales": [(scale.value, scale.label) for scale in Question.Scale if scale.value],
        "bands": [(band.value, words) for band, words in BAND_WORDS.items()],
        "longest": LONGEST,
        "most_days": MOST_OPEN_DAYS,
    }


def _rows(version: SurveyVersion, design: Design, language: str) -> list[Row]:
    texts = _texts(version, design, language)
    asked = [each.kind for each in design.questions]
    others = [kind for kind in Question.Kind.values if kind not in asked]
    return [_row(kind, design, texts, is_asked=kind in asked) for kind in [*asked, *others]]


def _texts(version: SurveyVersion, design: Design, language: str) -> dict[str, Wording]:
    """Return the texts by name; what the design says stands in the place of what the version holds."""
    texts = {text.name: text for text in wordings(version, language)}
    typed = {each.kind: dict(each.wording).get(language, "") for each in design.questions}
    typed |= {
        reason_name(option["key"]): option["wording"].get(language, "")
        for each in design.questions
        for option in each.options
    }
    return {name: replace(text, own=typed.get(name, text.own)) for name, text in texts.items()}


def _row(kind: str, design: Design, texts: dict[str, Wording], *, is_asked: bool) -> Row:
    question = design.question(kind)
    options = question.options if question else ()
    reasons = [(dict(each), texts[name]) for each in options if (name := reason_name(each["key"])) in texts]
    label, words = str(Question.Kind(kind).label), str(KIND_WORDS[kind])
    return Row(kind, label, words, is_asked, texts.get(kind), reasons)
