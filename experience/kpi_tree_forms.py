"""The forms of the KPI tree: a goal, a factor, and the indicators that show how a factor goes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from experience.forms import OwnerField, users_to_choose
from experience.models import BusinessGoal, Indicator, SuccessFactor
from experience.selectors.agreements import newest_indicators
from experience.services.kpi_tree import FactorFacts, GoalFacts, ShownBy
from experience.words import indicator_words
from surveys.models import User
from surveys.staff.rule_form import PercentField

USUAL_SHARE = 0.8
_OUT_OF_RANGE = _("A share lies above 0 and is at most 100.")


class GoalForm(forms.Form):
    """What the business wants."""

    name = forms.CharField(
        label=_("What the business wants"),
        max_length=160,
        help_text=_("As people say it: people get back to work quickly."),
        error_messages={"required": _("Say what the business wants.")},
    )
    owner = OwnerField()
    description = forms.CharField(
        label=_("Why it matters"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, data: Any, *, facts: GoalFacts | None, goal: BusinessGoal | None = None) -> None:
        given = {name: getattr(facts, name) for name in facts.__slots__} if facts else {}
        super().__init__(data, initial=given)
        self.goal = goal
        self.fields["owner"].offer(facts.owner if facts else None)  # type: ignore[attr-defined]

    def clean_name(self) -> str:
        """Return the name; two goals of one name cannot be told apart."""
        name: str = self.cleaned_data["name"]
        others = BusinessGoal.objects.exclude(pk=self.goal.pk if self.goal else None)
        if others.filter(name__iexact=name).exists():
            raise forms.ValidationError(_now("Another goal has this name. Choose one of its own."))
        return name

    def facts(self) -> GoalFacts:
        """Return what a valid form says."""
        return GoalFacts(**self.cleaned_data)


class FactorForm(forms.Form):
    """What has to go well for a goal, and where in the tree it hangs."""

    name = forms.CharField(
        label=_("What has to go well"),
        max_length=160,
        help_text=_("One thing: faults are gone for good."),
        error_messages={"required": _("Say what has to go well.")},
    )
    value_stream = forms.ChoiceField(
        label=_("Value stream"),
        choices=SuccessFactor.ValueStream.choices,
        help_text=_("Its indicators count the services of this value stream."),
    )
    goal = forms.ModelChoiceField(
        BusinessGoal.objects.all(),
        label=_("For the goal"),
        empty_label=None,
        help_text=_("Another one moves it there."),
    )
    owner = OwnerField()

    def __init__(self, data: Any, *, facts: FactorFacts, factor: SuccessFactor | None = None) -> None:
        names = ("name", "value_stream", "goal", "owner")
        super().__init__(data, initial={name: getattr(facts, name) for name in names})
        self.factor = factor
        self.fields["owner"].offer(facts.owner)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Refuse a second factor of the same name at the same place."""
        typed = super().clean() or {}
        place = {name: typed.get(name) for name in ("goal", "value_stream", "name")}
        others = SuccessFactor.objects.exclude(pk=self.factor.pk if self.factor else None)
        if all(place.values()) and others.filter(**place).exists():
            self.add_error("name", _now("This goal has such a factor in this value stream. Name it apart."))
        return typed


class ShownByForm(forms.Form):
    """One indicator of a factor. What is offered comes from outside, read once for all lines."""

    indicator = forms.TypedChoiceField(
        label=_("Indicator"),
        error_messages={"required": _("Choose an indicator, or leave the line as it was.")},
    )
    owner = forms.TypedChoiceField(label=_("Owner"), required=False, empty_value=None)
    target_share = PercentField(
        label=_("Services on target, %"),
        min_value=0.0001,
        max_value=1,
        initial=USUAL_SHARE,
        error_messages={
            "required": _("Say how many services are to be on target: 80 for 80 %."),
            "invalid": _("Write it as a number: 80 for 80 %."),
            "min_value": _OUT_OF_RANGE,
            "max_value": _OUT_OF_RANGE,
        },
    )

    def __init__(
        self, *args: Any, indicators: Mapping[str, Indicator], people: Mapping[str, User], **options: Any
    ) -> None:
        super().__init__(*args, **options)
        names = [(key, indicator_words(each.name)) for key, each in indicators.items()]
        owners = [(key, each.called) for key, each in people.items()]
        self._offer("indicator", _now("Choose an indicator"), names, indicators)
        self._offer("owner", _now("Nobody yet"), owners, people)

    def _offer(
        self, name: str, nothing: str, choices: list[tuple[str, str]], found: Mapping[str, Any]
    ) -> None:
        field: Any = self.fields[name]
        field.choices = [("", nothing), *choices]
        field.coerce = found.__getitem__

    def shown_by(self) -> ShownBy:
        """Return what a valid line says."""
        return ShownBy(**{name: self.cleaned_data[name] for name in ShownBy.__slots__})


class _ShownByLines(forms.BaseFormSet):  # type: ignore[type-arg]
    """The indicators of a factor, and a line for one more."""

    def clean(self) -> None:
        """Refuse an indicator that stands there twice."""
        seen: set[Indicator] = set()
        for line in self.kept():
            indicator = line.cleaned_data["indicator"]
            if indicator in seen:
                line.add_error("indicator", _now("It stands here twice. Take one of the two away."))
            seen.add(indicator)

    def kept(self) -> list[ShownByForm]:
        """Return the valid lines that say something and are not taken away."""
        return [line for line in self.forms if line.is_valid() and _is_kept(line.cleaned_data)]


def _is_kept(typed: Mapping[str, Any]) -> bool:
    return bool(typed.get("indicator")) and not typed["DELETE"]


_Lines = forms.formset_factory(ShownByForm, formset=_ShownByLines, extra=1, can_delete=True)


class FactorPage:
    """The form of a factor and the lines of its indicators, sent and judged as one."""

    def __init__(self, data: Any, *, facts: FactorFacts, factor: SuccessFactor | None = None) -> None:
        self.about = FactorForm(data, facts=facts, factor=factor)
        self.lines: Any = _Lines(
            data,
            initial=[_typed(shown) for shown in facts.indicators],
            prefix="shown",
            form_kwargs={"indicators": _offered(facts), "people": _people(facts)},
        )

    def is_valid(self) -> bool:
        """Say whether both can be kept; their errors stand in both."""
        return all([self.about.is_valid(), self.lines.is_valid()])

    def facts(self) -> FactorFacts:
        """Return what valid forms say."""
        shown = tuple(line.shown_by() for line in self.lines.kept())
        return FactorFacts(**self.about.cleaned_data, indicators=shown)


def _typed(shown: ShownBy) -> dict[str, Any]:
    owner = str(shown.owner.pk) if shown.owner else ""
    return {"indicator": shown.indicator.key, "owner": owner, "target_share": shown.target_share}


def _offered(facts: FactorFacts) -> dict[str, Indicator]:
    """Return the indicators by key in their newest version, or the one that the factor has already."""
    found = newest_indicators() | {shown.indicator.key: shown.indicator for shown in facts.indicators}
    return dict(sorted(found.items(), key=lambda each: (each[1].stream, each[1].name)))


def _people(facts: FactorFacts) -> dict[str, User]:
    own = [shown.owner for shown in facts.indicators if shown.owner]
    return {str(user.pk): user for user in users_to_choose(own)}
