"""Translations: how complete each survey is per language, and the page on which one language is worded."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from surveys.engine.wording import WORDS, Words
from surveys.models import Survey, SurveyVersion
from surveys.selectors.designs import Design, design_of, has_wrong_braces, worded
from surveys.selectors.translations import Wording, wordings
from surveys.services.survey_design import save_design
from surveys.staff.design_form import LONGEST
from xla_service.access import open_to, setting_up
from xla_service.navigation import Section, declare_page

declare_page(
    "translations",
    gettext_lazy("Translations"),
    Section.ASKING,
    rule=setting_up,
    pages=["translation"],
    order=25,
)


class WordingForm(forms.Form):
    """One text per question and reason of a survey, in one language; empty takes the own wording away."""

    def __init__(self, *args: Any, texts: list[Wording], words: Words, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        attributes = {"lang": words.code, "dir": words.direction}
        for text in texts:
            self.fields[text.name] = forms.CharField(
                label=text.label,
                initial=text.own,
                max_length=LONGEST,
                required=False,
                widget=forms.TextInput(attrs=attributes),
            )

    def clean(self) -> dict[str, str]:
        """Refuse braces that the page would not fill in: the rating alone may name its {ticket}."""
        given = super().clean() or {}
        for name, text in list(given.items()):
            if has_wrong_braces(name, text):
                self.add_error(name, _("Only {ticket} may stand in braces, and only in the rating question."))
        return given


@open_to(setting_up)
@require_safe
def translations(request: HttpRequest) -> HttpResponse:
    """Show for each survey and language how many of its texts are read in that language, draft included."""
    found = [(survey, survey.worked_on()) for survey in Survey.objects.order_by("name")]
    rows = [(survey, version, _completeness(version)) for survey, version in found if version is not None]
    return render(request, "surveys/staff/translations.html", {"rows": rows})


def _completeness(version: SurveyVersion) -> list[tuple[Words, int, int]]:
    counted = []
    for words in WORDS.values():
        texts = wordings(version, words.code)
        counted.append((words, sum(text.is_complete for text in texts), len(texts)))
    return counted


@open_to(setting_up)
@require_http_methods(["GET", "HEAD", "POST"])
def translation(request: HttpRequest, survey: str, code: str) -> HttpResponse:
    """Show every text of a survey in one language and what a respondent reads; a POST saves them as draft."""
    found = get_object_or_404(Survey, key=survey)
    version = found.worked_on()
    if version is None or code not in WORDS:
        raise Http404
    texts = wordings(version, code)
    form = WordingForm(request.POST or None, texts=texts, words=WORDS[code])
    if request.method == "POST" and form.is_valid():
        _save(request, found, version, worded(design_of(version), code, form.cleaned_data))
        return redirect("translation", survey=survey, code=code)
    context = {
        "survey": found,
        "version": version,
        "words": WORDS[code],
        "languages": WORDS.values(),
        "form": form,
        "rows": [(text, form[text.name]) for text in texts],
        "complete": sum(text.is_complete for text in texts),
    }
    return render(request, "surveys/staff/translation.html", context, status=400 if form.errors else 200)


def _save(request: HttpRequest, survey: Survey, version: SurveyVersion, design: Design) -> None:
    if design == design_of(version):
        messages.info(request, _("Nothing changed."))
    elif (draft := save_design(survey, design)) is not None:
        said = _("Saved in draft %(number)d. Look at it and publish it in the designer.")
        messages.success(request, said % {"number": draft.number})
