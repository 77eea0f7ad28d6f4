"""No more surveys, and the way back."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from surveys.public.pages import message
from surveys.public.view import PublicView
from surveys.selectors.asked import has_opted_out
from surveys.services.opt_out import opt_in, opt_out


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
