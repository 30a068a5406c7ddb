"""`estuary store export` and `import` from the command line."""

from tests.cli.conftest import Cli

NEW = "sqlite:///new.db"


def test_what_was_exported_is_imported(kept: Cli) -> None:
    exported = kept("store", "export", "friday.zip", "--json")
    kept("store", "migrate", STORE_URL=NEW)
    imported = kept("store", "import", "friday.zip", "--json", STORE_URL=NEW)
    again = kept("store", "export", "friday.zip")

    assert (0, True, []) == (exported.status, exported.document["ok"], exported.document["changed"])
    assert (0, True, 0) == (imported.status, imported.document["ok"], imported.document["different"])
    kinds = {kind: sides["target"] for kind, sides in imported.document["kinds"].items()}
    assert exported.document["kinds"] == kinds
    assert 34 == kinds["booking"]["rows"]
    assert 2 == again.status
    assert "it is there already" in again.refusal


def test_what_is_no_archive_is_refused_in_one_line(kept: Cli) -> None:
    done = kept("store", "import", "estuary.db")

    assert 2 == done.status
    assert "estuary.db" in done.refusal
