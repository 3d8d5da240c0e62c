"""Plugins with real parts, and the rule that only tests marked `servers` reach a network, on loopback."""

import pytest
from pytest_socket import disable_socket, enable_socket, socket_allow_hosts

pytest_plugins = [
    "tests.servers",
    "tests.postgres_server",
    "tests.prefect_server",
    "tests.case_world",
    "tests.optional_parts",
]

SLOW = {"test_monitor.py": 2, "test_deploy.py": 3}
LOOPBACK = ["127.0.0.1", "localhost", "::1"]


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Cut the network for unit tests; keep the others on loopback."""
    if item.get_closest_marker("servers"):
        enable_socket()
        socket_allow_hosts(LOOPBACK, allow_unix_socket=True)
    else:
        disable_socket(allow_unix_socket=True)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start what waits longest first, so that the workers end together."""
    items.sort(key=lambda item: -SLOW.get(item.path.name, 0))
