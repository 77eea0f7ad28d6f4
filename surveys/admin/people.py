"""Those who sign in and those who are asked."""

from __future__ import annotations

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as StockUserAdmin
from django.http import HttpRequest

from surveys.models import OptOut, Person, User
from surveys.services.people import ADDRESS_STATE


@admin.register(User)
class UserAdmin(StockUserAdmin):
    """People who sign in; the role says which services they see."""

    list_display = ("username", "email", "role", "is_active", "last_login")
    list_filter = ("role", "is_active")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Person", {"fields": ("first_name", "last_name", "email", "language", "time_zone")}),
        ("Rights", {"fields": ("role", "is_active", "is_superuser", "user_permissions")}),
    )
    add_fieldsets = (
        (None, {"classes": ("wide",), "fields": ("username", "email", "role", "password1", "password2")}),
    )


class OptOutInline(admin.TabularInline):
    """The surveys that the person does not want."""

    model = OptOut
    extra = 0


class PersonForm(forms.ModelForm):
    """A person; the address is kept as ticket systems are read, in small letters."""

    def clean_email(self) -> str:
        """Return the address by which the next ticket finds this person again."""
        address: str = self.cleaned_data["email"]
        return address.lower()


@admin.register(Person)
class PersonAdmin(admin.ModelAdmin):
    """People whose tickets are resolved."""

    form = PersonForm
    list_display = (
        "name",
        "email",
        "external_id",
        "site",
        "language",
        "is_shared_account",
        "address_failed_at",
    )
    list_filter = ("is_shared_account", "is_manager", ("address_failed_at", admin.EmptyFieldListFilter))
    search_fields = ("name", "email", "external_id")
    readonly_fields = ("erased_at",)
    show_full_result_count = False
    inlines = (OptOutInline,)

    def save_model(self, request: HttpRequest, obj: Person, form: PersonForm, change: bool) -> None:
        """Store the person; a new address is trusted again."""
        if "email" in form.changed_data:
            for name, value in ADDRESS_STATE.items():
                setattr(obj, name, value)
        super().save_model(request, obj, form, change)
