"""Addresses of the asking side."""

from django.urls import path, re_path

from surveys.api.answers import AnswersView
from surveys.api.asking import PreviewRuleView, WhyAskedView
from surveys.api.intake import IntakeView
from surveys.api.people import PeopleView
from surveys.public.again import AgainView
from surveys.public.answer import AnswerView, ClickView, TrapView
from surveys.public.feedback import FeedbackView
from surveys.public.mended_link import mended_link
from surveys.public.rating_link import rate
from surveys.public.thanks import ContactView, MeantView, ThanksView
from surveys.public.trial import survey_trial
from surveys.public.unsubscribe import UnsubscribeView
from surveys.staff.api_keys import api_key_revoke, api_keys
from surveys.staff.audit import answer_audit
from surveys.staff.feedback import feedback_card, feedback_qr, open_feedback
from surveys.staff.follow_ups import follow_up_done, follow_ups, receiver_name, receiver_take_away
from surveys.staff.history import person_history
from surveys.staff.inbound import inbound, replay
from surveys.staff.mail import failed_mail, send_failed_again
from surveys.staff.notices import notice_take_back, notices
from surveys.staff.people import people, people_import, person_download, person_erase, proposal_settle
from surveys.staff.rules import sending_rule, sending_rules
from surveys.staff.sources import (
    source,
    source_alias,
    source_new,
    source_preview,
    source_secret,
    source_switch,
    sources,
)
from surveys.staff.survey_designer import survey_design
from surveys.staff.survey_preview import survey_preview, survey_preview_style
from surveys.staff.surveys import new_survey, survey_list, survey_versions
from surveys.staff.translations import translation, translations
from surveys.staff.users import audit_log, user_change, users
from surveys.staff.webhooks import (
    webhook_again,
    webhook_delivery_again,
    webhook_kinds,
    webhook_secret,
    webhook_switch,
    webhook_take_away,
    webhook_test,
    webhooks,
)
from surveys.staff.why import why_asked

urlpatterns = [
    path("users/", users, name="users"),
    path("users/<int:key>/", user_change, name="user-change"),
    path("api-keys/", api_keys, name="api-keys"),
    path("api-keys/<int:key>/revoke/", api_key_revoke, name="api-key-revoke"),
    path("audit-log/", audit_log, name="audit-log"),
    path("webhooks/", webhooks, name="webhooks"),
    path("webhooks/<int:key>/test/", webhook_test, name="webhook-test"),
    path("webhooks/<int:key>/switch/", webhook_switch, name="webhook-switch"),
    path("webhooks/<int:key>/secret/", webhook_secret, name="webhook-secret"),
    path("webhooks/<int:key>/take-away/", webhook_take_away, name="webhook-take-away"),
    path("webhooks/<int:key>/kinds/", webhook_kinds, name="webhook-kinds"),
    path("webhooks/deliveries/<int:key>/again/", webhook_again, name="webhook-again"),
    path("webhooks/posts/<int:key>/again/", webhook_delivery_again, name="webhook-delivery-again"),
    path("data/sources/", sources, name="sources"),
    path("data/sources/new/", source_new, name="source-new"),
    path("data/sources/<slug:key>/", source, name="source"),
    path("data/sources/<slug:key>/preview/", source_preview, name="source-preview"),
    path("data/sources/<slug:key>/secret/", source_secret, name="source-secret"),
    path("data/sources/<slug:key>/switch/", source_switch, name="source-switch"),
    path("data/sources/<slug:key>/service/", source_alias, name="source-alias"),
    path("data/inbound/", inbound, name="inbound"),
    path("data/inbound/replay/", replay, name="inbound-replay"),
    path("asking/", why_asked, name="why-asked"),
    path("asking/rules/", sending_rules, name="sending-rules"),
    path("asking/rules/<slug:survey>/", sending_rule, name="sending-rule"),
    path("asking/surveys/", survey_list, name="surveys"),
    path("asking/surveys/new/", new_survey, name="survey-new"),
    path("asking/surveys/<slug:key>/", survey_design, name="survey-design"),
    path("asking/surveys/<slug:key>/versions/", survey_versions, name="survey-versions"),
    path("asking/surveys/<slug:key>/preview/<str:kind>/", survey_preview, name="survey-preview"),
    path("asking/survey-style/<str:scheme>.css", survey_preview_style, name="survey-preview-style"),
    path("trial/<str:code>/", survey_trial, name="survey-trial"),
    path("asking/translations/", translations, name="translations"),
    path("asking/translations/<slug:survey>/<slug:code>/", translation, name="translation"),
    path("asking/people/", people, name="people"),
    path("asking/people/import/", people_import, name="people-import"),
    path("asking/people/proposals/<int:key>/", proposal_settle, name="proposal-settle"),
    path("asking/people/<int:key>/history/", person_history, name="person-history"),
    path("asking/people/<int:key>/export/", person_download, name="person-export"),
    path("asking/people/<int:key>/erase/", person_erase, name="person-erase"),
    path("asking/failed-mail/", failed_mail, name="failed-mail"),
    path("asking/failed-mail/send-again/", send_failed_again, name="send-failed-again"),
    path("api/v1/tickets/<str:number>/asking/", WhyAskedView.as_view(), name="api-why-asked"),
    path("api/v1/people/", PeopleView.as_view(), name="api-people"),
    path("api/v1/sending-rules/preview/", PreviewRuleView.as_view(), name="api-preview-rule"),
    path("api/v1/intake/<slug:source>/", IntakeView.as_view(), name="intake"),
    path("asking/not-solved/", follow_ups, name="follow-ups"),
    path("asking/not-solved/receivers/", receiver_name, name="receiver-name"),
    path("asking/not-solved/receivers/<int:key>/take-away/", receiver_take_away, name="receiver-take-away"),
    path("asking/not-solved/<int:key>/done/", follow_up_done, name="follow-up-done"),
    path("asking/feedback/", open_feedback, name="open-feedback"),
    path("asking/feedback/<slug:key>/qr.svg", feedback_qr, name="feedback-qr"),
    path("asking/feedback/<slug:key>/card/", feedback_card, name="feedback-card"),
    path("asking/notices/", notices, name="notices"),
    path("asking/notices/<int:key>/take-back/", notice_take_back, name="notice-take-back"),
    path("asking/scanners/", answer_audit, name="answer-audit"),
    path("api/v1/answers/<slug:source>/", AnswersView.as_view(), name="api-answers"),
    path("feedback/<slug:key>/", FeedbackView.as_view(), name="feedback"),
    path("rate/<slug:source>/<str:number>/", rate, name="rate"),
    path("s/<str:token>/", AnswerView.as_view(), name="answer"),
    path("s/<str:token>/again/", AgainView.as_view(), name="answer-again"),
    path("s/<str:token>/click/", ClickView.as_view(), name="answer-click"),
    path("s/<str:token>/more/", TrapView.as_view(), name="answer-more"),
    path("s/<str:token>/contact/", ContactView.as_view(), name="answer-contact"),
    path("s/<str:token>/meant/", MeantView.as_view(), name="answer-meant"),
    path("s/<str:token>/thanks/", ThanksView.as_view(), name="answer-thanks"),
    path("s/<str:token>/unsubscribe/", UnsubscribeView.as_view(), name="unsubscribe"),
    re_path(r"^(?:/|)[sS]/(?P<token>.+)$", mended_link, name="answer-mended"),
]
