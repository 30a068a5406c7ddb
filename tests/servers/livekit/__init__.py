"""A LiveKit for tests: see `server`."""

from tests.servers.livekit.server import KEY, SECRET, LiveKitServer, Webhook, livekit

__all__ = ["KEY", "SECRET", "LiveKitServer", "Webhook", "livekit"]
