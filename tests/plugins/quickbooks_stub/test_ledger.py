"""Where the stub keeps what it is given: shared between processes, whole at every moment."""

from __future__ import annotations

import json
import multiprocessing
from pathlib import Path

import pytest

from core import AccountingProvider, NewParty, OutcomeUnknown, Unavailable
from plugins.quickbooks_stub.ledger import FileStore
from tests.plugins.quickbooks_stub.conftest import Open


def _names(provider: AccountingProvider, text: str) -> list[str]:
    return [party.name for party in provider.search_parties(text).items]


def _add_rows(path: str, who: str, count: int) -> None:
    for number in range(count):
        with FileStore(Path(path)).change() as given:
            given["rows"][f"{who}-{number}"] = {"Type": "Estimate"}


def test_what_one_process_was_given_the_next_one_has(process: Open) -> None:
    made = process().create_party(NewParty("Kea Kites", email="hi@keakites.example"), key="k1")
    assert process().get_party(made.ref.id) == made


def test_without_a_file_nothing_outlives_the_process(provider: AccountingProvider, process: Open) -> None:
    provider.create_party(NewParty("Kea Kites"), key="k1")
    assert _names(provider, "Kea Kites") == ["Kea Kites"]
    assert _names(process(), "Kea Kites") == []


@pytest.mark.slow
def test_processes_that_write_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "ledger.json"
    spawn = multiprocessing.get_context("spawn")
    writers = [spawn.Process(target=_add_rows, args=(str(path), f"writer{n}", 25)) for n in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert [writer.exitcode for writer in writers] == [0] * 4
    assert len(FileStore(path).read()["rows"]) == 100
    assert sorted(found.name for found in tmp_path.iterdir()) == ["ledger.json", "ledger.json.lock"]


def test_a_write_that_fails_half_way_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    store = FileStore(tmp_path / "ledger.json")
    with store.change() as given:
        given["rows"]["good"] = {"Type": "Estimate"}
    with pytest.raises(TypeError), store.change() as given:
        given["rows"]["bad"] = object()  # no JSON can hold it
    assert list(store.read()["rows"]) == ["good"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"rows": {}}', "\udce4"])
def test_a_file_that_is_no_ledger_is_told_and_left_alone(process: Open, ledger_file: Path, text: str) -> None:
    ledger_file.parent.mkdir()
    ledger_file.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(Unavailable) as told:
        process().search_parties("")
    assert str(ledger_file) in told.value.detail
    with pytest.raises(OutcomeUnknown):
        process().create_party(NewParty("Kea Kites"), key="k1")
    assert ledger_file.read_bytes() == text.encode("utf-8", "surrogateescape")


def test_the_file_can_be_read_by_people(process: Open, ledger_file: Path) -> None:
    process().create_party(NewParty("Zoë’s Kites"), key="k1")
    text = ledger_file.read_text(encoding="utf-8")
    assert "Zoë’s Kites" in text
    assert json.loads(text)["requests"] == {"k1": "customer-100001"}
