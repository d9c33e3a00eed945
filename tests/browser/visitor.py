"""A person at a browser: what they do, what they see, and everything that went wrong on the way."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from core.users.seed import DEMO_PASSWORD
from tests.browser.house import House

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page, Response

SECONDS = 20_000  # patience, in milliseconds; a refresh of the tab takes a second or two, more on a busy machine


# Judged by their answers; and what was under way when the page was left.
HARMLESS = ("Failed to load resource", "htmx:sendAbort", "htmx:afterRequest")


class Visitor:
    """One browser window of one person. `problems` collects console errors, page errors and bad answers."""

    def __init__(self, context: BrowserContext, house: House) -> None:
        self.house = house
        self.context = context
        self.problems: list[str] = []
        self.expected: set[int] = set()  # statuses of 400 and more that the story leads to
        context.set_default_timeout(SECONDS)
        context.on("console", self._heed_console)
        context.on("weberror", lambda error: self.problems.append(f"page error: {error.error}"))
        context.on("response", self._heed_response)
        self.page: Page = context.new_page()

    def _heed_console(self, message: ConsoleMessage) -> None:
        """Chromium reports every answer of 400 and more here as well: `_heed_response` judges those."""
        if message.type in ("error", "warning") and not message.text.startswith(HARMLESS):
            self.problems.append(f"console: {message.text} ({message.page.url if message.page else ''})")

    def _heed_response(self, response: Response) -> None:
        if response.status >= 500 or (response.status >= 400 and response.status not in self.expected):
            self.problems.append(f"{response.status}: {response.request.method} {response.url}")

    # Where one is

    def go(self, path: str) -> None:
        """Open a page of the CRM."""
        self.page.goto(f"{self.house.url}{path}")

    def visit_sandbox(self, path: str) -> None:
        """Open a page of the sandbox."""
        self.page.goto(f"{self.house.sandbox}{path}")

    @property
    def path(self) -> str:
        """The path of the page at hand."""
        return urlsplit(self.page.url).path

    # What one does

    def log_in(self, login: str) -> None:
        """Log in with the demo's password."""
        self.go("/login")
        self.page.get_by_label("Name", exact=True).fill(login)
        self.page.get_by_label("Password").fill(DEMO_PASSWORD)
        self.press("Log in")
        self.page.wait_for_url(f"{self.house.url}/")

    def press(self, name: str, within: Locator | None = None, *, exact: bool = True) -> None:
        """Press the one button of that name."""
        (within or self.page).get_by_role("button", name=name, exact=exact).click()

    def follow(self, name: str, within: Locator | None = None, *, exact: bool = True) -> None:
        """Follow the one link of that name."""
        (within or self.page).get_by_role("link", name=name, exact=exact).click()

    def choose_tab(self, name: str) -> None:
        """Go to a tab of the record."""
        self.page.locator("nav.tabs").get_by_role("link", name=re.compile(rf"^{re.escape(name)}( \d+)?$")).click()

    # What one sees

    def expect(self, thing: Any) -> Any:
        """Playwright's assertions about a locator or a page, which wait."""
        from playwright.sync_api import expect

        return expect(thing)

    @property
    def main(self) -> Locator:
        """The content of the page."""
        return self.page.locator("main")

    def sees(self, *texts: str) -> None:
        """Wait until the content says all of this."""
        for text in texts:
            self.expect(self.main).to_contain_text(text)

    def does_not_see(self, *texts: str) -> None:
        """The content says nothing of this."""
        for text in texts:
            self.expect(self.main).not_to_contain_text(text)

    def sees_status(self, within: Locator, words: str) -> None:
        """A status tag with these words stands there."""
        self.expect(within.locator(".st", has_text=words).first).to_be_visible()

    def overflow(self) -> list[str]:
        """What makes the page wider than its window; nothing on a page that fits."""
        self.page.wait_for_function("document.documentElement && document.readyState === 'complete'")
        found: list[str] = self.page.evaluate(WIDER)
        return found

    def check(self) -> None:
        """Nothing went wrong so far."""
        assert not self.problems, "\n".join(self.problems)


# Elements that stick out to the right, unless something around them scrolls or clips them.
WIDER = """() => {
  const room = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= room) return [];
  const clipped = (one) => {
    for (let up = one.parentElement; up && up !== document.body; up = up.parentElement)
      if (getComputedStyle(up).overflowX !== "visible") return true;
    return false;
  };
  return [...document.body.querySelectorAll("*")]
    .filter((one) => one.getBoundingClientRect().right > room + 1 && !clipped(one))
    .map((one) => `${one.tagName.toLowerCase()}.${one.className} ${one.textContent.trim().slice(0, 40)}`)
    .slice(0, 5);
}"""
