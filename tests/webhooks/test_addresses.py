"""Where webhooks never go: inside the network, however it is written."""

import asyncio
from collections.abc import Sequence

import pytest
from attrs import evolve

from adapters.webhooks.endpoints import PublicEndpoints, Resolve
from core.domain.actors import Role
from core.domain.changes import Changes
from core.domain.errors import Forbidden, Invalid
from core.domain.statuses import DispatchStatus
from tests.builders import make_event
from tests.webhooks.receiver import Post, listening

HOSTILE = (
    "http://127.0.0.1/",
    "https://127.0.0.1/",
    "https://127.0.0.1:{port}/",
    "http://localhost:{port}/",
    "https://localhost:{port}/",
    "https://localhost./",
    "https://127.1/",
    "https://127.0.1:{port}/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.0.0.1/",
    "https://0177.0.0.1/",
    "https://017700000001/",
    "https://127.0.0.1.:{port}/",
    "https://0.0.0.0:{port}/",
    "https://0/",
    "https://[::1]:{port}/",
    "https://[::]/",
    "https://[::ffff:127.0.0.1]:{port}/",
    "https://[::ffff:7f00:1]/",
    "https://[::127.0.0.1]/",
    "https://[2002:7f00:1::]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[64:ff9b:1::7f00:1]/",
    "https://[2001:0:0:0:0:0:80ff:fffe]/",
    "https://[fe80::1]/",
    "https://[fe80::1%25lo]/",
    "https://[fc00::1]/",
    "https://[fd00:ec2::254]/",
    "https://[ff02::1]/",
    "https://[2001:db8::1]/",
    "https://10.0.0.1/",
    "https://172.16.0.1/",
    "https://192.168.0.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://100.64.0.1/",
    "https://100.100.100.200/",
    "https://168.63.129.16/",
    "https://192.0.0.192/",
    "https://198.18.0.1/",
    "https://224.0.0.1/",
    "https://255.255.255.255/",
    "https://8.8.8.8:22/",
    "https://8.8.8.8:{port}/",
    "http://8.8.8.8/",
    "https://user:password@8.8.8.8/",
    "https://8.8.8.8@127.0.0.1:{port}/",
    "https://127.0.0.1:{port}#@8.8.8.8/",
    "https://127.0.0.1:{port}\\@8.8.8.8/",
    "https://8.8.8.8 127.0.0.1/",
    "https://8.8.8.8/\r\nhost: 127.0.0.1",
    "https://\u2460\u2461\u2466.0.0.1/",
    "https://loc\u00e4lhost/",
    "https://8.8.8.8/\u212a",
    "ftp://8.8.8.8/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:{port}/_x",
    "//127.0.0.1/",
    "https:///etc",
    "https://[8.8.8.8]/",
    "https://8.8.8.8:99999/",
    "https://8.8.8.8:0/",
    "https://" + "a" * 3000,
    "https://",
    "",
    "nonsense",
)


def resolving(*addresses: str) -> Resolve:
    """Finds these addresses for every name."""

    async def resolve(host: str, port: int) -> Sequence[str]:
        return addresses

    return resolve


@pytest.mark.parametrize("url", HOSTILE)
async def test_nothing_is_ever_sent_to_a_hostile_url(url: str) -> None:
    post = Post(endpoints=PublicEndpoints())
    async with listening() as receiver:
        named = url.format(port=receiver.port)
        with pytest.raises(Invalid) as refused:
            await post.subscribed(named)
        # And if it was stored all the same: when the name led elsewhere, or the rules were others.
        kind = Post(world=post.world, endpoints=PublicEndpoints(resolve=resolving("8.8.8.8")))
        stored = await kind.subscribed("https://example.org/")
        await post.world.store.commit(Changes(updates=(evolve(stored, url=named, version=2),)))
        await post.happened(make_event())
        await post.send()

        assert 0 == receiver.connections

    assert "/url" == refused.value.pointer
    (one,) = await post.dispatches()
    assert (DispatchStatus.WAITING, 1) == (one.status, one.attempts)
    assert one.last_error is not None
    assert one.last_error.startswith("the URL ")


@pytest.mark.parametrize(
    "addresses",
    [
        ("127.0.0.1",),
        ("8.8.8.8", "10.0.0.1"),
        ("2606:4700::1111", "::1"),
        ("::ffff:169.254.169.254",),
        ("64:ff9b::a00:1",),
        ("2002:a00:1::",),
        ("fe80::1%eth0",),
        ("168.63.129.16",),
        (),
    ],
)
async def test_a_name_is_refused_if_any_of_its_addresses_is_inside(addresses: tuple[str, ...]) -> None:
    endpoints = PublicEndpoints(resolve=resolving(*addresses))

    said = await endpoints.objection("https://inside.example.org/")

    assert "must lead to a public address on the Internet" == said


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "64:ff9b::808:808", "2002:808:808::"])
async def test_a_public_address_will_do(address: str) -> None:
    endpoints = PublicEndpoints(resolve=resolving(address))

    assert await endpoints.objection("https://example.org/hook") is None
    assert (address,) == (await endpoints.route("https://example.org/hook")).through


async def test_further_ports_are_a_setting() -> None:
    endpoints = PublicEndpoints(ports=(8443,))

    assert await endpoints.objection("https://8.8.8.8:8443/") is None
    assert "must use port 443 or 8443" == await endpoints.objection("https://8.8.8.8:9000/")


async def test_a_name_that_nobody_knows_is_refused() -> None:
    async def unknown(host: str, port: int) -> Sequence[str]:
        raise OSError("no such name")

    said = await PublicEndpoints(resolve=unknown).objection("https://nobody.example.org/")

    assert "names a host that cannot be found" == said


async def test_in_development_this_machine_will_do_and_the_network_around_it_will_not() -> None:
    endpoints = PublicEndpoints(allow_private=True)

    assert await endpoints.objection("http://localhost:9000/") is None
    for url in ("http://10.0.0.1/", "https://10.0.0.1/", "http://169.254.169.254/", "http://8.8.8.8/"):
        assert "must lead to a public address on the Internet" == await endpoints.objection(url), url


async def test_a_name_that_is_led_inside_later_is_not_followed() -> None:
    async with listening() as receiver:
        asked: list[str] = []

        async def rebinding(host: str, port: int) -> Sequence[str]:
            asked.append(host)
            return ("8.8.8.8",) if len(asked) == 1 else ("127.0.0.1",)

        post = Post(endpoints=PublicEndpoints(resolve=rebinding, ports=(receiver.port,)))
        await post.subscribed(f"https://rebound.example.org:{receiver.port}/")
        await post.happened(make_event())

        await post.send()

        assert (0, 2) == (receiver.connections, len(asked))


async def test_what_was_vetted_is_what_is_connected_to() -> None:
    """The name is looked up once for each delivery, and nobody looks it up again in between."""
    async with listening() as receiver:
        asked: list[str] = []

        async def answering_once(host: str, port: int) -> Sequence[str]:
            asked.append(host)
            return ("127.0.0.1",)

        post = Post(endpoints=PublicEndpoints(resolve=answering_once, allow_private=True))
        await post.subscribed(f"http://named.invalid:{receiver.port}/")
        await post.happened(make_event())

        await post.send()

    assert ["named.invalid"] * 2 == asked
    assert [f"named.invalid:{receiver.port}"] == [got.headers["host"] for got in receiver.received]


async def test_only_practitioners_and_admins_make_the_name_be_looked_up() -> None:
    asked = asyncio.Event()

    async def noticed(host: str, port: int) -> Sequence[str]:
        asked.set()
        return ("8.8.8.8",)

    post = Post(endpoints=PublicEndpoints(resolve=noticed))
    with pytest.raises(Forbidden):
        await post.subscribed("https://example.org/", post.world.person(Role.CLIENT))

    assert not asked.is_set()
