"""Accounting in the CRM: neutral rules and pages that hold for any provider."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from core.accounting import access, companion, deeds, jobs, lapsing, moving, my_day, pages
from core.accounting.sold_items import sold_items
from core.accounting.strip import strips
from core.accounting.views import access as access_page
from core.accounting.views import (
    agreed,
    connect,
    copy,
    document,
    draft,
    draft_list,
    find,
    link,
    linked_documents,
    new_party,
    switches,
    tab,
)
from core.accounting.views import draft_change as change_page
from core.accounting.views import failures as failures_page
from core.contract.extensions import NavLink


def includeme(config: Any) -> None:
    """The jobs, the tab for plugins to compose, and the pages."""
    jobs.register(config.registry.services)
    config.add_request_method(pages.accounting_tab, "accounting_tab")
    config.add_request_method(access.may, "may")
    config.add_request_method(access.reads_words, "reads_words")
    config.add_navigation(navigation)
    config.add_item_source(sold_items)
    config.add_notices(lapsing.notices)
    config.add_record_companion(companion.COMPANION)
    config.add_record_mover(moving.move)
    config.add_record_strip(strips)
    config.add_panels(my_day.panels)
    config.include(deeds)
    for room in (connect, switches, access_page, failures_page, tab, link, find, draft, draft_list, new_party, copy):
        room.add_routes(config)
    agreed.add_routes(config)
    linked_documents.add_routes(config)
    document.add_routes(config)
    change_page.add_routes(config)


def navigation(request: Any) -> Iterable[NavLink]:
    """What accounting adds to the main navigation."""
    yield from draft_list.navigation(request)
    yield from agreed.navigation(request)
    yield from failures_page.navigation(request)
    yield NavLink("Accounting", "/admin/accounting", section="Admin", order=10, right=access.MANAGE)
