"""Run the gate under uvicorn. What uvicorn itself logs holds no query, no body, no header."""

import uvicorn

from governance.adapters.gate.app import Gate
from governance.adapters.gate.settings import GateSettings


def serve(settings: GateSettings, host: str, port: int) -> None:
    """Serve until told to stop. Peers are taken as they connect: no header can say otherwise."""
    uvicorn.run(
        Gate(settings).app(),
        host=host,
        port=port,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        log_level="warning",
        ws="websockets-sansio",
    )
