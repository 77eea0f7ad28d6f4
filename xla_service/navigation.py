"""The places of the staff interface. A page declares itself beside its view; the bar is made from that.

    declare_page("gaps", "Inbox", Section.GAPS, pages=["gap"])

The bar shows the sections that have a page for the reader, and under it the pages of the open section.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from urllib.parse import urlencode

from django.contrib.auth.models import AnonymousUser
from django.urls import reverse
from django.utils.translation import gettext, gettext_noop

from surveys.models import User
from xla_service.access import Rule, everyone


class Section(Enum):
    """The sections of the bar in their order: title and icon."""

    PORTFOLIO = gettext_noop("Portfolio"), "portfolio"
    GAPS = gettext_noop("Gaps"), "gaps"
    COMMENTS = gettext_noop("Comments"), "comments"
    AGREEMENTS = gettext_noop("Agreements"), "agreements"
    ASKING = gettext_noop("Asking"), "asking"
    DATA = gettext_noop("Data"), "data"
    ADMINISTRATION = gettext_noop("Administration"), "administration"

    @property
    def title(self) -> str:
        """Return what the bar calls it."""
        return gettext(self.value[0])

    @property
    def icon(self) -> str:
        """Return its icon in the sprite."""
        return self.value[1]


@dataclass(frozen=True, slots=True)
class Page:
    """A page that can be reached from the bar; `pages` are the URL names of those that hang below it."""

    url_name: str
    label: str
    section: Section
    rule: Rule
    pages: tuple[str, ...]
    order: int
    exists: Callable[[], bool]
    keeps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One link of the bar."""

    label: str
    url: str
    icon: str
    is_current: bool
    keeps: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """One section for one reader, with its pages."""

    entry: Entry
    pages: tuple[Entry, ...]


_pages: dict[str, Page] = {}


def declare_page(
    url_name: str,
    label: str,
    section: Section,
    *,
    rule: Rule = everyone,
    pages: Sequence[str] = (),
    order: int = 50,
    exists: Callable[[], bool] = lambda: True,
    keeps: Sequence[str] = (),
) -> None:
    """Put a page into the bar, for those whom `rule` lets open it.

    `pages` names the URLs below it, so that the bar shows where one is. A small `order` comes first within
    the section; the first page is where the section itself leads. `exists` says whether this installation
    has it. The bar translates the label. `keeps` names the parameters of an address that stay the same from
    one such page to the next: a filter that they share.
    """
    _pages[url_name] = Page(url_name, label, section, rule, tuple(pages), order, exists, tuple(keeps))


def page_of(url_name: str) -> Page | None:
    """Return the declared page that a URL is, or lies below; None outside the bar."""
    if url_name in _pages:
        return _pages[url_name]
    return next((page for page in _pages.values() if url_name in page.pages), None)


def places(
    user: User | AnonymousUser, current: str, parameters: Mapping[str, str] = MappingProxyType({})
) -> list[Place]:
    """Return the sections that have a page for this user.

    `current` is the name of the URL that is open, `parameters` those of its address.
    """
    here = page_of(current)
    found = [_place(section, user, here, parameters) for section in Section]
    return [place for place in found if place]


def _place(
    section: Section, user: User | AnonymousUser, here: Page | None, parameters: Mapping[str, str]
) -> Place | None:
    own = [page for page in _pages.values() if page.section is section and page.exists() and page.rule(user)]
    own.sort(key=lambda page: (page.order, page.label))
    if not own:
        return None
    entries = tuple(
        Entry(gettext(page.label), _address(page, parameters), "", page is here, " ".join(page.keeps))
        for page in own
    )
    is_here = here is not None and here.section is section
    return Place(Entry(section.title, entries[0].url, section.icon, is_here, entries[0].keeps), entries)


def _address(page: Page, parameters: Mapping[str, str]) -> str:
    kept = {name: parameters[name] for name in page.keeps if parameters.get(name)}
    return f"{reverse(page.url_name)}?{urlencode(kept)}" if kept else reverse(page.url_name)
