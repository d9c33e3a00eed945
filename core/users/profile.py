"""The page on which people look after themselves: name, e-mail, style, password, and where they are logged in."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from wtforms import Form, StringField
from wtforms.validators import ValidationError

from core import formats
from core.audit import write_down
from core.forms import number_in, one_line, typed_in
from core.users import links, sessions
from core.users.forms import Choice, OwnPasswordForm, email_field, made, name_field, old_password_field
from core.users.models import User
from core.users.passwords import matches
from core.users.style import zone_called, zones
from core.users.views import TOO_MANY

SAVED = ("name", "email", "time_zone", "numbers", "dates", "theme")
LOOKS = {"auto": "As the device has it", "light": "Light", "dark": "Dark"}
WRONG = "This is not your present password."


class ProfileForm(Form):
    """What people change about themselves."""

    name = name_field()
    email = email_field()
    old = old_password_field("Present password", "Only needed for another e-mail: links for a new password go there.")
    time_zone = StringField(
        "Time zone", filters=[one_line], render_kw={"list": "zones", "autocomplete": "off", "spellcheck": "false"}
    )
    numbers = Choice("Numbers", formats.NUMBER_STYLES)
    dates = Choice("Dates", formats.DATE_STYLES)
    theme = Choice("Look", LOOKS)

    def validate_time_zone(self, field: Any) -> None:
        """A zone that there is; nothing for the installation's."""
        found = zone_called(field.data)
        if field.data and not found:
            raise ValidationError("Choose a time zone of the list, such as Pacific/Auckland or Europe/Berlin.")
        field.data = found


def includeme(config: Any) -> None:
    """The routes and who answers them."""
    config.add_route("profile", "/profile")
    page = {"renderer": "users/profile.jinja2", "route_name": "profile"}
    config.add_view(show, request_method="GET", **page)
    config.add_view(save, request_method="POST", **page)
    config.add_route("profile.password", "/profile/password", request_method="POST")
    config.add_view(change_password, route_name="profile.password", renderer="users/profile.jinja2")
    config.add_route("profile.sign_out", "/profile/sign-out", request_method="POST")
    config.add_view(sign_out, route_name="profile.sign_out")


def show(request: Any) -> dict[str, Any]:
    """The page."""
    return _page(request, _me(request))


def save(request: Any) -> Any:
    """Change what concerns oneself."""
    user, form = _me(request), made(ProfileForm, request)
    moves = form.validate() and form.email.data != user.email
    problem = _wrong_password(request, user, form.old.data) if moves else ""
    if problem:
        form.old.errors = [problem]
    if form.errors or problem:
        return _page(request, user, form=form)
    _take(request, user, form)
    request.session.flash("Your profile was saved.", "success")
    return HTTPSeeOther("/profile")


def _take(request: Any, user: User, form: Any) -> None:
    """Put what was typed into the user; name and e-mail are written down, for they say who somebody is."""
    before = {name: getattr(user, name) for name in SAVED}
    for name in SAVED:
        setattr(user, name, form[name].data)
    changed = [name for name in ("name", "email") if before[name] != getattr(user, name)]
    if changed:
        old, new = {name: before[name] for name in changed}, {name: getattr(user, name) for name in changed}
        write_down(request, "user.changed", kind="users", record_id=user.id, old=old, new=new)


def change_password(request: Any) -> Any:
    """Another password, for who knows the old one. All other log-ins end."""
    user, form = _me(request), made(OwnPasswordForm, request)
    form.about = (user.name, user.login, user.email)
    fine = form.validate()
    if problem := _wrong_password(request, user, form.old.data):
        form.old.errors = [problem]
    if not fine or problem:
        return _page(request, user, password=form)
    links.set_password(request.dbsession, user, form.password.data, but=request.identity.session_id)
    write_down(request, "user.password changed", kind="users", record_id=user.id)
    request.session.flash("Your password was changed. You are signed out everywhere else.", "success")
    return HTTPSeeOther("/profile")


def sign_out(request: Any) -> Any:
    """End one log-in of one's own, or all others."""
    me, mine = request.identity.id, request.identity.session_id
    if typed_in(request.POST, "id") == "others":
        count = sessions.end_all(request.dbsession, me, but=mine)
        told = f"You are signed out of {count} other browser{'' if count == 1 else 's'}."
    else:
        ended = sessions.end(request.dbsession, me, number_in(typed_in(request.POST, "id")))
        told = "That browser is signed out." if ended else "That browser was signed out already."
    request.session.flash(told, "success")
    return HTTPSeeOther("/profile")


def _me(request: Any) -> User:
    user: User = request.dbsession.get_one(User, request.identity.id)
    return user


def _wrong_password(request: Any, user: User, password: str) -> str:
    """What is wrong with the old password; tries are counted as those of a log-in are."""
    throttle, address = request.registry.login_throttle, request.remote_addr or ""
    if not throttle.may_try(user.login, address):
        return TOO_MANY
    if matches(user.password_hash, password):
        return ""
    throttle.failed(user.login, address)
    return WRONG


def _page(request: Any, user: User, *, form: Any = None, password: Any = None) -> dict[str, Any]:
    request.response.status_int = 200 if form is None and password is None else 422
    stored = {name: getattr(user, name) for name in SAVED}
    stored |= {"numbers": user.numbers or "comma", "dates": user.dates or "words"}
    return {
        "form": form or ProfileForm(data=stored),
        "password": password or OwnPasswordForm(),
        "user": user,
        "zones": zones(),
        "zone": request.registry.time_zone,
        "places": sessions.places(request.dbsession, user.id, request.clock.now(), request.identity.session_id),
        "now": request.clock.now(),
    }
