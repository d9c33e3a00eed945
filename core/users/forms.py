"""What people type about themselves and about users."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from markupsafe import Markup
from wtforms import Field, Form, PasswordField, StringField
from wtforms.validators import InputRequired, Length, StopValidation, ValidationError
from wtforms.widgets import html_params

from core.forms import as_text, can_be_seen, is_email_address, one_line
from core.users.passwords import LONGEST, SHORTEST, problem_with

_SELECTED = Markup(" selected")
_LOGIN = re.compile(r"[\w.@+-]{2,80}")
GOOD_PASSWORD = f"At least {SHORTEST} characters; three or four words that do not belong together are good."


class Written:
    """Something that can be seen must be written."""

    field_flags = {"required": True}

    def __init__(self, sentence: str) -> None:
        self._sentence = sentence

    def __call__(self, form: Any, field: Any) -> None:
        """Refuse what is empty."""
        if not can_be_seen(field.data or ""):
            field.errors = []
            raise StopValidation(self._sentence)


def at_most(longest: int) -> Length:
    """Refuse what is longer."""
    return Length(max=longest, message=f"Write at most {longest} characters.")


def one_address(form: Any, field: Any) -> None:
    """Refuse what is no e-mail address; nothing is fine."""
    if field.data and not is_email_address(field.data):
        raise ValidationError("Write one e-mail address, such as name@example.com.")


def name_field() -> StringField:
    """A person's name."""
    options: dict[str, Any] = {"autocomplete": "name", "maxlength": 160}
    return StringField(
        "Name", filters=[one_line], validators=[Written("Write a name."), at_most(160)], render_kw=options
    )


def email_field(*, required: bool = False) -> StringField:
    """A person's e-mail."""
    needed = [Written("Write an e-mail address.")] if required else []
    options: dict[str, Any] = {"type": "email", "maxlength": 254, "autocomplete": "email"}
    return StringField("E-mail", filters=[one_line], validators=[*needed, at_most(254), one_address], render_kw=options)


def old_password_field(label: str, description: str = "", **more: Any) -> PasswordField:
    """The password that somebody has."""
    options = {"autocomplete": "current-password", "maxlength": LONGEST}
    return PasswordField(label, filters=[as_text], description=description, render_kw=options, **more)


class PasswordPart(Form):
    """A password that somebody chooses, typed twice. `about` is what others know of the person."""

    password = PasswordField(
        "New password",
        filters=[as_text],
        validators=[InputRequired("Write a password.")],
        description=GOOD_PASSWORD,
        render_kw={"autocomplete": "new-password", "maxlength": LONGEST},
    )
    again = PasswordField(
        "The same once more",
        filters=[as_text],
        validators=[InputRequired("Write the password once more.")],
        render_kw={"autocomplete": "new-password", "maxlength": LONGEST},
    )
    about: tuple[str, ...] = ()

    def validate_password(self, field: Any) -> None:
        """Long and strong enough."""
        if problem := problem_with(field.data, *self.about):
            raise ValidationError(problem)

    def validate_again(self, field: Any) -> None:
        """Typed the same twice."""
        if field.data != self.password.data:
            raise ValidationError("The two passwords differ.")


class WelcomeForm(PasswordPart):
    """What an invited person chooses."""

    name = name_field()
    login = StringField(
        "Log-in name",
        filters=[one_line],
        validators=[Written("Write a log-in name."), at_most(80)],
        description="What you type to log in: letters, digits, and . _ - @ +",
        render_kw={"autocomplete": "username", "maxlength": 80, "autocapitalize": "none", "spellcheck": "false"},
    )

    def validate_login(self, field: Any) -> None:
        """Letters, digits and a few signs."""
        if not _LOGIN.fullmatch(field.data):
            raise ValidationError("Write 2 to 80 letters, digits or . _ - @ + without blanks.")

    def validate_password(self, field: Any) -> None:
        """Long and strong enough, and not made of the name."""
        self.about = (*self.about, str(self.name.data), str(self.login.data))
        super().validate_password(field)


class NewPasswordForm(PasswordPart):
    """A new password, by a link."""


class OwnPasswordForm(PasswordPart):
    """A new password, by the one who has one."""

    old = old_password_field("Present password", id="present")


class Choice(Field):
    """One of a few: keys and what people read for them."""

    def __init__(self, label: str, offered: Mapping[str, str] | None = None, **options: Any) -> None:
        super().__init__(label, **options)
        self.offered: Mapping[str, str] = offered or {}

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Keep what was chosen."""
        if valuelist:
            self.data = str(valuelist[0])[:100]

    def pre_validate(self, form: Any) -> None:
        """Refuse what is not in the list."""
        if self.data not in self.offered:
            raise StopValidation("Choose one of the list.")

    def widget(self, field: Any, **attributes: Any) -> Markup:
        """A list to choose from."""
        options = Markup("").join(
            Markup('<option value="{}"{}>{}</option>').format(key, _SELECTED if key == self.data else "", text)
            for key, text in self.offered.items()
        )
        return Markup("<select {}>{}</select>").format(
            Markup(html_params(id=self.id, name=self.name, **attributes)),  # noqa: S704 - WTForms escapes it
            options,
        )


class RoleChoice(Choice):
    """One of the roles, by its key."""

    def offer(self, roles: Iterable[Any]) -> None:
        """The roles to choose from."""
        self.offered = {role.key: role.title for role in roles}


class InviteForm(Form):
    """Whom to invite, and as what."""

    name = name_field()
    email = email_field(required=True)
    role = RoleChoice("Role")


class UserForm(Form):
    """What an administrator may change about a user."""

    name = name_field()
    email = email_field()
    role = RoleChoice("Role")


def made(kind: type[Any], request: Any, **values: Any) -> Any:
    """A form of a kind: filled from the post where there is one, from `values` otherwise.

    What a hostile post sends in place of texts (files) is taken for nothing.
    """
    return kind(_OnlyTexts(request.POST) if request.method == "POST" else None, data=values)


class _OnlyTexts:
    """A post as WTForms reads it, without files."""

    def __init__(self, post: Any) -> None:
        self._post = post

    def __contains__(self, name: str) -> bool:
        return name in self._post

    def __iter__(self) -> Any:
        return iter(self._post)

    def __len__(self) -> int:
        return len(self._post)

    def getlist(self, name: str) -> list[str]:
        """The texts of that name."""
        return [value for value in self._post.getall(name) if isinstance(value, str)]
