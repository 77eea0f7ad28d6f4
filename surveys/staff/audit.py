"""The audit page of the scanner rule: every answer that was set apart, why, and a way to put it right."""

from __future__ import annotations

from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy, ngettext_lazy
from django.views.decorators.http import require_http_methods

from surveys.engine.values import storable
from surveys.models import SentAnswer
from surveys.row_keys import row_keys
from surveys.selectors.suspicious import SHOWN, domain_rates, sent_answers
from surveys.services.audit_answers import decide_by_hand
from surveys.wakeups import EVIDENCE_SWEEP, wake
from xla_service.access import open_to, setting_up, signed_in
from xla_service.navigation import Section, declare_page
from xla_service.paging import PER_PAGE, one_page

declare_page("answer-audit", "Mail scanners", Section.ASKING, rule=setting_up, order=60)

MOST_DOMAINS = 20
VERDICTS = {
    "restore": (
        SentAnswer.HandVerdict.RESTORED,
        ngettext_lazy(
            "%(count)s answer restored. It counts.", "%(count)s answers restored. They count.", "count"
        ),
    ),
    "exclude": (
        SentAnswer.HandVerdict.EXCLUDED,
        ngettext_lazy(
            "%(count)s answer excluded. It is kept and counts no more.",
            "%(count)s answers excluded. They are kept and count no more.",
            "count",
        ),
    ),
    "rule": (
        SentAnswer.HandVerdict.NONE,
        ngettext_lazy(
            "%(count)s answer left to the rule again.", "%(count)s answers left to the rule again.", "count"
        ),
    ),
}


class VerdictForm(forms.Form):
    """Which answers, and what to do with them."""

    answers = forms.TypedMultipleChoiceField(
        coerce=int,
        error_messages={
            "required": gettext_lazy("Tick the answers first."),
            "invalid_choice": gettext_lazy("Tick them again."),
        },
    )
    verdict = forms.ChoiceField(choices=[(name, name) for name in VERDICTS])

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        chosen = self.data.getlist("answers")[:PER_PAGE] if hasattr(self.data, "getlist") else []
        self.fields["answers"].choices = [(key, key) for key in row_keys(chosen)]  # type: ignore[attr-defined]


@open_to(setting_up)
@require_http_methods(["GET", "HEAD", "POST"])
def answer_audit(request: HttpRequest) -> HttpResponse:
    """Show the answers and the rate of each domain; a POST restores or excludes the ticked ones."""
    shown, domain = request.GET.get("show", "suspicious"), storable(request.GET.get("domain", ""))[:200]
    if request.method == "POST":
        _decide(request)
        return redirect(f"{reverse('answer-audit')}?{urlencode({'show': shown, 'domain': domain})}")
    context = {
        "page": one_page(request, sent_answers(shown, domain)),
        "shown": shown if shown in SHOWN else "suspicious",
        "choices": SHOWN.items(),
        "domain": domain,
        "domains": domain_rates(now=timezone.now())[:MOST_DOMAINS],
        "sets_apart": settings.SET_SCANNERS_APART,
    }
    return render(request, "surveys/staff/audit.html", context)


def _decide(request: HttpRequest) -> None:
    form = VerdictForm(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(error for errors in form.errors.values() for error in errors))
        return
    verdict, words = VERDICTS[form.cleaned_data["verdict"]]
    count = decide_by_hand(
        form.cleaned_data["answers"],
        verdict,
        by=signed_in(request),
        now=timezone.now(),
    )
    wake(EVIDENCE_SWEEP)
    messages.success(request, words % {"count": count})
