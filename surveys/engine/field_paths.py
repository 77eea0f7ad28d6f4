"""Where a field stands in what a source sends: JMESPath expressions, made ready to read many rows."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from operator import itemgetter
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError

from surveys.engine.values import MISSING, MappingError

Getter = Callable[[Any], Any]


def column_name(written: str) -> str:
    """Return a column's name as columns are compared: small letters, underscores for blanks."""
    return written.strip().lower().replace(" ", "_")


def compile_items(path: Any) -> Getter:
    """Return a function that finds the tickets or alerts in a body. Raises MappingError."""
    search: Getter = _parsed(path).search
    return search


def compile_path(path: Any, *, columns: Collection[str] | None = None) -> Getter | None:
    """Return a function that reads one value, or None when it cannot find anything in these columns.

    Plain names and alternatives of them, which is what exports need, are read without the interpreter: it
    would take most of the time of an import. Raises MappingError when `path` is no JMESPath expression.
    """
    expression = _parsed(path)
    alternatives = _alternatives(expression.parsed)
    if alternatives is None:
        return lambda ticket: expression.search(ticket)
    if columns is not None:
        known = [column_name(path[0]) for path in alternatives if len(path) == 1]
        names = [name for name in known if name in columns]
        return _first_column(names) if names else None
    return lambda ticket: _first_given(ticket, alternatives)


def columns_in(path: Any) -> tuple[str, ...]:
    """Return the columns of a flat row that an expression looks at, alternatives in their order.

    Raises MappingError.
    """
    parsed = _parsed(path).parsed
    alternatives = _alternatives(parsed)
    if alternatives is None:
        return tuple(sorted(map(column_name, _names_in(parsed))))
    return tuple(column_name(names[0]) for names in alternatives if len(names) == 1)


def _parsed(path: Any) -> Any:
    """Parse an expression; a name that JMESPath wants in quotation marks (Gelöst am) may stand as it is."""
    try:
        return jmespath.compile(json.dumps(path) if _is_bare_name(path) else path)
    except (JMESPathError, TypeError, RecursionError) as error:
        raise MappingError(f"{path!r} is not a JMESPath expression: {error}. Correct the mapping.") from error


def _is_bare_name(path: Any) -> bool:
    if not isinstance(path, str) or not re.fullmatch(r"\w[\w -]*", path):
        return False
    return not (path.isascii() and path.isidentifier())


def _alternatives(node: Any) -> list[tuple[str, ...]] | None:
    """Return the paths of `a || b.c`, or None when the expression is anything else."""
    if not isinstance(node, dict):
        return None
    if node["type"] == "field":
        return [(node["value"],)]
    parts = [_alternatives(child) for child in node["children"]]
    if node["type"] == "or_expression" and parts[0] is not None and parts[1] is not None:
        return parts[0] + parts[1]
    if node["type"] == "subexpression" and all(part is not None and len(part) == 1 for part in parts):
        return [tuple(name for part in parts if part is not None for name in part[0])]
    return None


def _first_given(ticket: Any, alternatives: Iterable[tuple[str, ...]]) -> Any:
    for path in alternatives:
        value = ticket
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        if value is not None and value not in MISSING and not isinstance(value, dict):
            return value
    return None


def _first_column(names: Sequence[str]) -> Getter:
    if len(names) == 1:
        return itemgetter(names[0])
    return lambda row: next((row[name] for name in names if row[name] not in MISSING), None)


def _names_in(node: Any) -> set[str]:
    found = {node["value"]} if node.get("type") == "field" else set()
    return found.union(*(_names_in(child) for child in node.get("children", ()) if isinstance(child, dict)))
