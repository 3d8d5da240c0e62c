"""Warm: start Prefect's own temporary server before the first flow needs it."""

from prefect.client.orchestration import get_client


def start_server() -> None:
    """Block until the server answers; it ends with this process. Without an API address Prefect makes one itself."""
    with get_client(sync_client=True) as client:
        client.hello()
