"""The server as an ASGI application: who asks, for what, whether they did before, and what befalls them."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

from attrs import frozen

from tests.servers.stripe.books import Books
from tests.servers.stripe.description import Description, Json, Operation
from tests.servers.stripe.faults import BEFORE, BREAKS, CLOSES, HANGS, OPERATIONS, Fault, Faults
from tests.servers.stripe.forms import parsed, typed
from tests.servers.stripe.keys import Answer, Keys
from tests.servers.stripe.refusals import Refused, broken, invalid, unauthorised, unrecognised
from tests.servers.stripe.routes import ROUTES, TEST_ROUTES

API_KEY: Final = "sk_test_estuary"

Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]


@frozen(kw_only=True)
class Asked:
    """A request, read to its end."""

    method: str
    path: str
    headers: dict[str, str]
    form: Json


class NoAnswer(Exception):
    """The client hears nothing. `closes`: the connection ends at once; else it stays open, silent."""

    def __init__(self, *, closes: bool) -> None:
        super().__init__()
        self.closes = closes


class StripeApp:
    """The application. `defects` lists answers that Stripe would not have given: they are this server's.

    With a `file` everything that it has done is in there before it is answered, and another process can go
    on from it. `come_to` is told before and after each operation is carried out, and may end the process.
    """

    def __init__(
        self,
        described: Description,
        disconnect: Callable[[Any], None],
        *,
        file: Path | None = None,
        come_to: Callable[[str], None] = lambda name: None,  # noqa: ARG005 - nobody listens
    ) -> None:
        self.described = described
        self.books = Books(described.version)
        self.faults = Faults()
        self.keys = Keys(self.books.now)
        self.defects: list[str] = []
        self._disconnect = disconnect
        self._file = file
        self._come_to = come_to
        if file is not None and file.exists():
            written = json.loads(file.read_bytes())
            self.books.recall(written["books"])
            self.keys.recall(written["keys"])

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        asked = await _read(scope, receive)
        try:
            answer = await self._answered(asked)
        except NoAnswer as none:
            if none.closes:
                self._disconnect(scope["client"])
            while (await receive())["type"] != "http.disconnect":
                pass
            return
        await _send(answer, send)

    async def _answered(self, asked: Asked) -> Answer:
        try:
            if asked.path.startswith("/_test/"):
                return self._arranged(asked)
            operation = self._meant(asked)
            return await self._met(asked, operation)
        except Refused as refused:
            return Answer(status=refused.status, body=refused.body, headers=refused.headers)

    def _arranged(self, asked: Asked) -> Answer:
        kind, identity, what = asked.path.removeprefix("/_test/").split("/")
        with self.books.lock:
            answer = Answer(status=200, body=TEST_ROUTES[kind, what](self.books, asked.form, identity))
        self._write()
        return answer

    def _meant(self, asked: Asked) -> Operation:
        """The operation, for whoever may ask for it in the version that we describe. Raises Refused."""
        key = asked.headers.get("authorization", "").removeprefix("Bearer ")
        if key != API_KEY:
            raise unauthorised(key)
        version = asked.headers.get("stripe-version")
        if version != self.described.version:
            raise invalid(f"Invalid Stripe API version: {version}", executed=False)
        operation = self.described.operation(asked.method, asked.path)
        if operation is None or (operation.method, operation.template) not in ROUTES:
            raise unrecognised(asked.method, asked.path)
        return operation

    async def _met(self, asked: Asked, operation: Operation) -> Answer:
        """The answer, unless the script says otherwise."""
        name = OPERATIONS.get((operation.method, operation.template), "")
        self._come_to(f"before {name}")
        fault = self.faults.next(name)
        self.faults.turn_away(fault)
        if fault in BEFORE:
            raise NoAnswer(closes=fault in CLOSES)
        form = self._understood(asked, operation)
        key = asked.headers.get("idempotency-key") if operation.method == "post" else None
        answer = await (
            self._carried_out(asked, operation, form, fault)
            if key is None
            else self._once(key, asked, operation, form, fault)
        )
        self._write()
        self._come_to(f"after {name}")
        if fault in CLOSES or fault in HANGS:
            raise NoAnswer(closes=fault in CLOSES)
        if fault is Fault.GARBLED:
            return Answer(status=200, body={}, headers={"Garbled": "true"})
        return answer

    def _understood(self, asked: Asked, operation: Operation) -> Json:
        """The form in the description's types. Raises Refused for what the description does not allow."""
        form: Json = typed(asked.form, {"type": "object", **operation.parameters})
        problems = self.described.problems(operation.parameters, form) if operation.parameters else []
        if problems:
            raise invalid(f"Received unknown or invalid parameters: {problems[0]}", executed=False)
        return form

    async def _once(self, key: str, asked: Asked, operation: Operation, form: Json, fault: Fault) -> Answer:
        with self.books.lock:
            kept = self.keys.claim(key, asked.path, form)
        if kept is not None:
            return Answer(status=kept.status, body=kept.body, headers={"Idempotent-Replayed": "true"})
        try:
            answer = await self._carried_out(asked, operation, form, fault)
        except BaseException:
            self.keys.release(key)
            raise
        self.keys.keep(key, answer)
        return answer

    async def _carried_out(self, asked: Asked, operation: Operation, form: Json, fault: Fault) -> Answer:
        if fault is Fault.HELD:
            await self.faults.hold()
        if fault is Fault.BROKEN_BEFORE:
            return self._refusal(broken(executed=True), operation)
        answer = self._done(asked, operation, form)
        return self._refusal(broken(executed=True), operation) if fault in BREAKS else answer

    def _done(self, asked: Asked, operation: Operation, form: Json) -> Answer:
        found = operation.pattern.fullmatch(asked.path)
        names = dict(zip(operation.path_names, found.groups() if found else (), strict=True))
        with self.books.lock:
            try:
                body = ROUTES[operation.method, operation.template](self.books, form, **names)
            except Refused as refused:
                if not refused.executed:
                    raise
                return self._refusal(refused, operation)
            body = json.loads(json.dumps(body))
        self._prove(operation, operation.answer, body)
        return Answer(status=200, body=body)

    def _refusal(self, refused: Refused, operation: Operation) -> Answer:
        body = json.loads(json.dumps(refused.body))
        self._prove(operation, operation.refusal, body)
        return Answer(status=refused.status, body=body)

    def _write(self) -> None:
        """Keep everything in the file, or nothing: whoever is killed has not begun, or has done it."""
        if self._file is None:
            return
        with self.books.lock:
            written = json.dumps({"books": self.books.written(), "keys": self.keys.written()})
        beside = self._file.with_suffix(".new")
        beside.write_text(written)
        beside.replace(self._file)

    def _prove(self, operation: Operation, schema: Json, body: Json) -> None:
        self.defects.extend(
            f"{operation.method} {operation.template}: {problem}"
            for problem in self.described.problems(schema, body)
        )


async def _read(scope: Any, receive: Receive) -> Asked:
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    text = body if scope["method"] == "POST" else scope["query_string"]
    return Asked(
        method=scope["method"],
        path=scope["path"],
        headers={name.decode().lower(): value.decode() for name, value in scope["headers"]},
        form=parsed(text.decode()),
    )


async def _send(answer: Answer, send: Send) -> None:
    headers = [(b"content-type", b"application/json"), (b"request-id", b"req_test")]
    headers += [(name.lower().encode(), value.encode()) for name, value in answer.headers.items()]
    body = b"<html>Bad gateway</html>" if "Garbled" in answer.headers else json.dumps(answer.body).encode()
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
