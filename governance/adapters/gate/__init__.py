"""The gate: sign-in, roles and browser rules in front of Prefect's UI and API and of the pages.

browser -> gate (this package) -> Prefect server on loopback, which answers only to its random authentication string.
"""
