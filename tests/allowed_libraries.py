"""An import contract: which third-party libraries a package may import.

import-linter can forbid libraries by name, but a list of names never ends. This contract is the other way
round: the standard library and the named libraries are allowed, anything else breaks it. It is declared in
`pyproject.toml` and run by `lint-imports`.
"""

import sys
from collections.abc import Iterator

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class AllowedLibraries(Contract):
    """The given packages import the standard library, the project itself and the allowed libraries only."""

    modules = fields.SetField(subfield=fields.StringField())
    allowed = fields.SetField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Collect every import that crosses to a library outside the list."""
        known = {*sys.stdlib_module_names, *_names(self.allowed), *self.session_options["root_packages"]}
        strangers = sorted(
            (importer, imported)
            for package in _names(self.modules)
            for importer in (package, *graph.find_descendants(package))
            for imported in graph.find_modules_directly_imported_by(importer)
            if imported.partition(".")[0] not in known
        )
        output.verbose_print(verbose, f"Found {len(strangers)} imports of libraries outside the list.")

        return ContractCheck(kept=not strangers, metadata={"strangers": strangers})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Name each importer and the library that it should not know."""
        for importer, imported in check.metadata["strangers"]:
            output.print_error(f"- {importer} is not allowed to import {imported}", bold=False)
        output.new_line()


def _names(value: object) -> Iterator[str]:
    """A contract's fields are descriptors at type-checking time and sets of names at run time."""
    if not isinstance(value, set):
        raise TypeError(f"expected a set of names, got {value!r}")
    yield from sorted(map(str, value))
