"""What the pages behind the token of an invitation share."""

from __future__ import annotations

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

from surveys.engine.wording import Words
from surveys.models import FollowUp, Invitation, Response
from surveys.public.mended_link import lead_by_parts
from surveys.public.pages import chosen_language, not_now
from surveys.selectors.asked import Asked, asked, find_invitation, local_time, page_language
from surveys.selectors.current_response import current_response
from surveys.selectors.follow_ups import asks_solved
from xla_service.databases import AWAY


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
        try:
            response = self._answered(request, kwargs["token"])
        except AWAY:
            response = not_now(request)
        response["Cache-Control"] = "no-store"
        response["Referrer-Policy"] = "no-referrer"
        response["X-Robots-Tag"] = "noindex"
        # Django would log the address of a closed or unknown page, and with it the token.
        response._has_been_logged = True
        return response

    def _answered(self, request: HttpRequest, token: str) -> HttpResponseBase:
        invitation = find_invitation(token)
        if invitation is None:
            return lead_by_parts(request, token)
        self.chosen_language = chosen_language(request)
        browser = request.headers.get("Accept-Language", "")
        language = page_language(invitation, chosen=self.chosen_language, browser=browser)
        self.invitation, self.now = invitation, timezone.now()
        self.asked = self._asked(language)
        with translation.override(self.words.code):
            return super().dispatch(request, token=token)

    def _asked(self, language: str) -> Asked:
        return asked(self.invitation, language, asks_solved=asks_solved(self.invitation))

    @property
    def words(self) -> Words:
        """The words of the person's language."""
        return self.asked.words

    def _to(self, url_name: str) -> HttpResponse:
        """Lead to another page of the survey, in the language that was chosen on this one."""
        query = f"?lang={self.chosen_language}" if self.chosen_language else ""
        return redirect(reverse(url_name, args=[self.invitation.token]) + query)

    def rating_of(self, text: str) -> int | None:
        """Return the rating that a request names, None for one off the survey's scale.

        A mail gateway may have put a second question mark behind it.
        """
        ratings = {str(rating): rating for rating in self.asked.questionnaire.scale.ratings}
        return ratings.get(text.partition("?")[0])

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
