"""Sources of inbound data: who sends, how they do, and setting one up without a manual."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from surveys.engine.source_mapping import (
    MAIN_FIELDS,
    as_typed,
    field_names,
    from_typed,
    is_monitor,
    preset_paths,
)
from surveys.engine.values import MappingError
from surveys.models import BusinessService, IntakeSource, ServiceAlias
from surveys.selectors.sources import light_of, sources_with_state
from surveys.services.preview_source import Preview, preview_source
from surveys.services.sources import (
    change_mapping,
    create_source,
    name_service,
    renew_secret,
    switch_source,
)
from surveys.staff.source_guides import BY_KEY, GUIDES
from xla_service.access import open_to, setting_up, signed_in
from xla_service.navigation import Section, declare_page

declare_page(
    "sources",
    gettext_lazy("Sources"),
    Section.DATA,
    rule=setting_up,
    pages=["source", "source-new", "source-preview"],
    order=20,
)
# A secret that was just made waits here for the one page that shows it.
_SECRETS = "new_source_secrets"
_LONGEST_SAMPLE = 200_000


class NewSourceForm(forms.Form):
    """Which system, and what people call it."""

    system = forms.ChoiceField(choices=[(guide.key, guide.name) for guide in GUIDES])
    name = forms.CharField(
        max_length=120, error_messages={"required": gettext_lazy("Give it a name, such as Service desk.")}
    )


class AliasForm(forms.Form):
    """What the source says, and what it means."""

    name = forms.CharField(max_length=200)
    service = forms.ModelChoiceField(BusinessService.objects.all(), to_field_name="key")


@open_to(setting_up)
@require_safe
def sources(request: HttpRequest) -> HttpResponse:
    """List the sources with their state."""
    now = timezone.now()
    rows = [
        (source, light_of(source, now=now), BY_KEY.get(source.preset))
        for source in sources_with_state(now=now)
    ]
    return render(request, "surveys/staff/sources.html", {"rows": rows})


@open_to(setting_up)
@require_http_methods(["GET", "POST"])
def source_new(request: HttpRequest) -> HttpResponse:
    """Choose the system and name the source; POST makes it and leads to how it is set up."""
    form = NewSourceForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        made = create_source(
            name=given["name"], preset=given["system"], by=signed_in(request), now=timezone.now()
        )
        _show_once(request, made.key, made.secret)
        return redirect("source", key=made.key)
    context = {"form": form, "guides": GUIDES, "chosen": form["system"].value() or "servicenow"}
    return render(request, "surveys/staff/source_new.html", context, status=422 if form.errors else 200)


@open_to(setting_up)
@never_cache
@require_http_methods(["GET", "POST"])
def source(request: HttpRequest, key: str) -> HttpResponse:
    """Show how the source is set up and mapped; POST keeps the mapping."""
    found = get_object_or_404(_with_state(), key=key)
    if request.method == "GET":
        sample = _sample(found, request.GET.get("event", ""))
        return _page(request, found, as_typed(found.mapping or {}), sample)
    typed, sample = _typed(request, found), request.POST.get("sample", "")[:_LONGEST_SAMPLE]
    try:
        is_changed = change_mapping(found, from_typed(typed), by=signed_in(request), now=timezone.now())
    except MappingError as error:
        return _page(request, found, typed, sample, problem=str(error), status=422)
    messages.success(request, _("The mapping is kept.") if is_changed else _("Nothing was changed."))
    if is_changed and found.failed:
        messages.info(request, _("What waits can be applied again under Inbound."))
    return redirect("source", key=key)


@open_to(setting_up)
@require_POST
def source_preview(request: HttpRequest, key: str) -> HttpResponse:
    """Show what would be made of a body: the part alone for htmx, else the page."""
    found = get_object_or_404(_with_state(), key=key)
    typed, sample = _typed(request, found), request.POST.get("sample", "")[:_LONGEST_SAMPLE]
    if not request.htmx:  # type: ignore[attr-defined]
        return _page(request, found, typed, sample)
    context = {"source": found, "preview": _preview(found, typed, sample), "services": _services()}
    return render(request, "surveys/staff/source_preview.html", context)


@open_to(setting_up)
@require_POST
def source_secret(request: HttpRequest, key: str) -> HttpResponse:
    """Make a new secret and show it once."""
    found = get_object_or_404(IntakeSource, key=key)
    _show_once(request, key, renew_secret(found, by=signed_in(request), now=timezone.now()))
    messages.success(request, _("The old secret works no more. Put the new one into the system that sends."))
    return redirect("source", key=key)


@open_to(setting_up)
@require_POST
def source_switch(request: HttpRequest, key: str) -> HttpResponse:
    """Switch a source off, or on again."""
    found = get_object_or_404(IntakeSource, key=key)
    is_active = "on" in request.POST
    switch_source(found, is_active=is_active, by=signed_in(request), now=timezone.now())
    said = _("%(name)s is on.") if is_active else _("%(name)s is off: what it sends is refused.")
    messages.success(request, said % {"name": found.name})
    return redirect("source", key=key)


@open_to(setting_up)
@require_POST
def source_alias(request: HttpRequest, key: str) -> HttpResponse:
    """Note what a source calls a service."""
    found, form = get_object_or_404(IntakeSource, key=key), AliasForm(request.POST)
    if form.is_valid():
        name_service(found, **form.cleaned_data, by=signed_in(request), now=timezone.now())
        messages.success(request, _("%(name)s means %(service)s from now on.") % form.cleaned_data)
        if found.events.needing_attention().exists():
            messages.info(request, _("What waits can be applied again under Inbound."))
    else:
        messages.error(request, _("Choose the service that is meant."))
    return redirect("source", key=key)


def _with_state() -> QuerySet[IntakeSource]:
    return sources_with_state(now=timezone.now())


def _show_once(request: HttpRequest, key: str, secret: str) -> None:
    request.session[_SECRETS] = {**request.session.get(_SECRETS, {}), key: secret}


def _taken_secret(request: HttpRequest, key: str) -> str:
    waiting = dict(request.session.get(_SECRETS, {}))
    secret: str = waiting.pop(key, "")
    if secret:
        request.session[_SECRETS] = waiting
    return secret


def _typed(request: HttpRequest, source: IntakeSource) -> dict[str, str]:
    names = ("items", *field_names(source.preset), "time_zone", "states")
    return {name: request.POST.get(f"map.{name}", "")[:1000] for name in names}


def _sample(source: IntakeSource, event: str) -> str:
    """Return the body of an event, else the newest that came, else the example of the system."""
    events = source.events.order_by("-received_at", "-pk")
    wanted = events.filter(pk=event) if event.isdecimal() else events
    newest = wanted.values_list("body", flat=True).first()
    if newest is None:
        guide = BY_KEY.get(source.preset)
        return guide.example if guide else ""
    try:
        return json.dumps(json.loads(newest), indent=2, ensure_ascii=False)[:_LONGEST_SAMPLE]
    except (ValueError, RecursionError):
        return newest[:_LONGEST_SAMPLE]


def _preview(source: IntakeSource, typed: dict[str, str], sample: str) -> Preview:
    try:
        mapping = from_typed(typed)
    except MappingError as error:
        return Preview(complaint=str(error))
    return preview_source(
        source=source.key, preset=source.preset, mapping=mapping, sample=sample, now=timezone.now()
    )


def _services() -> QuerySet[BusinessService]:
    return BusinessService.objects.live().order_by("name")


def _page(
    request: HttpRequest,
    source: IntakeSource,
    typed: dict[str, str],
    sample: str,
    *,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    context = {
        "source": source,
        "light": light_of(source, now=timezone.now()),
        "guide": BY_KEY.get(source.preset),
        "address": settings.PUBLIC_URL + reverse("intake", args=[source.key]),
        "secret": _taken_secret(request, source.key),
        "sample": sample,
        "has_events": source.newest is not None,  # type: ignore[attr-defined]  # annotated
        "preview": _preview(source, typed, sample),
        "aliases": ServiceAlias.objects.filter(source=source.key).select_related("service").order_by("name"),
        "services": _services(),
        "problem": problem,
        **_mapping(source, typed),
    }
    return render(request, "surveys/staff/source.html", context, status=status)


def _mapping(source: IntakeSource, typed: dict[str, str]) -> dict[str, Any]:
    """Return each field with the expression of the preset and the one typed over it, the main ones apart."""
    preset, names = preset_paths(source.preset), field_names(source.preset)
    main = names if is_monitor(source.preset) else MAIN_FIELDS
    rows = {name: (name, preset.get(name, ""), typed.get(name, "")) for name in names}
    return {
        "items": ("items", preset["items"], typed.get("items", "")),
        "main_rows": [rows[name] for name in names if name in main],
        "more_rows": [rows[name] for name in names if name not in main],
        "states": typed.get("states", ""),
        "time_zone": typed.get("time_zone", ""),
        "is_monitor": is_monitor(source.preset),
    }
