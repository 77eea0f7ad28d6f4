"""After the answer: thank you, a second thought about the number, and the wish to be contacted."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from surveys.engine.contradictions import Contradiction
from surveys.engine.wording.contact import CONTACT
from surveys.engine.wording.second_thoughts import SECOND_THOUGHTS
from surveys.models import Response
from surveys.public.pages import message, page
from surveys.public.view import PublicView
from surveys.selectors.contradictions import second_thought
from surveys.selectors.follow_ups import contact_receiver, improvements
from surveys.sender import sender_of
from surveys.services.anonymous import looks_like_a_scanner
from surveys.services.answer import (
    NotAnswerableError,
    change_rating,
)
from surveys.services.contradictions import mean_it
from surveys.services.follow_up import wish_contact
from surveys.wakeups import EVIDENCE_SWEEP, wake
from xla_service.moments import organisation_day


class ThanksView(PublicView):
    """What happens with the answer."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """Say thank you; without an answer, show the survey."""
        if self.response is None:
            return self._to("answer")
        context = {
            "words": self.words,
            "asked": self.asked,
            "response": self.response,
            "scale": self.asked.questionnaire.scale,
            "is_open": self.is_open,
            "follow_up": self._follow_up(),
            "contact": CONTACT[self.words.code].link if contact_receiver(self.invitation) else "",
            "improvements": improvements(
                self.invitation.service, language=self.words.code, today=organisation_day()
            ),
            "second_thought": self._second_thought(self.response) if self.is_open else None,
        }
        return page(request, "thanks", context)

    def _second_thought(self, response: Response) -> dict[str, Any] | None:
        """Return what to ask where rating and comment contradict each other, and the numbers to choose from.

        That the number is right cannot be said of an anonymous answer: nothing would be kept.
        """
        found = second_thought(response)
        if found is None or response.rating is None:
            return None
        spoken, scale = SECOND_THOUGHTS[self.words.code], self.asked.questionnaire.scale
        is_happy = found is Contradiction.HAPPY_RATING_NEGATIVE_TEXT
        first, last = (scale.low, response.rating - 1) if is_happy else (response.rating + 1, scale.high)
        return {
            "question": spoken.question(found),
            "keep": "" if response.nullifier else spoken.keep,
            "numbers": [(one, self.words.rating_label(scale.key, one)) for one in range(first, last + 1)],
        }


class MeantView(PublicView):
    """The answer of somebody who was asked whether they meant another number."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """Lead back to the question."""
        return self._to("answer-thanks")

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """Change the number and nothing else or, when it is the one that stands, note that it is meant."""
        rating, response = self.rating_of(request.POST.get("rating", "")), self.response
        if rating is None or response is None or not self.is_open:
            return self._to("answer")
        if rating == response.rating:
            mean_it(response, now=self.now)
            return self._to("answer-thanks")
        try:
            change_rating(self.invitation.pk, response, rating, now=self.now, sender=sender_of(request))
        except NotAnswerableError:
            return self._to("answer")
        wake(EVIDENCE_SWEEP)
        return self._to("answer-thanks")


class ContactView(PublicView):
    """After an anonymous survey: the desk gets in touch with whoever asks for it. No answer is read."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """Ask whether it is meant; opening the address tells nobody."""
        receiver = contact_receiver(self.invitation)
        if receiver is None:
            return self._to("answer")
        told = self._follow_up()
        if told:
            return message(request, self.words, self.words.thanks, told)
        spoken = CONTACT[self.words.code]
        text = self.asked.say(spoken.text, receiver=receiver.name)
        return message(request, self.words, spoken.link, text, button=("contact", spoken.link))

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """Tell the desk; whoever looks like a mail scanner is asked again."""
        sender = sender_of(request)
        is_scanner = looks_like_a_scanner(
            self.invitation, now=self.now, network=sender.network_hash, is_headless=sender.is_headless
        )
        if contact_receiver(self.invitation) is not None and not is_scanner:
            wish_contact(self.invitation, now=self.now)
        return self._to("answer-contact")
