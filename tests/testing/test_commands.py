"""Commands that plugins bring to `ledgertab`."""

from __future__ import annotations

from importlib.metadata import EntryPoint

import pytest

from core import cli


def brought(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setattr(cli, "entry_points", lambda group: [EntryPoint(name, value, group)])


def test_a_command_of_a_plugin_gets_the_arguments_behind_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    brought(monkeypatch, "polish", "builtins:len")
    assert cli.main(["polish", "--all", "red"]) == 2, "the number of arguments"


def test_a_command_that_cannot_be_loaded_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    brought(monkeypatch, "polish", "crm_shoes_that_is_not_there.commands:polish")
    assert cli.main(["polish"]) == 2
    assert "ledgertab: The command polish of crm_shoes_that_is_not_there" in capsys.readouterr().err


def test_a_command_that_is_there_already_is_left_out_and_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    brought(monkeypatch, "key", "builtins:len")
    assert cli.main(["key"]) == 0
    told = capsys.readouterr()
    assert "brings a command key, which is there already: left out." in told.err
    assert len(told.out.strip()) == 44, "the core's own made a key"
