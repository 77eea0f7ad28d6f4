"""The survey designer: the list, one survey with its live preview, its versions, and a trial to oneself."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.contrib.staticfiles import finders
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from surveys.engine.mapping import storable
from surveys.engine.scales import Band
from surveys.engine.wording import DEFAULT_LANGUAGE, WORDS, Words
from surveys.forms import AnswerForm
from surveys.models import Question, Survey, SurveyVersion
from surveys.public_pages import answer_context, page
from surveys.row_keys import row_key
from surveys.selectors.translations import Wording, wordings
from surveys.services.survey_design import (
    MOST_OPEN_DAYS,
    Design,
    DesignError,
    create_survey,
    design_of,
    differences,
    discard_draft,
    publish_draft,
    save_design,
    take_back,
)
from surveys.services.trial_mail import send_trial, trial_parts
from surveys.staff.design_form import LONGEST, NEW_REASONS, read_design
from surveys.trials import trial_page
from surveys.wakeups import MAIL_SWEEP, wake
from xla_service.access import open_to, setting_up
from xla_service.navigation import Section, declare_page

declare_page(
    "surveys",
    gettext_lazy("Surveys"),
    Section.ASKING,
    rule=setting_up,
    pages=["survey-design", "survey-versions", "survey-new"],
    order=15,
)
# The preview is our own page in a frame of our own page: it runs nothing and sends nothing.
PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; frame-ancestors 'self'; base-uri 'none'; "
    "form-action 'none'; sandbox"
)
MAIL_POLICY = PAGE_POLICY.replace("style-src 'self'", "style-src 'unsafe-inline'")
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
CHOICES = {"show": ("page", "mail"), "size": ("phone", "desktop"), "scheme": ("light", "dark")}


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
@require_safe
def survey_list(request: HttpRequest) -> HttpResponse:
    """List the surveys: what is asked now, about how many services, in how many languages, and drafts."""
    found = Survey.objects.annotate(
        service_count=Count("services", filter=Q(services__lifecycle="live"), distinct=True)
    ).order_by("name")
    return render(request, "surveys/staff/surveys.html", {"rows": [_line(survey) for survey in found]})


def _line(survey: Survey) -> dict[str, Any]:
    published, draft = survey.published_version(), survey.draft()
    shown = published or draft
    labels = [Question.Kind(row.kind).label for row in shown.questions.all()] if shown else []
    complete = [words for words in WORDS.values() if shown and _missing(shown, words.code) == 0]
    return {
        "survey": survey,
        "published": published,
        "draft": draft,
        "questions": labels,
        "complete": len(complete),
        "languages": len(WORDS),
    }


def _missing(version: SurveyVersion, code: str) -> int:
    return sum(not text.is_complete for text in wordings(version, code))


@open_to(setting_up)
@require_http_methods(["GET", "HEAD", "POST"])
def new_survey(request: HttpRequest) -> HttpResponse:
    """Begin a survey from the usual questions; nobody is asked with it before it is published."""
    name, error = storable(request.POST.get("name", "")), ""
    if request.method == "POST":
        try:
            made = create_survey(name, by=request.user, now=timezone.now())  # type: ignore[arg-type]
        except DesignError as refused:
            error = str(refused)
        else:
            return redirect("survey-design", key=made.key)
    context = {"name": name, "error": error}
    return render(request, "surveys/staff/survey_new.html", context, status=422 if error else 200)


# --- the designer -------------------------------------------------------------------------------------------


@open_to(setting_up)
@require_http_methods(["GET", "HEAD", "POST"])
def survey_design(request: HttpRequest, key: str) -> HttpResponse:
    """Design a survey in one language at a time. A POST saves the draft, and does what its button says."""
    survey = get_object_or_404(Survey, key=key)
    language = _language(request)
    version = survey.worked_on()
    if version is None:
        raise Http404
    if request.method != "POST":
        return _designer(request, survey, version, design_of(version), [])
    if "discard" in request.POST:
        return _discarded(request, survey)
    typed = _typed(request, survey, version, language)
    try:
        _rename(survey, request.POST.get("name", ""))
        save_design(survey, typed)
        return _after_saving(request, survey, language)
    except DesignError as error:
        return _designer(request, survey, version, typed, error.problems)


def _typed(request: HttpRequest, survey: Survey, version: SurveyVersion, language: str) -> Design:
    """Return the design that the form says. What is only watched adds no reason: it is still being typed."""
    published = survey.published_version()
    return read_design(
        design_of(version),
        request.POST,
        language,
        published=design_of(published) if published else None,
        adds_reasons=not request.htmx,  # type: ignore[attr-defined]
    )


def _language(request: HttpRequest) -> str:
    code = request.POST.get("lang") or request.GET.get("lang") or DEFAULT_LANGUAGE
    return code if code in WORDS else DEFAULT_LANGUAGE


def _rename(survey: Survey, name: str) -> None:
    words = " ".join(storable(name).split())[:120]
    if words and words != survey.name:
        survey.name = words
        survey.save(update_fields=["name"])


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
    if send_trial(version, language, to=request.user, now=timezone.now()):  # type: ignore[arg-type]
        wake(MAIL_SWEEP)
        words = _("A test goes to %(address)s. Answer it as you like; nothing counts.")
        messages.success(request, words % {"address": request.user.email})  # type: ignore[union-attr]
    else:
        messages.error(request, _("Your account has no e-mail address, so there is nowhere to send a test."))


def _publish(request: HttpRequest, survey: Survey) -> None:
    note = storable(request.POST.get("note", ""))
    try:
        version = publish_draft(survey, note=note, by=request.user, now=timezone.now())  # type: ignore[arg-type]
    except DesignError as error:
        messages.error(request, str(error))
        return
    words = _("Version %(number)d is published; new invitations ask it. Until somebody was, you can undo it.")
    messages.success(request, words % {"number": version.number})


def _designer(
    request: HttpRequest, survey: Survey, version: SurveyVersion, design: Design, problems: list[str]
) -> HttpResponse:
    language = _language(request)
    published, draft = survey.published_version(), survey.draft()
    context = {
        "survey": survey,
        "version": version,
        "published": published,
        "draft": draft,
        "design": design,
        "problems": problems,
        "rows": _rows(version, design, language),
        "words": WORDS[language],
        "languages": [(words, _missing(version, words.code)) for words in WORDS.values()],
        "modes": [(mode.value, mode.label, MODE_WORDS[mode.value]) for mode in SurveyVersion.Mode],
        "scales": [(scale.value, scale.label) for scale in Question.Scale if scale.value],
        "bands": [(band.value, words) for band, words in BAND_WORDS.items()],
        "new_reasons": range(NEW_REASONS),
        "longest": LONGEST,
        "most_days": MOST_OPEN_DAYS,
        "changes": differences(design_of(published), design_of(draft)) if published and draft else [],
        "watching": bool(request.htmx),  # type: ignore[attr-defined]
        "stamp": int(timezone.now().timestamp() * 1000),
        **_choices(request),
    }
    name = "survey_preview" if request.htmx else "survey"  # type: ignore[attr-defined]
    return render(request, f"surveys/staff/{name}.html", context, status=422 if problems else 200)


def _choices(request: HttpRequest) -> dict[str, str]:
    """Return what the preview shows: page or mail, on a phone or a desktop, light or dark."""
    given = request.POST if request.method == "POST" else request.GET
    return {name: given[name] if given.get(name) in values else values[0] for name, values in CHOICES.items()}


def _rows(version: SurveyVersion, design: Design, language: str) -> list[Row]:
    texts = {text.name: text for text in wordings(version, language)}
    asked = [each.kind for each in design.questions]
    others = [kind for kind in Question.Kind.values if kind not in asked]
    return [_row(kind, design, texts, is_asked=kind in asked) for kind in [*asked, *others]]


def _row(kind: str, design: Design, texts: dict[str, Wording], *, is_asked: bool) -> Row:
    question = design.question(kind)
    options = question.options if question else ()
    reasons = [(dict(each), texts[name]) for each in options if (name := f"reason-{each['key']}") in texts]
    label, words = str(Question.Kind(kind).label), str(KIND_WORDS[kind])
    return Row(kind, label, words, is_asked, texts.get(kind), reasons)


# --- what people would get ----------------------------------------------------------------------------------


@open_to(setting_up)
@require_safe
def survey_preview(request: HttpRequest, key: str, kind: str) -> HttpResponse:
    """Show the mail or the answer page as people would get it, for the frame of the designer."""
    survey = get_object_or_404(Survey, key=key)
    version = _wanted_version(survey, request.GET.get("version", ""))
    language = _language(request)
    if kind == "mail":
        html = trial_parts(version, language, now=timezone.now()).html
        response = HttpResponse(_in_scheme(html, _choices(request)["scheme"]))
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
        style = reverse("survey-preview-style", args=[_choices(request)["scheme"]])
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


# --- versions -----------------------------------------------------------------------------------------------


@open_to(setting_up)
@require_http_methods(["GET", "HEAD", "POST"])
def survey_versions(request: HttpRequest, key: str) -> HttpResponse:
    """Show every version, newest first, with how it differs from the one before; a POST takes one back."""
    survey = get_object_or_404(Survey, key=key)
    if request.method == "POST":
        version = get_object_or_404(survey.versions, number=row_key(request.POST.get("number", "")))
        try:
            take_back(version, by=request.user, now=timezone.now())  # type: ignore[arg-type]
        except DesignError as error:
            messages.error(request, str(error))
            return redirect("survey-versions", key=key)
        messages.success(request, _("Taken back: it is a draft again, and the version before is asked."))
        return redirect("survey-design", key=key)
    versions = survey.versions.published().select_related("published_by")
    found = list(versions.annotate(invited=Count("invitations")))
    designs = [design_of(version) for version in found]
    changes = [[], *(differences(old, new) for old, new in zip(designs, designs[1:], strict=False))]
    context = {
        "survey": survey,
        "rows": list(zip(found, changes, strict=False))[::-1],
        "draft": survey.draft(),
    }
    return render(request, "surveys/staff/survey_versions.html", context)
