"""LocalStack's gateway on the one interface it was told to use; its own server binds all of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from localstack.runtime.server.core import RuntimeServerPlugin


class LoopbackServerPlugin(RuntimeServerPlugin):
    """Offers the server as GATEWAY_SERVER=twisted-loopback."""

    name = "twisted-loopback"

    def load(self, *_: object, **__: object) -> Any:
        """Return the server; its imports are slow and belong to this choice only."""
        from localstack.runtime.server.twisted import TwistedRuntimeServer
        from rolo.serving.twisted import TwistedGateway
        from twisted.internet import endpoints, reactor

        class LoopbackServer(TwistedRuntimeServer):
            """Plain HTTP, on the host of each address."""

            def register(self, gateway: Any, listen: Iterable[Any], _: object = None) -> None:
                site = TwistedGateway(gateway)
                for address in listen:
                    endpoints.TCP4ServerEndpoint(reactor, address.port, interface=address.host).listen(site)

        return LoopbackServer()
