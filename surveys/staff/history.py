"""What became of asking one person: each resolved ticket, whether they were asked, whether they answered.

Never what they answered: a confidential answer stays without a name.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from surveys.models import OptOut, Person
from surveys.selectors.why_asked import explained, history_of
from xla_service.access import open_to, setting_up
from xla_service.paging import one_page

PER_PAGE = 25


@require_safe
@open_to(setting_up)
def person_history(request: HttpRequest, key: int) -> HttpResponse:
    """Show the history of one person, the newest resolution first."""
    person = get_object_or_404(Person, pk=key, erased_at=None)
    page = one_page(request, history_of(request.user, person), size=PER_PAGE)
    context = {
        "person": person,
        "page": page,
        "found": explained(page.object_list),
        "opt_outs": OptOut.objects.filter(person=person).select_related("survey").order_by("opted_out_at"),
    }
    return render(request, "surveys/staff/person.html", context)
