"""The set-up guide: services, tickets, a survey, an agreement, and what there is to see then.

Each step says what is done, can be skipped and taken up later: how far one is stands in the data alone.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from experience.agreement_form import written
from experience.engine.defaults import DEFAULTS
from experience.forms import AdoptForm, ServicesForm, TicketFileForm
from experience.models import Indicator
from experience.selectors.set_up import (
    asking_surveys,
    sample_services,
    set_up,
    unagreed_services,
    unasked_services,
)
from experience.services.agreement_problems import AgreementError
from experience.services.agreement_templates import (
    TEMPLATES,
    Template,
    adopt_template,
    free_agreement_key,
    template_terms,
)
from experience.services.agreements import write_draft
from experience.services.library import declared_indicators, install_indicators
from experience.services.slas import SlaPromise, agree_slas
from experience.views.setup_steps import steps_of
from experience.words import STREAM_WORDS, indicator_words, problem_words
from surveys.engine.field_paths import column_name
from surveys.engine.values import storable
from surveys.models import BusinessService, Job, Survey
from surveys.rejections import told_reasons
from surveys.services.catalogue import (
    CatalogueError,
    NewService,
    ask_with,
    create_services,
    services_of_file,
    services_of_names,
)
from surveys.services.csv_tables import MEGABYTE, TableError, check_unpacked, word_read_as_windows
from surveys.services.default_survey import NAME, create_default_survey
from surveys.services.jobs import JobRefusedError, start_job
from surveys.services.upload_tickets import ImportWishes, start_ticket_import
from surveys.wakeups import DECIDE_SWEEP, EVIDENCE_SWEEP, JOB_SWEEP, wake
from xla_service.access import open_to, setting_up, signed_in
from xla_service.moments import organisation_day
from xla_service.navigation import Section, declare_page, page_of

declare_page(
    "setup",
    "Set-up guide",
    Section.ADMINISTRATION,
    rule=setting_up,
    pages=["setup-services", "setup-tickets", "setup-survey", "setup-agreement", "setup-result"],
    order=90,
)
BASELINE_DAYS = 91
NAMES_TOLD = 5
MOST_CATALOGUE_BYTES = 5 * MEGABYTE


def _page(request: HttpRequest, name: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    found = set_up()
    steps = steps_of(found)
    current = request.resolver_match.url_name if request.resolver_match else ""
    places = [step.url_name for step in steps]
    after = steps[places.index(current) + 1] if current in places[:-1] else None
    shown = {
        "steps": steps,
        "current": current,
        "step_number": places.index(current) + 1 if current in places else 0,
        "next": after,
        "is_done_here": any(step.url_name == current and step.state == "done" for step in steps),
        "found": found,
        "open_step": next((step for step in steps if step.state != "done"), steps[-1]),
    }
    return render(request, f"experience/setup/{name}.html", shown | context, status=status)


@open_to(setting_up)
@require_safe
def setup(request: HttpRequest) -> HttpResponse:
    """Show the steps with what is done of each, and where to go on; below, the sample data."""
    jobs = Job.objects.filter(kind__in=[Job.Kind.SAMPLE_LOAD, Job.Kind.SAMPLE_REMOVAL])
    sample = sample_services()
    context = {
        "sample": [service for service in sample if service.lifecycle == service.Lifecycle.LIVE],
        "is_demo": set_up().has_sample and not sample,
        "job": jobs.order_by("-created_at", "-pk").first(),
    }
    return _page(request, "overview", context)


@open_to(setting_up)
@require_POST
def setup_sample(request: HttpRequest) -> HttpResponse:
    """Start loading the sample data, or removing it once that was confirmed."""
    kind = Job.Kind.SAMPLE_REMOVAL if "remove" in request.POST else Job.Kind.SAMPLE_LOAD
    if kind == Job.Kind.SAMPLE_REMOVAL and "sure" not in request.POST:
        messages.error(request, _("Nothing was removed: tick that you are sure, then remove it."))
        return redirect("setup")
    other = Job.objects.unfinished().filter(kind__in=[Job.Kind.SAMPLE_LOAD, Job.Kind.SAMPLE_REMOVAL])
    try:
        if other.exists():
            raise JobRefusedError(_("Sample data is being loaded or removed. Wait until that is done."))
        start_job(kind, by=signed_in(request), now=timezone.now())
    except JobRefusedError as error:
        messages.error(request, told_reasons(str(error)))
    else:
        wake(JOB_SWEEP)
    return redirect("setup")


@open_to(setting_up)
@require_http_methods(["GET", "HEAD", "POST"])
def setup_services(request: HttpRequest) -> HttpResponse:
    """Create services from names, one per line, or from a CSV file; all or nothing."""
    form = ServicesForm(request.POST or None, request.FILES or None)
    problems: list[str] = []
    if request.method == "POST" and form.is_valid():
        try:
            return _created(request, _wanted(request, form))
        except CatalogueError as error:
            problems = error.problems
        except TableError as error:
            problems = [told_reasons(str(error))]
    there = BusinessService.objects.filter(is_sample=False).select_related("owner")
    context = {"form": form, "problems": problems, "services": there}
    return _page(request, "services", context, status=422 if problems or form.errors else 200)


def _wanted(request: HttpRequest, form: ServicesForm) -> list[NewService]:
    file: UploadedFile | None = form.cleaned_data["file"]
    if file is None:
        return services_of_names(form.cleaned_data["names"])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "services.csv"
        with path.open("wb") as copy:
            copy.writelines(file.chunks())
        check_unpacked(path, most_bytes=MOST_CATALOGUE_BYTES)
        wanted = services_of_file(path)
        if word := word_read_as_windows(path):
            said = _(
                "The file is not in UTF-8 and was read as Windows-1252: “%(word)s”. If these letters are "
                "wrong, "
                "save it as “CSV UTF-8” and import that."
            )
            messages.warning(request, said % {"word": word})
        return wanted


def _created(request: HttpRequest, wanted: list[NewService]) -> HttpResponse:
    done = create_services(wanted, by=signed_in(request), now=timezone.now())
    count = len(done.services)
    if count:
        words = ngettext("%(n)d service is created.", "%(n)d services are created.", count) % {"n": count}
        messages.success(request, words)
    if done.known:
        named = ", ".join(done.known[:NAMES_TOLD])
        messages.info(request, _("Already there, left as they are: %(names)s.") % {"names": named})
    return redirect("setup-services")


@open_to(setting_up)
@require_http_methods(["GET", "HEAD", "POST"])
def setup_tickets(request: HttpRequest) -> HttpResponse:
    """Take a ticket file, and show how far its import is; or lead to the sources."""
    form = TicketFileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            _start_import(request, form)
        except JobRefusedError as error:
            form.add_error("file", told_reasons(str(error)))
        else:
            wake(JOB_SWEEP)
            return redirect("setup-tickets")
    context = {
        "form": form,
        "job": Job.objects.filter(kind=Job.Kind.TICKET_IMPORT).order_by("-created_at", "-pk").first(),
        "sources_url": reverse("sources" if page_of("sources") else "inbound"),
        "public_url": settings.PUBLIC_URL,
    }
    return _page(request, "tickets", context, status=422 if form.errors else 200)


def _start_import(request: HttpRequest, form: TicketFileForm) -> Job:
    typed = form.cleaned_data
    wishes = ImportWishes(
        name=typed["file"].name or "",
        source=typed["source"],
        preset=typed["preset"],
        service_column=column_name(typed["service_column"]),
        creates_services=typed["creates_services"],
    )
    return start_ticket_import(
        typed["file"].chunks(),
        wishes,
        by=signed_in(request),
        now=timezone.now(),
    )


@open_to(setting_up)
@require_http_methods(["GET", "HEAD", "POST"])
def setup_survey(request: HttpRequest) -> HttpResponse:
    """Choose what people are asked about which services; without any survey, the usual one is made."""
    if request.method == "POST":
        survey = _chosen_survey(request)
        keys = [storable(key) for key in request.POST.getlist("services")]
        chosen = BusinessService.objects.live().filter(key__in=keys)
        count = ask_with(survey, chosen, by=signed_in(request), now=timezone.now())
        wake(DECIDE_SWEEP)
        words = ngettext(
            "%(n)d service is asked about with “%(survey)s” from now on.",
            "%(n)d services are asked about with “%(survey)s” from now on.",
            count,
        )
        messages.success(request, words % {"n": count, "survey": survey.name})
        return redirect("setup-survey")
    context = {
        "surveys": asking_surveys().filter(services__is_sample=False)
        | asking_surveys().filter(services=None),
        "unasked": unasked_services(),
        "asked": BusinessService.objects.live()
        .filter(is_sample=False, survey__isnull=False)
        .select_related("survey"),
    }
    return _page(request, "survey", context)


def _chosen_survey(request: HttpRequest) -> Survey:
    key = storable(request.POST.get("survey", ""))
    if not key:
        return create_default_survey(now=timezone.now(), name=_(NAME)).survey
    return get_object_or_404(asking_surveys(), key=key)


@open_to(setting_up)
@require_http_methods(["GET", "HEAD", "POST"])
def setup_agreement(request: HttpRequest) -> HttpResponse:
    """Choose a template for some services: publish it, or open it as a draft in the editor."""
    form = AdoptForm(request.POST or None, services=unagreed_services())
    problems: list[str] = []
    if request.method == "POST" and form.is_valid():
        try:
            return _adopted(request, form)
        except AgreementError as error:
            problems = [problem_words(problem) for problem in error.problems]
    library = declared_indicators()
    context = {
        "form": form,
        "problems": problems,
        "templates": [_shown(template, library) for template in TEMPLATES],
        "chosen": request.POST.get("template", ""),
    }
    return _page(request, "agreement", context, status=422 if problems or form.errors else 200)


def _shown(template: Template, library: Mapping[str, Indicator]) -> dict[str, Any]:
    """Return a template as its card shows it."""
    lines = [
        {
            "name": indicator_words(library[line.key].name),
            "target": written(library[line.key], line.target),
            "is_least": library[line.key].higher_is_better,
            "weight": line.weight,
            "reason": line.reason,
        }
        for line in template.lines
    ]
    streams = [(STREAM_WORDS[stream], weight) for stream, weight in template.streams]
    return {"template": template, "lines": lines, "streams": streams}


def _adopted(request: HttpRequest, form: AdoptForm) -> HttpResponse:
    typed, template, today = form.cleaned_data, form.cleaned_data["template"], organisation_day()
    first = today.replace(day=1)  # so that the month is judged as a whole
    terms = template_terms(
        template,
        key=free_agreement_key(template.key),
        name=typed["name"] or str(template.name),
        services=[service.key for service in typed["services"]],
        valid_from=first,
        baseline_until=today + timedelta(days=BASELINE_DAYS) if typed["is_baseline"] else None,
    )
    if "draft" in request.POST:
        install_indicators()
        draft = write_draft(terms, by=signed_in(request))
        _promise(request, typed, first)
        return redirect("agreement-edit", key=draft.agreement.key)
    adopt_template(terms, by=signed_in(request), now=timezone.now())
    _promise(request, typed, first)
    wake(EVIDENCE_SWEEP)
    messages.success(
        request, _("Published: %(name)s. Its first results are being computed.") % {"name": terms.name}
    )
    return redirect("setup-result" if not unagreed_services().exists() else "setup-agreement")


def _promise(request: HttpRequest, typed: Mapping[str, Any], first: date) -> None:
    """Write the SLA down that stands beside the agreement, where one was typed."""
    if typed["sla_share"] is not None:
        promise = SlaPromise(target_share=typed["sla_share"], valid_from=first)
        agree_slas(typed["services"], promise, by=signed_in(request), now=timezone.now())


@open_to(setting_up)
@require_safe
def setup_result(request: HttpRequest) -> HttpResponse:
    """Show what works, what is still waited for, and when it will be there."""
    context = {
        "minimum": settings.PRIVACY_MINIMUM,
        "judged_from": int(DEFAULTS.least_n_for_flag),
        "delay_hours": _delay_hours(),
        "directory_url": reverse("people"),
        "now": timezone.now(),
    }
    return _page(request, "result", context)


def _delay_hours() -> float | None:
    """Return the shortest survey delay among the rules in force; None without a rule."""
    rules = [rule.delay_minutes for survey in asking_surveys() for rule in [survey.rules.latest("number")]]
    return min(rules) / 60 if rules else None
