"""The public pages: answer, thanks, unsubscribe. They know a person by the token of their invitation."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from surveys.engine.contradictions import Contradiction
from surveys.engine.wording import Words
from surveys.engine.wording.contact import CONTACT
from surveys.engine.wording.second_thoughts import SECOND_THOUGHTS
from surveys.forms import AnswerForm, initial_answer
from surveys.models import FollowUp, Invitation, Response, Visit
from surveys.public_pages import answer_context, chosen_language, message, page, unknown_token
from surveys.selectors.asked import Asked, asked, find_invitation, has_opted_out, local_time, page_language
from surveys.selectors.contradictions import second_thought
from surveys.selectors.current_response import current_response
from surveys.selectors.follow_ups import asks_solved, contact_receiver, improvements
from surveys.sender import sender_of
from surveys.services.anonymous import looks_like_a_scanner
from surveys.services.answer import (
    NotAnswerableError,
    change_rating,
    record_answer,
    record_click,
    record_visit,
)
from surveys.services.contradictions import mean_it
from surveys.services.follow_up import wish_contact
from surveys.services.opt_out import opt_in, opt_out
from surveys.wakeups import COMMENT_SWEEP, EVIDENCE_SWEEP, wake
from xla_service.moments import organisation_day

GONE = 410


# A request without the token can do nothing here, and one with it may come from a mail program that refuses
# cookies: a cross-site token would protect nobody and shut people out.
@method_decorator(csrf_exempt, name="dispatch")
class PublicView(View):
    """A page behind a token, in the person's language: no cookie, no cache, its address told to nobody."""

    invitation: Invitation
    asked: Asked
    now: datetime
    chosen_language: str

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Find the invitation and answer; an unknown token gets a page that says what may have happened."""
        response = self._answered(request, kwargs["token"])
        response["Cache-Control"] = "no-store"
        response["Referrer-Policy"] = "no-referrer"
        response["X-Robots-Tag"] = "noindex"
        # Django would log the address of a closed or unknown page, and with it the token.
        response._has_been_logged = True
        return response

    def _answered(self, request: HttpRequest, token: str) -> HttpResponseBase:
        invitation = find_invitation(token)
        if invitation is None:
            return unknown_token(request)
        self.chosen_language = chosen_language(request)
        browser = request.headers.get("Accept-Language", "")
        language = page_language(invitation, chosen=self.chosen_language, browser=browser)
        self.invitation, self.now = invitation, timezone.now()
        self.asked = asked(invitation, language, asks_solved=asks_solved(invitation))
        with translation.override(self.words.code):
            return super().dispatch(request, token=token)

    @property
    def words(self) -> Words:
        """The words of the person's language."""
        return self.asked.words

    def _to(self, url_name: str) -> HttpResponse:
        """Lead to another page of the survey, in the language that was chosen on this one."""
        query = f"?lang={self.chosen_language}" if self.chosen_language else ""
        return redirect(reverse(url_name, args=[self.invitation.token]) + query)

    def rating_of(self, text: str) -> int | None:
        """Return the rating that a request names, None for one off the survey's scale."""
        ratings = {str(rating): rating for rating in self.asked.questionnaire.scale.ratings}
        return ratings.get(text)

    @property
    def is_open(self) -> bool:
        """Whether an answer is still taken."""
        return self.invitation.state == Invitation.State.OPEN and self.invitation.closes_at > self.now

    @property
    def response(self) -> Response | None:
        """The answer that was sent last, whether it counts or was set apart; a click alone is none."""
        response = current_response(self.invitation)
        return None if response is None or response.state == Response.State.PROVISIONAL else response

    def _follow_up(self) -> str:
        """Return who was told and until when they answer, "" when nobody was."""
        found = FollowUp.objects.open().filter(resolution=self.invitation.resolution)
        follow_up = found.select_related("receiver").first()
        if follow_up is None:
            return ""
        by = local_time(follow_up.due_at, self.invitation, self.words)
        return self.asked.say(self.words.follow_up, receiver=follow_up.receiver.name, time=by)

    @property
    def own_answer(self) -> Response | None:
        """The answer that the form shows to be changed: never what a mail scanner sent."""
        response = self.response
        return response if response and response.state == Response.State.ACCEPTED else None


class AnswerView(PublicView):
    """The survey. GET shows it with the clicked rating chosen, POST stores the answer."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """Show the survey; the visit is noted, the answer is not touched."""
        if not self.is_open:
            return self._shut(request)
        rating = self.rating_of(request.GET.get("r", ""))
        visit = None
        if request.method == "GET":  # HEAD comes from a machine that asks whether the link works
            visit = self._note_visit(request, rating)
        form = self._form(initial=initial_answer(self.own_answer, rating))
        return self._show(request, form, str(visit.pk) if visit else "")

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """Store a complete answer and say thank you; show what is missing in an incomplete one."""
        if not self.is_open:
            return self._shut(request)
        form = self._form(data=request.POST, initial=initial_answer(self.own_answer, None))
        if not form.is_valid():
            return self._show(request, form, request.POST.get("visit", ""), status=400)
        try:
            record_answer(
                self.invitation.pk,
                form.answer(),
                now=self.now,
                sender=sender_of(request),
                language=self.words.code,
            )
        except NotAnswerableError:
            self.invitation.refresh_from_db(fields=["state"])
            return self._shut(request)
        wake(EVIDENCE_SWEEP, COMMENT_SWEEP)
        return self._to("answer-thanks")

    def _note_visit(self, request: HttpRequest, rating: int | None) -> Visit | None:
        return record_visit(self.invitation, now=self.now, sender=sender_of(request), rating=rating)

    def _form(self, **values: Any) -> AnswerForm:
        return AnswerForm(questionnaire=self.asked.questionnaire, words=self.words, **values)

    def _show(self, request: HttpRequest, form: AnswerForm, visit: str, *, status: int = 200) -> HttpResponse:
        context = answer_context(self.asked, form) | {
            "visit": visit,
            "has_answered": self.own_answer is not None,
        }
        return page(request, "answer", context, status=status)

    def _shut(self, request: HttpRequest) -> HttpResponse:
        if self.invitation.state == Invitation.State.WITHDRAWN:
            heading, text = self.words.withdrawn, self.asked.say(self.words.withdrawn_text)
        else:
            text = self.asked.say(self.words.closed_text, day=self.asked.closing_day)
            heading = self.words.closed
        return message(request, self.words, heading, text, status=GONE)


class ClickView(PublicView):
    """The page's script tells the rating that a visible page shows; it stays provisional."""

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """Keep the rating and say nothing; what makes no sense is ignored, for nobody reads an error here."""
        rating = self.rating_of(request.POST.get("rating", ""))
        if rating is not None:
            with suppress(NotAnswerableError):
                record_click(self.invitation.pk, rating, now=self.now, sender=sender_of(request))
        return HttpResponse(status=204)


class TrapView(PublicView):
    """A link that people do not see. Mail scanners open it, and tell themselves apart by that."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """Note the visit and lead whoever came here by a strange mail program to the survey."""
        if request.method == "GET" and self.is_open:
            record_visit(self.invitation, now=self.now, sender=sender_of(request), is_trap=True)
        link = (reverse("answer", args=[token]), self.words.page_title)
        return message(request, self.words, self.words.page_title, self.words.mail_link, link=link)


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


class UnsubscribeView(PublicView):
    """No more surveys. Mail programs POST here at one click (RFC 8058); a person sees a button first."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """Ask whether it is meant; opening the address changes nothing."""
        if has_opted_out(self.invitation.person):
            return self._is_out(request)
        words = self.words
        button = ("stop", words.unsubscribe_confirm)
        return message(request, words, words.unsubscribe_question, words.unsubscribe_text, button=button)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """Stop asking this person or, when the page's own button says so, ask again."""
        if "ask_again" not in request.POST:
            opt_out(self.invitation.person, now=self.now)
            return self._is_out(request)
        opt_in(self.invitation.person)
        return message(request, self.words, self.words.subscribed, self.words.subscribed_text)

    def _is_out(self, request: HttpRequest) -> HttpResponse:
        words = self.words
        button = ("ask_again", words.subscribe)
        return message(request, words, words.unsubscribed, words.unsubscribed_text, button=button)
