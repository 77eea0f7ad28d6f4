"""Agreements as YAML: from text to terms with the line of everything that was said, and back.

One YAML document is one agreement. What cannot be read is reported with its line, all of it at once. The
format is described in docs/agreements.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from difflib import get_close_matches
from fnmatch import fnmatch
from math import isfinite
from typing import Any

import yaml
from yaml.constructor import SafeConstructor
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from experience.engine.agreement_problems import Problem
from experience.engine.agreement_terms import PRESETS, STREAMS, AgreedIndicator, AgreementTerms, Exclusion

EVERY_OTHER = "every other"
RESULT_PERIOD = "month"
_REQUIRED: Mapping[str, str | date] = {"agreement": "", "name": "", "valid_from": date.min}
# Which problems of the terms may follow from what could not be read elsewhere in them.
_FOLLOWS: Mapping[str, tuple[str, ...]] = {
    "agreement": ("services*",),
    "valid_from": ("review_on", "baseline_until"),
    "primary": ("services*", "journey", "personas", "sites"),
    "services": ("journey",),
    "preset": ("weights*", "indicators.*.weight"),
    "weights": ("indicators.*.weight",),
    "indicators": ("weights*",),
}
_ANCHORS = ("weight", "target", "floor", "ceiling")


@dataclass(frozen=True, slots=True, order=True)
class LineProblem:
    """What is wrong in a line (from 1) of a file, and what to do."""

    line: int
    message: str


@dataclass(frozen=True, slots=True)
class Document:
    """One agreement of a file; `lines` holds the line of each path that was written.

    `unread` are the paths that could not be read, for which the terms hold a stand-in.
    """

    terms: AgreementTerms
    line: int
    lines: Mapping[str, int]
    unread: frozenset[str] = frozenset()

    def located(self, problem: Problem) -> LineProblem:
        """Return a problem with the line of its path, or of the nearest path above it that was written."""
        path = problem.path
        while path and path not in self.lines:
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        return LineProblem(self.lines.get(path, self.line), f"{problem.path}: {problem.message}")

    def rests_on_unread(self, problem: Problem) -> bool:
        """Say whether a problem of the terms may come from a stand-in alone: mended, it may be gone."""
        patterns = {pattern for path in self.unread for pattern in _FOLLOWS.get(_top(path), ())}
        return any(fnmatch(problem.path, pattern) for pattern in patterns) or any(
            _is_within(problem.path, path) or _is_within(path, problem.path) for path in self.unread
        )


def _top(path: str) -> str:
    return re.split(r"[.[]", path, maxsplit=1)[0]


def _is_within(path: str, outer: str) -> bool:
    return path == outer or path.startswith((f"{outer}.", f"{outer}["))


def read_agreements(text: str) -> tuple[list[Document], list[LineProblem]]:
    """Return the agreements of a YAML text, and every problem of reading it, by line.

    One that could be read in part is among them, with what is `unread`.
    """
    documents: list[Document] = []
    problems: list[LineProblem] = []
    try:
        roots = [root for root in yaml.compose_all(text, Loader=yaml.SafeLoader) if root is not None]
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        return [], [LineProblem(line, f"This is not YAML: {error.problem or error.context}.")]
    except yaml.YAMLError as error:
        return [], [LineProblem(1, f"This is not YAML: {error}.")]
    for root in roots:
        reader = _Reader(root.start_mark.line + 1)
        document = reader.document(root)
        problems += reader.problems
        documents += [document] if document is not None else []
    return documents, sorted(problems)


@dataclass
class _Reader:
    """Reads one document, noting the line of every path and every problem."""

    line: int
    lines: dict[str, int] = field(default_factory=dict)
    problems: list[LineProblem] = field(default_factory=list)
    unread: set[str] = field(default_factory=set)

    def document(self, root: Node) -> Document | None:
        """Return what could be read, None where that is no agreement at all."""
        if not isinstance(root, MappingNode):
            self.refuse("", self.line, "An agreement: write `key: value` lines here.")
            return None
        values: dict[str, Any] = {}
        for key, node in self.entries(root, "", tuple(_READERS)):
            attribute, read = _READERS[key]
            values[attribute] = read(self, node, key)
        for key, stand_in in _REQUIRED.items():
            attribute = _READERS[key][0]
            if not values.get(attribute) and key not in self.unread:
                line = self.lines.get(key, self.line)
                self.refuse(key, line, f"Write `{key}:` with a value; every agreement needs it.")
            values[attribute] = values.get(attribute) or stand_in
        values |= self._coverage(values.pop("services", ())) | self._weights(values)
        values.pop("period", None)
        return Document(AgreementTerms(**values), self.line, self.lines, frozenset(self.unread))

    def _coverage(self, services: Any) -> dict[str, Any]:
        return {"covers_rest": True} if services == EVERY_OTHER else {"services": services}

    def _weights(self, values: dict[str, Any]) -> dict[str, Any]:
        preset, weights = values.pop("preset", None), values.pop("weights", None)
        if preset is not None and weights is not None:
            self.refuse("preset", self.lines["preset"], "Write `preset` or `weights`, not both.")
        if preset in PRESETS:
            return {"weights": tuple(PRESETS[preset].items())}
        return {} if weights is None else {"weights": weights}

    def refuse(self, path: str, line: int, message: str) -> None:
        self.unread.add(path)
        self.problems.append(LineProblem(line, message))

    def entries(self, node: Node, path: str, known: Sequence[str]) -> Iterator[tuple[str, Node]]:
        """Yield the entries of a mapping, noting their lines; keys that repeat or are unknown are refused."""
        if not isinstance(node, MappingNode):
            self.refuse(path, _line(node), f"{path}: write `key: value` lines here.")
            return
        seen: set[str] = set()
        for key_node, value in node.value:
            key, line = str(key_node.value), _line(key_node)
            if key in seen:
                self.refuse(_under(path, key), line, f"`{key}` is here twice. Keep one.")
            elif known and key not in known:
                self.refuse(_under(path, key), line, f"There is no `{key}` here.{_suggestion(key, known)}")
            else:
                seen.add(key)
                self.lines[_under(path, key)] = line
                yield key, value

    def scalar(self, node: Node) -> Any:
        """Return a single value as YAML types it; a value that is none is refused as text."""
        if not isinstance(node, ScalarNode):
            return node
        try:
            return SafeConstructor().construct_object(node)
        except ValueError:
            return node

    def text(self, node: Node, path: str) -> str:
        value = self.scalar(node)
        if value is None:
            return ""
        if not isinstance(value, str):
            self.refuse(
                path, _line(node), f"{path}: write text, in quotes where it looks like something else."
            )
            return ""
        return value.strip()

    def day(self, node: Node, path: str) -> date | None:
        value = self.scalar(node)
        if value is None:
            return None
        if not isinstance(value, date) or isinstance(value, datetime):
            self.refuse(path, _line(node), f"{path}: write a day as YYYY-MM-DD.")
            return date.min
        return value

    def flag(self, node: Node, path: str) -> bool:
        value = self.scalar(node)
        if not isinstance(value, bool):
            self.refuse(path, _line(node), f"{path}: write true or false.")
        return value is True

    def number(self, node: Node, path: str) -> float:
        value = self.scalar(node)
        if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
            self.refuse(path, _line(node), f"{path}: write a number.")
            return 0.0
        return float(value)

    def one_of(self, node: Node, path: str, known: Sequence[str]) -> str:
        value = self.text(node, path)
        if value not in known:
            self.refuse(path, _line(node), f"{path}: write {' or '.join(known)}.")
        return value

    def texts(self, node: Node, path: str) -> tuple[str, ...]:
        if not isinstance(node, SequenceNode):
            self.refuse(path, _line(node), f"{path}: write a list, for example [one, two].")
            return ()
        for place, entry in enumerate(node.value):
            self.lines[f"{path}[{place}]"] = _line(entry)
        return tuple(self.text(entry, f"{path}[{place}]") for place, entry in enumerate(node.value))

    def services(self, node: Node, path: str) -> tuple[str, ...] | str:
        if isinstance(node, ScalarNode) and node.value == EVERY_OTHER:
            return EVERY_OTHER
        found = self.texts(node, path)
        for place, key in enumerate(found):
            if key in found[:place]:
                self.refuse(path, self.lines[f"{path}[{place}]"], f"{key!r} is here twice. Keep one.")
        order = sorted(range(len(found)), key=lambda place: found[place])
        lines = [self.lines[f"{path}[{place}]"] for place in order]
        self.lines |= {f"{path}[{place}]": line for place, line in enumerate(lines)}
        return tuple(found[place] for place in order)

    def period(self, node: Node, path: str) -> str:
        return self.one_of(node, path, (RESULT_PERIOD,))

    def preset(self, node: Node, path: str) -> str:
        return self.one_of(node, path, tuple(PRESETS))

    def weights(self, node: Node, path: str) -> tuple[tuple[str, float], ...]:
        found = {
            stream: self.number(value, f"{path}.{stream}")
            for stream, value in self.entries(node, path, STREAMS)
        }
        return tuple((stream, found[stream]) for stream in STREAMS if found.get(stream))

    def indicators(self, node: Node, path: str) -> tuple[AgreedIndicator, ...]:
        return tuple(
            self._indicator(key, value, f"{path}.{key}") for key, value in self.entries(node, path, ())
        )

    def _indicator(self, key: str, node: Node, path: str) -> AgreedIndicator:
        if self.scalar(node) is None:
            return AgreedIndicator(key)
        given = {
            name: self.number(value, f"{path}.{name}") for name, value in self.entries(node, path, _ANCHORS)
        }
        return AgreedIndicator(key, **given)

    def exclusions(self, node: Node, path: str) -> tuple[Exclusion, ...]:
        if not isinstance(node, SequenceNode):
            self.refuse(path, _line(node), f"{path}: write a list of days, each with from, to and reason.")
            return ()
        found = [self._exclusion(entry, f"{path}[{place}]") for place, entry in enumerate(node.value)]
        return tuple(sorted((e for e in found if e), key=lambda exclusion: exclusion.first_on))

    def _exclusion(self, node: Node, path: str) -> Exclusion | None:
        given = dict(self.entries(node, path, ("from", "to", "reason")))
        if len(given) < 3:
            self.refuse(path, _line(node), f"{path}: write from, to and reason.")
            return None
        first, last = self.day(given["from"], f"{path}.from"), self.day(given["to"], f"{path}.to")
        reason = self.text(given["reason"], f"{path}.reason")
        if first is None or last is None or last < first or not reason:
            self.refuse(
                path, _line(node), f"{path}: the days end after they begin, and the reason says something."
            )
            return None
        return Exclusion(first, last, reason)


_Read = Callable[[_Reader, Node, str], Any]
# What a document may say, in the order in which it is written: the key, the term it gives, and its reader.
_READERS: Mapping[str, tuple[str, _Read]] = {
    "agreement": ("key", _Reader.text),
    "name": ("name", _Reader.text),
    "ambition": ("ambition", _Reader.text),
    "provider": ("provider", _Reader.text),
    "customer": ("customer", _Reader.text),
    "owner": ("owner", _Reader.text),
    "agreed_by": ("agreed_by", _Reader.text),
    "agreed_on": ("agreed_on", _Reader.day),
    "valid_from": ("valid_from", _Reader.day),
    "review_on": ("review_on", _Reader.day),
    "period": ("period", _Reader.period),
    "primary": ("is_primary", _Reader.flag),
    "second_person": ("needs_second_person", _Reader.flag),
    "services": ("services", _Reader.services),
    "journey": ("journey", _Reader.text),
    "personas": ("personas", _Reader.texts),
    "sites": ("sites", _Reader.texts),
    "preset": ("preset", _Reader.preset),
    "weights": ("weights", _Reader.weights),
    "indicators": ("indicators", _Reader.indicators),
    "baseline_until": ("baseline_until", _Reader.day),
    "exclusions": ("exclusions", _Reader.exclusions),
    "if_missed": ("if_missed", _Reader.text),
    "note": ("note", _Reader.text),
}


def _under(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _line(node: Node) -> int:
    return int(node.start_mark.line) + 1


def _suggestion(key: str, known: Sequence[str]) -> str:
    near = get_close_matches(key, known, n=1)
    return f" Did you mean `{near[0]}`?" if near else f" There are: {', '.join(known)}."


def written(terms: Sequence[AgreementTerms]) -> str:
    """Return agreements as YAML that `read_agreements` reads back as the same terms."""
    documents = [_plain(each) for each in terms]
    return yaml.safe_dump_all(
        documents,
        sort_keys=False,
        allow_unicode=True,
        width=100,
        explicit_start=True,
        default_flow_style=False,
    )


def _plain(terms: AgreementTerms) -> dict[str, Any]:
    """Return what the terms say, in the order of the file, without what is empty or goes without saying."""
    special: dict[str, Any] = {
        "period": RESULT_PERIOD,
        "primary": terms.is_primary,
        "services": EVERY_OTHER if terms.covers_rest else list(terms.services),
        "preset": None,
        "weights": dict(terms.weights),
        "indicators": {agreed.key: _plain_indicator(agreed) for agreed in terms.indicators},
        "exclusions": [{"from": e.first_on, "to": e.last_on, "reason": e.reason} for e in terms.exclusions],
    }
    said = {key: special.get(key, getattr(terms, term, None)) for key, (term, _) in _READERS.items()}
    said = {key: list(value) if isinstance(value, tuple) else value for key, value in said.items()}
    return {k: v for k, v in said.items() if k == "primary" or v not in ("", None, False, [], {})}


def _plain_indicator(agreed: AgreedIndicator) -> dict[str, float]:
    numbers = {name: getattr(agreed, name) for name in _ANCHORS}
    return {name: value for name, value in numbers.items() if value is not None}
