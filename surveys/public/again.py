"""The survey once more, for whoever was drawn among those who did not answer."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from surveys.models import Response, SilentSampleLine
from surveys.public.answer import AnswerView
from surveys.public.form import AnswerForm
from surveys.public.pages import answer_context, message, page
from surveys.selectors.asked import Asked, asked
from surveys.selectors.silent_samples import line_of
from surveys.services.answer import Answer
from surveys.services.silent_samples import answer_again


class AgainView(AnswerView):
    """The survey of a line of a sample; GET writes nothing.

    Whether it was really solved is not asked: nobody would be told so long after.
    """

    line: SilentSampleLine | None

    def _asked(self, language: str) -> Asked:
        self.line = line_of(self.invitation)
        closes_at = self.line.sample.closes_at if self.line else None
        return asked(self.invitation, language, closes_at=closes_at)

    @property
    def is_open(self) -> bool:
        """Whether the sample still takes this person's answer."""
        is_erased = self.invitation.person.erased_at is not None
        return self.line is not None and self.line.sample.is_open(self.now) and not is_erased

    @property
    def own_answer(self) -> Response | None:
        """The answer given on this page."""
        return self.line.response if self.line else None

    def _note_visit(self, request: HttpRequest, rating: int | None) -> None:
        return None

    def _show(self, request: HttpRequest, form: AnswerForm, visit: str, *, status: int = 200) -> HttpResponse:
        context = answer_context(self.asked, form) | {
            "is_again": True,
            "has_answered": self.own_answer is not None,
        }
        return page(request, "answer", context, status=status)

    def _keep(self, request: HttpRequest, answer: Answer) -> HttpResponse:
        if self.line is not None:
            answer_again(self.line.pk, answer, language=self.words.code, now=self.now)
        return message(request, self.words, self.words.thanks, self.asked.say(self.words.thanks_next))
