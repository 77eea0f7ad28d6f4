"""The directory: look people up, import them, settle proposed exclusions, export and erase."""

from __future__ import annotations

import tempfile
from pathlib import Path

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from surveys.engine.values import storable
from surveys.models import ExclusionProposal, Person
from surveys.rejections import told_reasons
from surveys.services.csv_tables import MEGABYTE, TableError, check_unpacked
from surveys.services.erase_person import ErasedError, erase_person
from surveys.services.exclusions import settle_proposal
from surveys.services.export_person import export_person
from surveys.services.import_people import PeopleImport, import_people
from xla_service.access import administering, open_to, setting_up, signed_in
from xla_service.navigation import Section, declare_page
from xla_service.paging import PER_PAGE, one_page

declare_page(
    "people",
    gettext_lazy("People"),
    Section.ASKING,
    rule=setting_up,
    pages=["people-import", "person-history"],
    order=30,
)

MOST_BYTES = 20 * MEGABYTE


class ImportForm(forms.Form):
    """A CSV file, and whether to write."""

    file = forms.FileField(label=gettext_lazy("CSV file"))
    dry_run = forms.BooleanField(label=gettext_lazy("Only check it, write nothing"), required=False)

    def clean_file(self) -> UploadedFile:
        """Refuse a file that would take too long for a page."""
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > MOST_BYTES:
            raise forms.ValidationError(_("It is larger than 20 MB. Use manage.py import_people for it."))
        return file


@require_safe
@open_to(setting_up)
def people(request: HttpRequest) -> HttpResponse:
    """Show who is proposed for exclusion, and the people that match what was searched."""
    return render(request, "surveys/staff/people.html", _context(request) | {"form": ImportForm()})


@require_POST
@open_to(setting_up)
def people_import(request: HttpRequest) -> HttpResponse:
    """Import people from an uploaded file and name every row that was rejected."""
    form = ImportForm(request.POST, request.FILES)
    context = _context(request) | {"form": form}
    if form.is_valid():
        try:
            context["done"] = _imported(form.cleaned_data["file"], form.cleaned_data["dry_run"])
            context["was_dry_run"] = form.cleaned_data["dry_run"]
        except TableError as error:
            form.add_error("file", told_reasons(str(error)))
    return render(request, "surveys/staff/people.html", context, status=400 if form.errors else 200)


def _imported(file: UploadedFile, dry_run: bool) -> PeopleImport:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "people.csv"
        with path.open("wb") as copy:
            copy.writelines(file.chunks())
        check_unpacked(path, most_bytes=MOST_BYTES)
        return import_people(path, dry_run=dry_run)


def _context(request: HttpRequest) -> dict[str, object]:
    wanted = storable(request.GET.get("q", ""))
    found = Person.objects.filter(erased_at=None).order_by("name", "pk")
    if wanted:
        found = found.filter(Q(email__iexact=wanted) | Q(external_id=wanted) | Q(name__icontains=wanted))
    proposals = ExclusionProposal.objects.filter(state=ExclusionProposal.State.PROPOSED)
    return {
        "wanted": wanted,
        "page": one_page(request, found) if wanted else None,
        "proposals": proposals.select_related("person").order_by("-ticket_count")[:PER_PAGE],
        "may_erase": administering(request.user),
    }


@require_POST
@open_to(setting_up)
def proposal_settle(request: HttpRequest, key: int) -> HttpResponse:
    """Leave a proposed account out, or keep it as a person."""
    proposal = get_object_or_404(ExclusionProposal, pk=key)
    is_accepted = "accept" in request.POST
    settled = settle_proposal(
        proposal,
        is_accepted=is_accepted,
        by=signed_in(request),
        now=timezone.now(),
    )
    if not settled:
        messages.error(request, _("Somebody settled this in the meantime."))
    elif is_accepted:
        messages.success(request, _("%(person)s is asked no more.") % {"person": proposal.person})
    else:
        said = _("%(person)s is a person and goes on being asked.")
        messages.success(request, said % {"person": proposal.person})
    return redirect("people")


@require_safe
@open_to(administering)
def person_download(request: HttpRequest, key: int) -> HttpResponse:
    """Download everything that is stored about a person."""
    person = get_object_or_404(Person, pk=key)
    reader = signed_in(request)
    found = export_person(person, by=reader, now=timezone.now())
    response = JsonResponse(found, json_dumps_params={"indent": 2, "ensure_ascii": False})
    response["Content-Disposition"] = f'attachment; filename="person-{person.pk}.json"'
    response["Cache-Control"] = "no-store"
    return response


@require_POST
@open_to(administering)
def person_erase(request: HttpRequest, key: int) -> HttpResponse:
    """Erase a person after their address or id was written once more."""
    person = get_object_or_404(Person, pk=key)
    written = request.POST.get("confirm", "").strip()
    if not written or written.lower() not in (person.email.lower(), person.external_id.lower()):
        said = _("Nothing was erased: write the person's address or id to confirm.")
        messages.error(request, said)
        return redirect("people")
    try:
        pseudonym = erase_person(
            person,
            now=timezone.now(),
            by=signed_in(request),
        )
    except ErasedError as error:
        messages.error(request, str(error))
    else:
        said = _("Erased. The counts go on under %(pseudonym)s.")
        messages.success(request, said % {"pseudonym": pseudonym})
    return redirect("people")
