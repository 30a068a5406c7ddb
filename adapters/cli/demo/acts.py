"""Both acts of the story, one after the other, on one installation."""

from adapters.cli.demo.server import Installation
from adapters.cli.demo.story import sell_a_package
from adapters.cli.demo.telling import Teller
from adapters.cli.demo.week import live_a_week
from adapters.settings import without_password


def tell_story(installation: Installation, teller: Teller, *, is_new_store: bool) -> None:
    """Tell it all. What an old store holds already is left out of what is expected of its books."""
    if not is_new_store:
        installation.run("store", "migrate")
    with installation.server() as http:
        shown = without_password(installation.store_url)
        teller.console.print(f"[bold]Estuary[/bold] on {installation.url}, store {shown}\n", highlight=False)
        sell_a_package(installation, http, teller, is_new_store=is_new_store)
        live_a_week(installation, http, teller, is_new_store=is_new_store)
    teller.conclude()
