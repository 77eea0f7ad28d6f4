"""Surveys: the list, a new one, and the versions of one; the designer is beside it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from surveys.engine.values import storable
from surveys.engine.wording import WORDS
from surveys.models import Question, Survey
from surveys.row_keys import row_key
from surveys.selectors.design_differences import differences
from surveys.selectors.designs import design_of
from surveys.selectors.translations import missing_in
from surveys.services.survey_design import DesignError, create_survey, take_back
from xla_service.access import open_to, setting_up, signed_in
from xla_service.navigation import Section, declare_page

declare_page(
    "surveys",
    gettext_lazy("Surveys"),
    Section.ASKING,
    rule=setting_up,
    pages=["survey-design", "survey-versions", "survey-new"],
    order=15,
)


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
    complete = [words for words in WORDS.values() if shown and missing_in(shown, words.code) == 0]
    return {
        "survey": survey,
        "published": published,
        "draft": draft,
        "questions": labels,
        "complete": len(complete),
        "languages": len(WORDS),
    }


@open_to(setting_up)
@require_http_methods(["GET", "HEAD", "POST"])
def new_survey(request: HttpRequest) -> HttpResponse:
    """Begin a survey from the usual questions; nobody is asked with it before it is published."""
    name, error = storable(request.POST.get("name", "")), ""
    if request.method == "POST":
        try:
            made = create_survey(name, by=signed_in(request), now=timezone.now())
        except DesignError as refused:
            error = str(refused)
        else:
            return redirect("survey-design", key=made.key)
    context = {"name": name, "error": error}
    return render(request, "surveys/staff/survey_new.html", context, status=422 if error else 200)


@open_to(setting_up)
@require_http_methods(["GET", "HEAD", "POST"])
def survey_versions(request: HttpRequest, key: str) -> HttpResponse:
    """Show every version, newest first, with how it differs from the one before; a POST takes one back."""
    survey = get_object_or_404(Survey, key=key)
    if request.method == "POST":
        return _taken_back(request, survey)
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


def _taken_back(request: HttpRequest, survey: Survey) -> HttpResponse:
    version = get_object_or_404(survey.versions, number=row_key(request.POST.get("number", "")))
    try:
        take_back(version, by=signed_in(request), now=timezone.now())
    except DesignError as error:
        messages.error(request, str(error))
        return redirect("survey-versions", key=survey.key)
    messages.success(request, _("Taken back: it is a draft again, and the version before is asked."))
    return redirect("survey-design", key=survey.key)
