"""Mail that was given up, bounces, and sending it again."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from surveys.models import Message
from surveys.row_keys import row_keys
from surveys.services.send_again import send_again
from xla_service.access import open_to, setting_up
from xla_service.navigation import Section, declare_page
from xla_service.paging import one_page

declare_page("failed-mail", "Failed mail", Section.ASKING, rule=setting_up, order=40)


@require_safe
@open_to(setting_up)
def failed_mail(request: HttpRequest) -> HttpResponse:
    """List the mail that was given up, newest first, with what went wrong."""
    failed = Message.objects.filter(state=Message.State.FAILED).select_related(
        "invitation__resolution__ticket"
    )
    page = one_page(request, failed.order_by("-pk"))
    return render(request, "surveys/staff/mail.html", {"page": page})


@require_POST
@open_to(setting_up)
def send_failed_again(request: HttpRequest) -> HttpResponse:
    """Put the chosen mail back into the outbox."""
    chosen = Message.objects.filter(pk__in=row_keys(request.POST.getlist("message")))
    count = send_again(chosen, now=timezone.now())
    words = ngettext(
        "%(count)s mail is due again. Surveys that closed meanwhile are not sent.",
        "%(count)s mails are due again. Surveys that closed meanwhile are not sent.",
        count,
    )
    messages.success(request, words % {"count": count})
    return redirect("failed-mail")
