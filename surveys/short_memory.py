"""What has to be known for minutes only and must not reach the database; may be lost at any time."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from django.core.cache import cache
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)


def recall(name: str) -> Any:
    """Return what was remembered under this name, None when nothing was or it is lost."""
    try:
        return cache.get(name)
    except RedisError as error:
        logger.warning("The short memory does not answer (%s): check REDIS_URL.", type(error).__name__)
        return None


def recall_all(names: Iterable[str]) -> dict[str, Any]:
    """Return what was remembered under these names, asked for at once; what is lost is left out."""
    try:
        return dict(cache.get_many(names))
    except RedisError as error:
        logger.warning("The short memory does not answer (%s): check REDIS_URL.", type(error).__name__)
        return {}


def remember(name: str, value: Any, *, seconds: int) -> None:
    """Keep a value for this long."""
    try:
        cache.set(name, value, seconds)
    except RedisError as error:
        logger.warning("The short memory does not answer (%s): check REDIS_URL.", type(error).__name__)


def count_up(name: str, *, seconds: int) -> int:
    """Return how often this was called within `seconds` of its first call; 0 when nobody can count."""
    try:
        cache.add(name, 0, seconds)
        return cache.incr(name)
    except (RedisError, ValueError) as error:  # ValueError: it ran out between the two
        logger.warning("The short memory does not count (%s): check REDIS_URL.", type(error).__name__)
        return 0
