"""The mails about log-ins: subject and text."""

from __future__ import annotations

HELLO = "Hello {name},\n\n"
END = "\n\nLedgertab\n{home}"


def invitation(*, name: str, by: str, link: str, home: str) -> tuple[str, str]:
    """To somebody who shall come in."""
    text = (
        f"{by} invites you to Ledgertab, where your team keeps its customers. Open this link to choose a log-in name "
        f"and a password:\n\n{link}\n\n"
        "The link works once, within seven days. If you do not know what this is about, do nothing."
    )
    return "You are invited to Ledgertab", (HELLO + "{text}" + END).format(name=name, text=text, home=home)


def new_password(*, name: str, login: str, link: str, home: str, by: str = "") -> tuple[str, str]:
    """To somebody who forgot a password, or whom an administrator (`by`) helps."""
    why = f"{by} sends you this link" if by else "Somebody, you we hope, asked for a new password"
    text = (
        f"{why}. Open it to choose one:\n\n{link}\n\n"
        f"Your log-in name is {login}. The link works once, within an hour; your present password works until then. "
        "If you did not ask for this, do nothing: nothing changes."
    )
    return "Choose a new password for Ledgertab", (HELLO + "{text}" + END).format(name=name, text=text, home=home)
