"""Plugins with real parts, and the rule that only tests marked `servers` reach a network, on loopback."""

import pytest
from pytest_socket import disable_socket, enable_socket, socket_allow_hosts

pytest_plugins = ["tests.servers", "tests.postgres_server", "tests.prefect_server"]

LOOPBACK = ["127.0.0.1", "localhost", "::1"]


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Cut the network for unit tests; keep the others on loopback."""
    if item.get_closest_marker("servers"):
        enable_socket()
        socket_allow_hosts(LOOPBACK, allow_unix_socket=True)
    else:
        disable_socket(allow_unix_socket=True)
