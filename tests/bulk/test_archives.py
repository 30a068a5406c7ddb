"""An export holds what the store held, and an import brings back that and nothing else."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from attrs import evolve

from adapters.archive.archives import FileArchive, FileWriter
from adapters.clock import SystemClock
from adapters.memory.faults import Fault, FaultyStore
from adapters.memory.store import MemoryStore
from core.domain.kinds import PARENTS_FIRST, Kind
from core.usecases.archiving import Exported, export_store, import_archive
from core.usecases.bring_in import Arrival, NotEmpty
from core.usecases.runs import ATTEMPTS
from core.usecases.store_state import store_state
from ports.archives import Damaged, Manifest
from ports.errors import PortError, Unavailable
from ports.store import Store
from tests.builders import make_order, stock
from tests.bulk.conftest import filling
from tests.simulation.studio import Studio


async def exported(store: Store, path: Path) -> Exported:
    writer = FileWriter(path)
    try:
        return await export_store(store, writer, clock=SystemClock())
    finally:
        writer.close()


async def imported(path: Path, store: Store, *, batch: int = 200) -> Arrival:
    archive = FileArchive(path)
    try:
        return await import_archive(archive, target=filling(store), batch=batch)
    finally:
        archive.close()


@pytest.fixture(scope="module")
async def archive(studio: Studio, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the studio exported, in a directory."""
    path = tmp_path_factory.mktemp("archive") / "studio"
    await exported(studio.store, path)
    return path


@pytest.fixture
def own(archive: Path, tmp_path: Path) -> Path:
    """A copy of it to damage."""
    path = tmp_path / "studio"
    path.mkdir()
    for file in archive.iterdir():
        (path / file.name).write_bytes(file.read_bytes())
    return path


@pytest.mark.parametrize("name", ["studio", "studio.zip"])
async def test_an_export_comes_back_the_same(
    studio: Studio, sqlite: Store, tmp_path: Path, name: str
) -> None:
    done = await exported(studio.store, tmp_path / name)

    arrival = await imported(tmp_path / name, sqlite)

    expected = await store_state(store=studio.store)
    assert () == done.changed
    assert {kind: state.hash for kind, state in expected.items()} == done.manifest.hashes
    assert 0 == arrival.compared.different
    assert expected == await store_state(store=sqlite)


async def test_lines_are_json_with_plain_integers_and_instants_in_rfc_3339(archive: Path) -> None:
    (line, *_) = (archive / "order.ndjson").read_text().splitlines()
    told = json.loads(line)
    manifest = json.loads((archive / "manifest.json").read_text())

    assert 1 == told["n"]
    assert int is type(told["row"]["subtotal_amount_cents"])
    assert told["row"]["created_at"].endswith("Z")
    assert set(PARENTS_FIRST) == set(manifest["kinds"])
    assert (1, True) == (manifest["format"], manifest["created_at"].endswith("Z"))


DAMAGES: dict[str, tuple[Callable[[list[str]], list[str]], str]] = {
    "a changed amount": (
        lambda lines: [lines[0].replace('_cents":', '_cents":1', 1), *lines[1:]],
        "order.ndjson, line 1: the row is not the one",
    ),
    "an integer made a float": (
        lambda lines: [re.sub(r'"version":(\d+)', r'"version":\1.0', lines[0]), *lines[1:]],
        "order.ndjson, line 1: ",
    ),
    "a missing line": (
        lambda lines: [*lines[:3], *lines[4:]],
        "order.ndjson, line 4: it was written as line 5",
    ),
    "a missing end": (lambda lines: lines[:-1], "order.ndjson: it ends with line "),
    "a line twice": (lambda lines: [lines[0], *lines], "order.ndjson, line 2: it was written as line 1"),
    "half a line": (lambda lines: [*lines[:-1], lines[-1][:50]], "order.ndjson, line "),
    "a line too much": (
        lambda lines: [*lines, lines[-1].replace(f'"n":{len(lines)}', f'"n":{len(lines) + 1}')],
        "order.ndjson: it ends with line ",
    ),
}


@pytest.mark.parametrize("what", DAMAGES)
async def test_what_was_changed_or_lost_is_named_and_nothing_is_written(own: Path, what: str) -> None:
    damage, detail = DAMAGES[what]
    file, store = own / "order.ndjson", MemoryStore()
    file.write_text("\n".join(damage(file.read_text().splitlines())) + "\n")

    with pytest.raises(Damaged) as refusal:
        await imported(own, store)

    assert refusal.value.detail.startswith(detail)
    assert 0 == sum([await store.count(kind) for kind in Kind])


async def test_a_row_swapped_for_another_with_its_own_digest_is_found_by_the_manifest(own: Path) -> None:
    file = own / "order.ndjson"
    lines = file.read_text().splitlines()
    lines[0] = lines[1].replace('"n":2', '"n":1')
    file.write_text("\n".join(lines) + "\n")

    with pytest.raises(Damaged, match="not those of the manifest"):
        await imported(own, MemoryStore())


async def test_an_archive_without_its_manifest_or_of_other_rows_is_refused(own: Path) -> None:
    manifest = own / "manifest.json"
    text = manifest.read_text()
    manifest.write_text(text.replace('"format": 1', '"format": 2'))
    with pytest.raises(Damaged, match="of format 2"):
        await imported(own, MemoryStore())
    manifest.write_text(text.replace('"shape": "', '"shape": "0'))
    with pytest.raises(Damaged, match="whose rows are others"):
        await imported(own, MemoryStore())
    manifest.unlink()
    with pytest.raises(Unavailable, match="no whole archive"):
        await imported(own, MemoryStore())


async def test_an_export_does_not_write_over_anything(studio: Studio, own: Path, tmp_path: Path) -> None:
    (tmp_path / "there.zip").write_text("something")
    for path in (own, tmp_path / "there.zip"):
        with pytest.raises(Unavailable):
            await exported(studio.store, path)
    assert "something" == (tmp_path / "there.zip").read_text()


async def test_an_import_that_was_broken_off_goes_on(studio: Studio, archive: Path) -> None:
    for commits in (1, 9, 17):
        store = FaultyStore([None] * commits + [Fault.UNAVAILABLE] * ATTEMPTS)
        with pytest.raises(PortError):
            await imported(archive, store)

        arrival = await imported(archive, store, batch=150)

        assert (True, 0) == (arrival.resumed, arrival.compared.different)
        assert await store_state(store=studio.store) == await store_state(store=store)


async def test_an_import_needs_an_empty_store(archive: Path) -> None:
    store = MemoryStore()
    await stock(store, make_order())

    with pytest.raises(NotEmpty):
        await imported(archive, store)


async def test_a_store_that_changed_while_it_was_written_says_so(tmp_path: Path) -> None:
    store, order = MemoryStore(), make_order()
    await stock(store, order)

    class Changing(FileWriter):
        def finish(self, manifest: Manifest) -> None:
            super().finish(manifest)
            store._tables.orders.write(order.id.int, evolve(order, version=2))

    writer = Changing(tmp_path / "a")
    done = await export_store(store, writer, clock=SystemClock())
    writer.close()

    assert (Kind.ORDER,) == done.changed
