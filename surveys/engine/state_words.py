"""What the words of a source for its states mean: those of its preset, and those that its mapping adds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from surveys.engine.values import MappingError

State = TypeVar("State", bound=str)


def meaning_of(word: Any, words: Mapping[str, State], *, states: Sequence[State], example: State) -> State:
    """Return the state that a word means, in any case. Raises MappingError for one that is not known."""
    state = words.get(str(word).strip().lower())
    if state is None:
        raise MappingError(
            f"The state {word!r} is not known. Add it to the mapping of the source: "
            f'{{"states": {{"{word}": "{example}"}}}}, with one of {", ".join(states)}.'
        )
    return state


def own_words(words: Any, *, states: Sequence[State], example: tuple[str, State]) -> dict[str, State]:
    """Return the words that a mapping adds. Raises MappingError unless each means one of `states`."""
    if not isinstance(words, dict) or not all(state in states for state in words.values()):
        word, state = example
        raise MappingError(f'`states` must look like {{"{word}": "{state}"}}, with {", ".join(states)}.')
    return {str(word).strip().lower(): state for word, state in words.items()}
