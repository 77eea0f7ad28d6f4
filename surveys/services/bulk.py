"""Writing many changed rows in few statements."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, TypeVar

from django.db import connection, models

Row = TypeVar("Row", bound=models.Model)


def column_values(row: models.Model) -> dict[str, Any]:
    """Return the row's columns as they are now, to compare with later."""
    return {column.attname: getattr(row, column.attname) for column in row._meta.concrete_fields}


def has_changed(row: models.Model, before: dict[str, Any]) -> bool:
    """Say whether any column differs from what it was."""
    return any(getattr(row, name) != value for name, value in before.items())


def update_rows(model: type[Row], rows: Iterable[Row], columns: Sequence[str]) -> None:
    """Write these columns of rows that exist already.

    An insert that turns into an update: it binds each value once, where `bulk_update` writes a CASE per
    column and takes ten times as long.
    """
    model._default_manager.bulk_create(
        list(rows), update_conflicts=True, unique_fields=["id"], update_fields=list(columns)
    )


def insert_rows(model: type[Row], rows: Iterable[Row]) -> int:
    """Insert rows without learning their keys, and return how many.

    For histories: `bulk_create` spends five times as long on compiling each value as the database does on
    storing it. Values must be of their column's type already; nothing is converted but times and dates.
    """
    columns = [column for column in model._meta.concrete_fields if not column.primary_key]
    names = ", ".join(connection.ops.quote_name(str(column.column)) for column in columns)
    table = connection.ops.quote_name(model._meta.db_table)
    places = ", ".join(["%s"] * len(columns))
    written = [[_stored(row.__dict__[column.attname]) for column in columns] for row in rows]
    if written:
        with connection.cursor() as cursor:
            cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({places})", written)
    return len(written)


def _stored(value: Any) -> Any:
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    return connection.ops.adapt_datefield_value(value) if isinstance(value, date) else value
