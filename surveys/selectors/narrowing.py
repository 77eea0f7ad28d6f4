"""The filter that reading pages share: a supplier of services and an assignment group of tickets."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from urllib.parse import urlencode

from django.db.models import Q

from surveys.engine.values import storable

# The parameters of an address that carry it from page to page.
PARAMETERS = ("supplier", "group")


@dataclass(frozen=True, slots=True)
class Narrowing:
    """A supplier and an assignment group; empty for all."""

    supplier: str = ""
    group: str = ""

    def __bool__(self) -> bool:
        """Say whether anything is left out."""
        return bool(self.supplier or self.group)

    @property
    def parameters(self) -> dict[str, str]:
        """Return it as parameters of an address."""
        return asdict(self)

    @property
    def query(self) -> str:
        """Return it as the query of an address, without what is empty."""
        return urlencode({name: value for name, value in self.parameters.items() if value})

    def rows(self, *, supplier: str, group: str) -> Q:
        """Return the condition on rows; the paths lead from them to a supplier and an assignment group."""
        wanted = {supplier: self.supplier, group: self.group}
        return Q(**{path: value for path, value in wanted.items() if value})


EVERYTHING = Narrowing()


@dataclass(frozen=True, slots=True)
class NarrowingChoices:
    """The suppliers and assignment groups that may be chosen, by name."""

    suppliers: list[str]
    groups: list[str]


def read_narrowing(parameters: Mapping[str, str]) -> Narrowing:
    """Return the filter in the parameters of an address; an unknown name finds nothing."""
    supplier, group = (storable(parameters.get(name, "")) for name in PARAMETERS)
    return Narrowing(supplier[:120], group[:100])


def choices_among(names: Collection[tuple[str, str]]) -> NarrowingChoices:
    """Return what may be chosen among pairs of supplier and assignment group; empty names are none."""
    suppliers, groups = zip(*names, strict=True) if names else ((), ())
    return NarrowingChoices(sorted(filter(None, set(suppliers))), sorted(filter(None, set(groups))))
