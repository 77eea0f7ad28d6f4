"""The mailbox pages: what the local mail server took, for trying the service out without a mail server.

They exist only where a local mail server is set up. On a set-up that nobody else reaches they open without
signing in, because the mails are there to be clicked; anywhere else only administrators read them.
"""

from __future__ import annotations

import ipaddress
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views import View
from django.views.decorators.clickjacking import xframe_options_exempt

from surveys.models import User
from xla_service.access import administering
from xla_service.embedded import maildir
from xla_service.navigation import Section, declare_page
from xla_service.paging import one_page

# A mail is foreign content: it may show text, own styles and embedded pictures, and open links in a new tab.
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; base-uri 'none'; "
    "form-action 'none'; sandbox allow-popups allow-popups-to-escape-sandbox"
)
LINKS_IN_NEW_TAB = '<base target="_blank">'


def may_read_mail(user: User | AnonymousUser) -> bool:
    """Say whether the bar offers the mailbox: to administrators, and to all on a set-up for one machine."""
    return administering(user) or is_loopback(urlsplit(settings.PUBLIC_URL).hostname or "")


declare_page(
    "mailbox",
    "Mailbox",
    Section.ASKING,
    rule=may_read_mail,
    pages=["mail"],
    order=90,
    exists=lambda: bool(settings.MAILBOX_DIR),
)


class MailboxView(View):
    """What all mailbox pages share: where the mails are and who may read them."""

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        """Answer 404 without a local mail server; ask others than the people at this machine to sign in."""
        if not settings.MAILBOX_DIR:
            raise Http404
        if not is_at_this_machine(request) and not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if not is_at_this_machine(request) and not administering(request.user):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    @property
    def folder(self) -> Path:
        """Return the folder of the local mail server."""
        return Path(settings.MAILBOX_DIR)


class MailListView(MailboxView):
    """The mails, newest first."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show one page of them."""
        page = one_page(request, maildir.keys(self.folder))
        mails = [maildir.heading(self.folder, key) for key in page.object_list]
        return render(request, "mailbox_list.html", {"page": page, "mails": mails})


class MailView(MailboxView):
    """One mail: its text with links to click, its HTML in a frame, its headers."""

    def get(self, request: HttpRequest, key: str) -> HttpResponse:
        """Show it; 404 when there is none of this key."""
        content = read_or_404(self.folder, key)
        context = {"heading": maildir.heading(self.folder, key), "mail": maildir.parse(content)}
        return render(request, "mailbox_mail.html", context)


class MailHtmlView(MailboxView):
    """The HTML of one mail alone, for the frame: nothing in it runs, and nothing is fetched."""

    def get(self, request: HttpRequest, key: str) -> HttpResponse:
        """Send it under its own content policy; 404 when the mail has no HTML."""
        html = maildir.parse(read_or_404(self.folder, key)).html
        if not html:
            raise Http404
        response = HttpResponse(LINKS_IN_NEW_TAB + html)
        response["Content-Security-Policy"] = MAIL_POLICY
        return response


show_mail_html = xframe_options_exempt(MailHtmlView.as_view())  # the policy's frame-ancestors says who may


def read_or_404(folder: Path, key: str) -> bytes:
    """Return a mail as it came, or answer 404."""
    try:
        return maildir.read(folder, key)
    except KeyError as error:
        raise Http404 from error


def is_at_this_machine(request: HttpRequest) -> bool:
    """Say whether the request comes from this machine to a set-up whose address only this machine reaches."""
    is_forwarded = "HTTP_X_FORWARDED_FOR" in request.META or "HTTP_FORWARDED" in request.META
    hosts = (request.META.get("REMOTE_ADDR", ""), urlsplit(settings.PUBLIC_URL).hostname or "")
    return not is_forwarded and all(is_loopback(host) for host in hosts)


def is_loopback(host: str) -> bool:
    """Say whether a host name or address is this machine itself."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
