"""The survey: its page, the click that a script tells, and the link that people do not see."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from surveys.models import Invitation, Visit
from surveys.public.form import AnswerForm, initial_answer
from surveys.public.pages import answer_context, message, page
from surveys.public.view import PublicView
from surveys.sender import sender_of
from surveys.services.answer import (
    Answer,
    NotAnswerableError,
    record_answer,
    record_click,
    record_visit,
)
from surveys.wakeups import COMMENT_SWEEP, EVIDENCE_SWEEP, wake

GONE = 410


class AnswerView(PublicView):
    """The survey. GET shows it with the clicked rating chosen, POST stores the answer."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """Show the survey; the visit is noted, the answer is not touched."""
        if not self.is_open:
            return self._shut(request)
        rating = self.rating_of(request.GET.get("r", ""))
        visit = None
        # HEAD comes from a machine that asks whether the link works, a prefetch before anybody opens it.
        if request.method == "GET" and not _is_prefetch(request):
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
            return self._keep(request, form.answer())
        except NotAnswerableError:
            self.invitation.refresh_from_db(fields=["state"])
            return self._shut(request)

    def _keep(self, request: HttpRequest, answer: Answer) -> HttpResponse:
        sender, language = sender_of(request), self.words.code
        record_answer(self.invitation.pk, answer, now=self.now, sender=sender, language=language)
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


def _is_prefetch(request: HttpRequest) -> bool:
    wishes = (request.headers.get(name, "") for name in ("Sec-Purpose", "Purpose", "X-Moz"))
    return any(wish.startswith("prefetch") for wish in wishes)


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
