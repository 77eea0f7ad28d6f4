"""Always-open feedback about a service."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone, translation
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from surveys.engine.questionnaire import Questionnaire
from surveys.engine.scales import SCALES
from surveys.engine.wording import Words, fill
from surveys.models import BusinessService, Question
from surveys.public.form import COMMENT_LENGTH, AnswerForm
from surveys.public.pages import browser_words, message, not_now, page
from surveys.sender import sender_of
from surveys.services.open_feedback import store_feedback
from surveys.short_memory import count_up
from surveys.wakeups import COMMENT_SWEEP, wake
from xla_service.databases import AWAY

HOUR = 3600
MOST_PER_NETWORK = 30  # an office is one network
MOST_PER_SERVICE = 300
TOO_MANY = 429


# Nothing here knows who sends: there is no session that a foreign page could misuse.
@method_decorator(csrf_exempt, name="dispatch")
class FeedbackView(View):
    """Always-open feedback about one service; portals named in XLA_EMBED_ORIGINS may show it in a frame."""

    service: BusinessService
    words: Words

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer, in a frame too where a portal may show it."""
        try:
            response = self._answered(request, *args, **kwargs)
        except AWAY:
            response = not_now(request)
        if settings.EMBED_ORIGINS:
            response._csp_replace = {"frame-ancestors": settings.EMBED_ORIGINS}  # type: ignore[attr-defined]
            response.xframe_options_exempt = True  # type: ignore[attr-defined]
        return response

    def _answered(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Find the service and answer in the browser's language."""
        service = BusinessService.objects.live().filter(key=kwargs["key"]).first()
        if service is None:
            raise Http404
        self.service = service
        self.words = browser_words(request)
        with translation.override(self.words.code):
            return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, key: str) -> HttpResponse:
        """Show the form."""
        return self._show(request, self._form())

    def post(self, request: HttpRequest, key: str) -> HttpResponse:
        """Store the feedback and say thank you."""
        form = self._form(data=request.POST)
        if not form.is_valid():
            return self._show(request, form, status=400)
        if self._is_too_much(request):
            return message(
                request, self.words, self.words.too_many, self.words.too_many_text, status=TOO_MANY
            )
        store_feedback(
            self.service,
            rating=form.cleaned_data["rating"],
            comment=form.cleaned_data["comment"],
            language=self.words.code,
            now=timezone.now(),
        )
        wake(COMMENT_SWEEP)
        return message(request, self.words, self.words.thanks, self.words.feedback_readers)

    def _is_too_much(self, request: HttpRequest) -> bool:
        network = sender_of(request).network_hash
        of_network = count_up(f"feedback-{self.service.pk}-{network}", seconds=HOUR)
        of_service = count_up(f"feedback-{self.service.pk}", seconds=HOUR)
        return of_network > MOST_PER_NETWORK or of_service > MOST_PER_SERVICE

    def _form(self, **values: Any) -> AnswerForm:
        questions = Questionnaire(
            scale=SCALES[Question.Scale.SATISFACTION],
            rating=fill(self.words.feedback, service=self.service.name),
            comment=self.words.comment,
        )
        return AnswerForm(questionnaire=questions, words=self.words, **values)

    def _show(self, request: HttpRequest, form: AnswerForm, *, status: int = 200) -> HttpResponse:
        context = {
            "words": self.words,
            "heading": fill(self.words.feedback, service=self.service.name),
            "form": form,
            "comment_length": COMMENT_LENGTH,
        }
        return page(request, "feedback", context, status=status)
