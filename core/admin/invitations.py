"""The pages of invitations: invite, send again, withdraw. A link is shown once, to be copied, and never again."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther

from core.admin.users import RIGHT, giver_in
from core.audit import write_down
from core.users import links, mails, service
from core.users.administration import NotAllowed, role_of
from core.users.forms import InviteForm, made
from core.users.models import Invitation


def includeme(config: Any) -> None:
    """The routes and who answers them."""
    config.add_route("admin.invite", "/admin/users/invite")
    for method, view in (("GET", form_page), ("POST", invite)):
        options = {"renderer": "admin/invite.jinja2", "permission": RIGHT, "request_method": method}
        config.add_view(view, route_name="admin.invite", **options)
    config.add_route("admin.invitation.again", "/admin/invitations/{id:[0-9]{1,9}}/again", request_method="POST")
    config.add_view(again, route_name="admin.invitation.again", renderer="admin/invite.jinja2", permission=RIGHT)
    config.add_route("admin.invitation.withdraw", "/admin/invitations/{id:[0-9]{1,9}}/withdraw", request_method="POST")
    config.add_view(withdraw, route_name="admin.invitation.withdraw", permission=RIGHT)


def form_page(request: Any) -> dict[str, Any]:
    """Whom to invite."""
    return _page(request, made(InviteForm, request, role="reader"))


def invite(request: Any) -> dict[str, Any]:
    """Invite somebody; the answer shows the link, this once."""
    form = made(InviteForm, request)
    form.role.offer(service.all_roles(request.dbsession))
    if not form.validate():
        return _page(request, form, status=422)
    try:
        invitation, token = _invite(request, form)
    except NotAllowed as refusal:
        form.role.errors = [str(refusal)]
    except ValueError as refusal:
        form.email.errors = [str(refusal)]
    else:
        return _send(request, invitation, token, "user.invited")
    return _page(request, form, status=422)


def _invite(request: Any, form: Any) -> tuple[Invitation, str]:
    role = role_of(request.dbsession, form.role.data)
    giver_in(request).check(role.rights)
    return links.invite(
        request.dbsession,
        name=form.name.data,
        email=form.email.data,
        role=role,
        by=request.identity.id,
        when=request.clock.now(),
    )


def again(request: Any) -> Any:
    """Send a new link in place of the old one."""
    invitation = _invitation(request)
    try:
        giver_in(request).check(invitation.role.rights)
    except NotAllowed as refusal:
        request.session.flash(str(refusal), "error")
        return HTTPSeeOther("/admin/users")
    token = links.renew(request.dbsession, invitation, request.clock.now())
    return _send(request, invitation, token, "user.invited again")


def withdraw(request: Any) -> Any:
    """Make the link void."""
    invitation = _invitation(request)
    write_down(request, "invitation.withdrawn", kind="invitations", record_id=invitation.id, old=_told(invitation))
    request.dbsession.delete(invitation)
    request.session.flash(f"The invitation of {invitation.name} was withdrawn. Its link works no more.", "success")
    return HTTPSeeOther("/admin/users")


def _send(request: Any, invitation: Invitation, token: str, deed: str) -> dict[str, Any]:
    home = request.services.settings.url
    link = f"{home}/welcome/{token}"
    subject, text = mails.invitation(name=invitation.name, by=request.identity.name, link=link, home=home)
    request.send_mail(invitation.email, subject, text, useful_until=invitation.expires_at)
    write_down(request, deed, kind="invitations", record_id=invitation.id, new=_told(invitation))
    return _page(request, None, invitation=invitation, link=link)


def _invitation(request: Any) -> Invitation:
    found = request.dbsession.get(Invitation, int(request.matchdict["id"]))
    if found is None:
        raise HTTPNotFound()
    invitation: Invitation = found
    return invitation


def _told(invitation: Invitation) -> dict[str, object]:
    return {"name": invitation.name, "email": invitation.email, "role": invitation.role.key}


def _page(request: Any, form: Any, *, status: int = 200, invitation: Any = None, link: str = "") -> dict[str, Any]:
    request.response.status_int = status
    if form is not None:
        form.role.offer(service.all_roles(request.dbsession))
    return {"form": form, "invitation": invitation, "link": link, "written": request.registry.mail_goes_to}
