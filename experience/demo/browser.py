"""A person at a browser, as far as a check needs one: cookies, links and forms, from the standard library."""

from __future__ import annotations

import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookiejar import CookieJar

TIMEOUT_SECONDS = 20


@dataclass
class Form:
    """A form as it stands on the page: where it goes and what its fields hold."""

    method: str
    action: str
    fields: dict[str, str] = field(default_factory=dict)


@dataclass
class Page:
    """A page that came back: where it was found, its text as sent, and its forms."""

    address: str
    status: int
    html: str

    def form_with(self, name: str) -> Form:
        """Return the form that has a field of this name; raise LookupError when there is none."""
        found = _Forms(self.html).forms
        for form in found:
            if name in form.fields:
                return form
        raise LookupError(f"{self.address} shows no form with a field {name!r}.")


class _Forms(HTMLParser):
    """Collects forms with the values a browser would send; of radio buttons the checked one, else none."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(given.get("method", "get").lower(), given.get("action", "")))
        elif tag in ("input", "textarea") and self.forms and given.get("name"):
            is_choice = given.get("type") in ("radio", "checkbox")
            value = given.get("value", "") if not is_choice or "checked" in given else ""
            if value or given["name"] not in self.forms[-1].fields:
                self.forms[-1].fields[given["name"]] = value


class Browser:
    """Opens pages and sends forms at one site, keeping its cookies."""

    def __init__(self, site: str) -> None:
        self.site = site
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(CookieJar())
        )

    def open(self, address: str) -> Page:
        """Return the page at an address of this site, whatever its status."""
        return self._send(urllib.request.Request(self._full(address)))

    def submit(self, page: Page, form: Form, **values: str) -> Page:
        """Return what comes back for a form filled in with these values; fields left empty are not sent."""
        filled = {name: value for name, value in {**form.fields, **values}.items() if value}
        target = urllib.parse.urljoin(page.address, form.action or page.address)
        headers = {"Referer": page.address, "Origin": self.site}
        body = urllib.parse.urlencode(filled).encode()
        return self._send(urllib.request.Request(target, data=body, headers=headers, method="POST"))

    def _full(self, address: str) -> str:
        return urllib.parse.urljoin(f"{self.site}/", address)

    def _send(self, request: urllib.request.Request) -> Page:
        try:
            with self._opener.open(request, timeout=TIMEOUT_SECONDS) as response:
                return Page(response.geturl(), response.status, response.read().decode())
        except urllib.error.HTTPError as error:
            return Page(error.geturl() or request.full_url, error.code, error.read().decode())
