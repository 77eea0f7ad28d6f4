"""Addresses of the judging side."""

from django.urls import URLPattern, path, re_path

from experience.api.metrics import MetricsView
from experience.api.results import ResultsView
from experience.api.signals import SignalsView
from experience.api.texts import TextsView
from experience.views import agreement_editor, gap_inbox, improvements, kpi_tree
from experience.views import agreements as agreement_pages
from experience.views import setup as guide
from experience.views.agreement_results import agreement_results
from experience.views.catalogue import catalogue, catalogue_service, sla_take_back
from experience.views.comments import comments, looked_at
from experience.views.health import health
from experience.views.jobs import job
from experience.views.portfolio import drop_view, export, portfolio, rename_view, save_view
from experience.views.prometheus import prometheus, prometheus_remove
from experience.views.reviews import executive_operations, executive_page, review, reviews
from experience.views.service import answers, service
from experience.views.silent_samples import silent_draw, silent_list, silent_sample, silent_step

urlpatterns: list[URLPattern] = [
    path("api/v1/results/", ResultsView.as_view(), name="api-results"),
    path("metrics", MetricsView.as_view(), name="metrics"),
    path("api/v1/signals/", SignalsView.as_view(), name="signals"),
    path("api/v1/texts/", TextsView.as_view(), name="texts"),
    path("", portfolio, name="portfolio"),
    re_path(r"^portfolio\.(?P<kind>csv|xlsx)$", export, name="portfolio-export"),
    path("views/", save_view, name="view-save"),
    path("views/<int:pk>/rename/", rename_view, name="view-rename"),
    path("views/<int:pk>/drop/", drop_view, name="view-drop"),
    path("services/<slug:key>/", service, name="service"),
    path("services/<slug:key>/answers/", answers, name="service-answers"),
    re_path(
        r"^services/(?P<key>[\w-]+)/(?P<tab>why|time|people|comments|tickets|compare)/$",
        service,
        name="service-tab",
    ),
    path("services/<slug:key>/silent/draw/", silent_draw, name="silent-draw"),
    re_path(
        r"^services/(?P<key>[\w-]+)/silent/(?P<month>\d{4}-\d{2})/$", silent_sample, name="silent-sample"
    ),
    re_path(
        r"^services/(?P<key>[\w-]+)/silent/(?P<month>\d{4}-\d{2})\.csv$", silent_list, name="silent-list"
    ),
    re_path(
        r"^services/(?P<key>[\w-]+)/silent/(?P<month>\d{4}-\d{2})/(?P<step>end|cancel)/$",
        silent_step,
        name="silent-step",
    ),
    path("comments/", comments, name="comments"),
    path("comments/<int:pk>/looked-at/", looked_at, name="comment-looked-at"),
    path("gaps/", gap_inbox.gaps, name="gaps"),
    path("gaps/<int:pk>/", gap_inbox.gap, name="gap"),
    path("gaps/<int:pk>/take/", gap_inbox.take_in_hand, name="gap-take"),
    path("gaps/<int:pk>/give/", gap_inbox.give, name="gap-give"),
    path("gaps/<int:pk>/set-aside/", gap_inbox.dismiss, name="gap-set-aside"),
    path("gaps/<int:pk>/undo/", gap_inbox.undo, name="gap-undo"),
    path("gaps/<int:pk>/plan/", improvements.plan, name="gap-plan"),
    path("agreements/", agreement_pages.agreements, name="agreements"),
    path("agreements/new/", agreement_pages.new_agreement, name="agreement-new"),
    path("agreements/<slug:key>/", agreement_pages.agreement, name="agreement"),
    path("agreements/<slug:key>/results/", agreement_results, name="agreement-results"),
    path("agreements/<slug:key>/edit/", agreement_editor.edit, name="agreement-edit"),
    path("agreements/<slug:key>/rehearsal/", agreement_editor.rehearsal, name="agreement-rehearsal"),
    path("agreements/<slug:key>/propose/", agreement_pages.propose_targets, name="agreement-propose"),
    path("agreements/<slug:key>/undo/", agreement_pages.undo_publishing, name="agreement-undo"),
    path("kpi-tree/", kpi_tree.kpi_tree, name="kpi-tree"),
    path("kpi-tree/goals/new/", kpi_tree.goal_new, name="kpi-goal-new"),
    path("kpi-tree/goals/<int:pk>/", kpi_tree.goal, name="kpi-goal"),
    path("kpi-tree/goals/<int:pk>/remove/", kpi_tree.goal_remove, name="kpi-goal-remove"),
    path("kpi-tree/goals/<int:pk>/factors/new/", kpi_tree.factor_new, name="kpi-factor-new"),
    path("kpi-tree/factors/<int:pk>/", kpi_tree.factor, name="kpi-factor"),
    path("kpi-tree/factors/<int:pk>/remove/", kpi_tree.factor_remove, name="kpi-factor-remove"),
    path("executive/", executive_page, name="executive"),
    path("executive/operations/", executive_operations, name="executive-operations"),
    path("reviews/", reviews, name="reviews"),
    re_path(r"^services/(?P<key>[\w-]+)/review/(?P<month>\d{4}-\d{2})/$", review, name="review"),
    path("data/prometheus/", prometheus, name="prometheus"),
    path("data/prometheus/<int:key>/take-away/", prometheus_remove, name="prometheus-remove"),
    path("health/", health, name="health"),
    path("catalogue/", catalogue, name="catalogue"),
    path("catalogue/<slug:key>/", catalogue_service, name="catalogue-service"),
    path("catalogue/<slug:key>/slas/<int:pk>/take-back/", sla_take_back, name="sla-take-back"),
    path("setup/", guide.setup, name="setup"),
    path("setup/services/", guide.setup_services, name="setup-services"),
    path("setup/tickets/", guide.setup_tickets, name="setup-tickets"),
    path("setup/survey/", guide.setup_survey, name="setup-survey"),
    path("setup/agreement/", guide.setup_agreement, name="setup-agreement"),
    path("setup/results/", guide.setup_result, name="setup-result"),
    path("setup/sample/", guide.setup_sample, name="setup-sample"),
    path("jobs/<int:pk>/", job, name="job"),
    path("actions/", improvements.improvement_list, name="improvements"),
    re_path(
        r"^actions/(?P<pk>\d+)/(?P<step>done|give-up|take-back)/$",
        improvements.move_improvement,
        name="improvement-step",
    ),
]
