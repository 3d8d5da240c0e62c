"""The gate in front of a real Prefect server, for the tests of its API and the tests in a browser."""

from tests.gate_server import gated, worked

__all__ = ["gated", "worked"]
