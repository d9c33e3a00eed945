"""Who may call what: every route and method with an address to try and the right it takes.

`NOBODY` needs no log-in, `LOGIN` any. A route without a row here fails `test_every_route_has_a_row`.
"""

from __future__ import annotations

from dataclasses import dataclass

NOBODY, LOGIN = "", "login"
EDIT, IMPORT = "records.edit", "records.import"
STATUS, AMOUNTS = "accounting.see_status", "accounting.see_amounts"
LINK, DRAFT, MANAGE = "accounting.link", "accounting.draft", "accounting.manage_connections"
TAB = "/organizations/1/tabs/quickbooks_stub"
NO_PARTY = "/accounting/new-parties/00000000000000000000000000000000"
NO_CHANGE = "/accounting/party-changes/00000000000000000000000000000000"
NO_DRAFT_CHANGE = "/accounting/changes/00000000000000000000000000000000"
NO_DRAFT = "/accounting/drafts/00000000000000000000000000000000"


@dataclass(frozen=True)
class Row:
    """A route's name, a method, an address of it, and the right that it takes."""

    route: str
    method: str
    path: str
    right: str

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


CORE = (
    Row("healthz", "GET", "/healthz", NOBODY),
    Row("readyz", "GET", "/readyz", NOBODY),
    Row("login", "GET", "/login", NOBODY),
    Row("login", "POST", "/login", NOBODY),
    Row("forgot", "GET", "/forgot", NOBODY),
    Row("forgot", "POST", "/forgot", NOBODY),
    Row("reset", "GET", "/reset/no-such-token", NOBODY),
    Row("reset", "POST", "/reset/no-such-token", NOBODY),
    Row("welcome", "GET", "/welcome/no-such-token", NOBODY),
    Row("welcome", "POST", "/welcome/no-such-token", NOBODY),
    Row("profile", "GET", "/profile", LOGIN),
    Row("profile", "POST", "/profile", LOGIN),
    Row("profile.password", "POST", "/profile/password", LOGIN),
    Row("profile.sign_out", "POST", "/profile/sign-out", LOGIN),
    Row("profile.tokens", "GET", "/profile/tokens", LOGIN),
    Row("profile.tokens", "POST", "/profile/tokens", LOGIN),
    Row("profile.token", "GET", "/profile/tokens/1/revoke", LOGIN),
    Row("profile.token", "POST", "/profile/tokens/1/revoke", LOGIN),
    Row("home", "GET", "/", LOGIN),
    Row("theme", "POST", "/theme", LOGIN),
    Row("search", "GET", "/search?q=a", LOGIN),
    Row("search.suggest", "GET", "/search/suggest?q=a", LOGIN),
    Row("records.list", "GET", "/contacts", LOGIN),
    Row("records.export", "GET", "/contacts/export.csv?q=a", LOGIN),
    Row("records.board", "GET", "/opportunities/board", LOGIN),
    Row("records.stage", "GET", "/opportunities/1/stage", EDIT),
    Row("records.stage", "POST", "/opportunities/1/stage", EDIT),
    Row("records.views", "POST", "/contacts/views", LOGIN),
    Row("records.view", "GET", "/contacts/views/1", LOGIN),
    Row("records.view", "POST", "/contacts/views/1", LOGIN),
    Row("records.bulk", "POST", "/contacts/bulk", EDIT),
    Row("records.bulk_one", "GET", "/contacts/bulk/1", EDIT),
    Row("records.bulk_one", "POST", "/contacts/bulk/1", EDIT),
    Row("records.choices", "GET", "/organizations/choices?q=a", LOGIN),
    Row("records.show", "GET", "/organizations/1", LOGIN),
    Row("records.related", "GET", "/organizations/1/contacts", LOGIN),
    Row("records.new", "GET", "/contacts/new", EDIT),
    Row("records.new", "POST", "/contacts/new", EDIT),
    Row("records.edit", "GET", "/organizations/1/edit", EDIT),
    Row("records.edit", "POST", "/organizations/1/edit", EDIT),
    Row("records.delete", "GET", "/organizations/1/delete", EDIT),
    Row("records.delete", "POST", "/organizations/1/delete", EDIT),
    Row("records.project", "POST", "/opportunities/1/project", EDIT),
    Row("admin.stages", "GET", "/admin/stages", "records.define"),
    Row("admin.stages", "POST", "/admin/stages", "records.define"),
    Row("admin.fields", "GET", "/admin/fields", "records.define"),
    Row("admin.fields", "POST", "/admin/fields", "records.define"),
    Row("admin.field", "GET", "/admin/fields/1", "records.define"),
    Row("admin.field", "POST", "/admin/fields/1", "records.define"),
    Row("records.similar", "GET", "/contacts/similar?email=a", EDIT),
    Row("records.merge", "GET", "/organizations/1/merge/2", EDIT),
    Row("records.merge", "POST", "/organizations/1/merge/2", EDIT),
    Row("duplicates", "GET", "/duplicates", EDIT),
    Row("duplicates.apart", "POST", "/duplicates/contacts/apart", EDIT),
    Row("bin", "GET", "/bin", EDIT),
    Row("bin.restore", "POST", "/bin/contacts/1/restore", EDIT),
    Row("bin.purge", "POST", "/bin/contacts/1/purge", "records.purge"),
    Row("activity.timeline", "GET", "/organizations/1/timeline", LOGIN),
    Row("activity.notes", "POST", "/organizations/1/notes", EDIT),
    Row("activity.note_edit", "GET", "/notes/1/edit", EDIT),
    Row("activity.note_edit", "POST", "/notes/1/edit", EDIT),
    Row("activity.note_delete", "GET", "/notes/1/delete", EDIT),
    Row("activity.note_delete", "POST", "/notes/1/delete", EDIT),
    Row("activity.tasks", "GET", "/tasks", LOGIN),
    Row("activity.task", "GET", "/tasks/1", LOGIN),
    Row("activity.task_about", "GET", "/tasks/about?about=a", EDIT),
    Row("activity.task_new", "GET", "/tasks/new", EDIT),
    Row("activity.task_new", "POST", "/tasks/new", EDIT),
    Row("activity.task_edit", "GET", "/tasks/1/edit", EDIT),
    Row("activity.task_edit", "POST", "/tasks/1/edit", EDIT),
    Row("activity.task_deed", "POST", "/tasks/1/done", EDIT),
    Row("activity.task_beside", "POST", "/organizations/1/tasks", EDIT),
    Row("imports", "GET", "/imports", IMPORT),
    Row("imports.new", "GET", "/imports/new", IMPORT),
    Row("imports.new", "POST", "/imports/new", IMPORT),
    Row("imports.columns", "GET", "/imports/1/columns", IMPORT),
    Row("imports.columns", "POST", "/imports/1/columns", IMPORT),
    Row("imports.show", "GET", "/imports/1", IMPORT),
    Row("imports.start", "POST", "/imports/1/start", IMPORT),
    Row("imports.cancel", "POST", "/imports/1/cancel", IMPORT),
    Row("imports.undo", "POST", "/imports/1/undo", IMPORT),
    Row("imports.refused", "GET", "/imports/1/refused.csv", IMPORT),
    Row("imports.records", "GET", "/imports/1/made", IMPORT),
    Row("admin.plugins", "GET", "/admin/plugins", "admin.plugins"),
    Row("admin.users", "GET", "/admin/users", "admin.users"),
    Row("admin.user", "GET", "/admin/users/1", "admin.users"),
    Row("admin.user", "POST", "/admin/users/1", "admin.users"),
    Row("admin.user.deed", "POST", "/admin/users/999/sign-out", "admin.users"),
    Row("admin.user.token", "GET", "/admin/users/1/tokens/999/revoke", "admin.users"),
    Row("admin.user.token", "POST", "/admin/users/1/tokens/999/revoke", "admin.users"),
    Row("admin.invite", "GET", "/admin/users/invite", "admin.users"),
    Row("admin.invite", "POST", "/admin/users/invite", "admin.users"),
    Row("admin.invitation.again", "POST", "/admin/invitations/999/again", "admin.users"),
    Row("admin.invitation.withdraw", "POST", "/admin/invitations/999/withdraw", "admin.users"),
    Row("admin.roles", "GET", "/admin/roles", "admin.users"),
    Row("admin.role.new", "GET", "/admin/roles/new", "admin.users"),
    Row("admin.role.new", "POST", "/admin/roles/new", "admin.users"),
    Row("admin.role", "GET", "/admin/roles/1", "admin.users"),
    Row("admin.role", "POST", "/admin/roles/1", "admin.users"),
    Row("admin.role.delete", "POST", "/admin/roles/999/delete", "admin.users"),
    Row("admin.mail", "GET", "/admin/mail", "admin.mail"),
    Row("admin.mail.deed", "POST", "/admin/mail/999/retry", "admin.mail"),
    Row("admin.audit", "GET", "/admin/audit", "audit.see"),
    Row("admin.audit_file", "GET", "/admin/audit.csv", "audit.see"),
    Row("admin.styleguide", "GET", "/admin/styleguide", LOGIN),
    Row("logout", "POST", "/logout", LOGIN),
)
ACCOUNTING = (
    Row("accounting_admin", "GET", "/admin/accounting", MANAGE),
    Row("accounting_connect", "GET", "/admin/accounting/connect/quickbooks_stub/nothing", MANAGE),
    Row("accounting_connect", "POST", "/admin/accounting/connect/quickbooks_stub/nothing", MANAGE),
    Row("accounting_callback", "GET", "/accounting/callback/quickbooks_stub", MANAGE),
    Row("accounting_choose", "GET", "/admin/accounting/choose/1", MANAGE),
    Row("accounting_choose", "POST", "/admin/accounting/choose/1", MANAGE),
    Row("accounting_disconnect", "GET", "/admin/accounting/1/disconnect", MANAGE),
    Row("accounting_disconnect", "POST", "/admin/accounting/1/disconnect", MANAGE),
    Row("accounting_access", "GET", "/admin/accounting/1/access", MANAGE),
    Row("accounting_access", "POST", "/admin/accounting/1/access", MANAGE),
    Row("accounting_switches", "POST", "/admin/accounting/999/switches", MANAGE),
    Row("accounting_failures", "GET", "/admin/failures", MANAGE),
    Row("accounting_failure_deed", "POST", "/admin/failures/LT-22222/retry", MANAGE),
    Row("accounting_tab", "GET", TAB, STATUS),
    Row("accounting_document", "GET", f"{TAB}/documents/1", AMOUNTS),
    Row("accounting_document_pdf", "GET", f"{TAB}/documents/1/pdf", AMOUNTS),
    Row("accounting_document_ask", "POST", f"{TAB}/documents/1/ask/history", AMOUNTS),
    Row("accounting_refresh", "POST", f"{TAB}/refresh", STATUS),
    Row("accounting_explain", "GET", f"{TAB}/explain/invoices", AMOUNTS),
    Row("accounting_search", "GET", f"{TAB}/search", LINK),
    Row("accounting_link", "POST", f"{TAB}/link", LINK),
    Row("accounting_unlink", "POST", f"{TAB}/unlink", LINK),
    Row("accounting_find", "GET", f"{TAB}/find", AMOUNTS),
    Row("accounting_document_link", "POST", f"{TAB}/documents/link", LINK),
    Row("accounting_document_unlink", "POST", f"{TAB}/documents/unlink", LINK),
    Row("accounting_draft", "GET", f"{TAB}/draft", DRAFT),
    Row("accounting_draft", "POST", f"{TAB}/draft", DRAFT),
    Row("accounting_draft_lines", "GET", f"{TAB}/draft/lines", DRAFT),
    Row("accounting_draft_lines", "POST", f"{TAB}/draft/lines", DRAFT),
    Row("accounting_draft_edit", "GET", f"{NO_DRAFT}/edit", DRAFT),
    Row("accounting_drafts", "GET", "/accounting/drafts", DRAFT),
    Row("accounting_draft_one", "GET", NO_DRAFT, DRAFT),
    Row("accounting_draft_deed", "POST", f"{NO_DRAFT}/look", DRAFT),
    Row("accounting_copy", "GET", f"{TAB}/copy", LINK),
    Row("accounting_copy", "POST", f"{TAB}/copy", LINK),
    Row("accounting_party_change", "GET", NO_CHANGE, LINK),
    Row("accounting_party_change_deed", "POST", f"{NO_CHANGE}/look", LINK),
    Row("accounting_change_begin", "POST", "/accounting/changes", DRAFT),
    Row("accounting_change_edit", "GET", f"{NO_DRAFT_CHANGE}/edit", DRAFT),
    Row("accounting_change_edit", "POST", f"{NO_DRAFT_CHANGE}/edit", DRAFT),
    Row("accounting_change_lines", "GET", f"{NO_DRAFT_CHANGE}/edit/lines", DRAFT),
    Row("accounting_change_lines", "POST", f"{NO_DRAFT_CHANGE}/edit/lines", DRAFT),
    Row("accounting_change_one", "GET", NO_DRAFT_CHANGE, DRAFT),
    Row("accounting_change_deed", "POST", f"{NO_DRAFT_CHANGE}/look", DRAFT),
    Row("accounting_documents_linked", "GET", f"{TAB}/documents/linked", AMOUNTS),
    Row("accounting_documents_linked", "POST", f"{TAB}/documents/linked", LINK),
    Row("accounting_unbilled", "GET", "/accounting/won-but-not-invoiced", AMOUNTS),
    Row("accounting_exceeded", "GET", "/accounting/invoiced-more-than-agreed", AMOUNTS),
    Row("accounting_new_party", "GET", f"{TAB}/new-party", LINK),
    Row("accounting_new_party", "POST", f"{TAB}/new-party", LINK),
    Row("accounting_new_party_one", "GET", NO_PARTY, LINK),
    Row("accounting_new_party_edit", "GET", f"{NO_PARTY}/edit", LINK),
    Row("accounting_new_party_deed", "POST", f"{NO_PARTY}/look", LINK),
)
TABLE = (*CORE, *ACCOUNTING)


@dataclass(frozen=True)
class ApiRow(Row):
    """A row of the API: the same, and the scope that a token needs besides ("" for none)."""

    scope: str = ""


READ_RECORDS, WRITE_RECORDS = "records:read", "records:write"
READ_ACTIVITY, WRITE_ACTIVITY = "activity:read", "activity:write"
OF_RECORDS = tuple(
    row
    for kind in ("contacts", "organizations", "opportunities", "projects")
    for row in (
        ApiRow(f"api:/{kind}", "GET", f"/api/v1/{kind}", LOGIN, READ_RECORDS),
        ApiRow(f"api:/{kind}", "POST", f"/api/v1/{kind}", EDIT, WRITE_RECORDS),
        ApiRow(f"api:/{kind}/{{id}}", "GET", f"/api/v1/{kind}/1", LOGIN, READ_RECORDS),
        ApiRow(f"api:/{kind}/{{id}}", "PATCH", f"/api/v1/{kind}/1", EDIT, WRITE_RECORDS),
        ApiRow(f"api:/{kind}/{{id}}", "DELETE", f"/api/v1/{kind}/1", EDIT, WRITE_RECORDS),
        ApiRow(f"api:/{kind}/{{id}}/restore", "POST", f"/api/v1/{kind}/1/restore", EDIT, WRITE_RECORDS),
        ApiRow(f"api:/{kind}/{{id}}/notes", "GET", f"/api/v1/{kind}/1/notes", LOGIN, READ_ACTIVITY),
        ApiRow(f"api:/{kind}/{{id}}/notes", "POST", f"/api/v1/{kind}/1/notes", EDIT, WRITE_ACTIVITY),
        ApiRow(f"api:/{kind}/{{id}}/accounting", "GET", f"/api/v1/{kind}/1/accounting", STATUS, "accounting:read"),
    )
)
API = (
    *OF_RECORDS,
    ApiRow("api:/notes/{id}", "GET", "/api/v1/notes/1", LOGIN, READ_ACTIVITY),
    ApiRow("api:/notes/{id}", "PATCH", "/api/v1/notes/1", EDIT, WRITE_ACTIVITY),
    ApiRow("api:/notes/{id}", "DELETE", "/api/v1/notes/1", EDIT, WRITE_ACTIVITY),
    ApiRow("api:/tasks", "GET", "/api/v1/tasks", LOGIN, READ_ACTIVITY),
    ApiRow("api:/tasks", "POST", "/api/v1/tasks", EDIT, WRITE_ACTIVITY),
    ApiRow("api:/tasks/{id}", "GET", "/api/v1/tasks/1", LOGIN, READ_ACTIVITY),
    ApiRow("api:/tasks/{id}", "PATCH", "/api/v1/tasks/1", EDIT, WRITE_ACTIVITY),
    ApiRow("api:/me", "GET", "/api/v1/me", LOGIN),
    ApiRow("api:/users", "GET", "/api/v1/users", LOGIN, READ_RECORDS),
    ApiRow("api:/tags", "GET", "/api/v1/tags?kind=contacts", LOGIN, READ_RECORDS),
    ApiRow("api:/stages", "GET", "/api/v1/stages", LOGIN, READ_RECORDS),
    ApiRow("api:/custom-fields", "GET", "/api/v1/custom-fields", LOGIN, READ_RECORDS),
    ApiRow("api:/search", "GET", "/api/v1/search?q=a", LOGIN, "search"),
    ApiRow("api:/openapi.json", "GET", "/api/v1/openapi.json", NOBODY),
)
