"""Public holidays by country or region (ISO 3166), from the library `holidays`: data of its release, no network.

A case keeps the days that its clock left out, so a later release of the library changes no earlier date.
"""

from collections.abc import Iterable
from datetime import date
from functools import lru_cache

from governance.errors import ConfigurationError, Fault, Place


@lru_cache(maxsize=64)
def public_holidays(region: str, years: tuple[int, ...] = ()) -> frozenset[date]:
    """The public holidays of a region in these years.

    Args:
        region: a country (`AT`), or a country and its subdivision (`AT-9`, `GB-ENG`, `DE-BY`).
        years: calendar years.

    Raises:
        ValueError: the library knows no such region.
        ConfigurationError: the library is not installed.
    """
    try:
        import holidays  # noqa: PLC0415 - half a second, for those alone who name a region
    except ImportError:
        place, mend = Place("people.yaml", column="holidays"), "Install it, or list the days in `closed` instead."
        raise ConfigurationError(Fault(place, "the library `holidays`", "none", mend)) from None
    country, _, part = region.partition("-")
    try:
        found: Iterable[date] = holidays.country_holidays(country, subdiv=part or None, years=years)
    except (NotImplementedError, KeyError, ValueError):
        raise ValueError("expected a country or region of ISO 3166, such as AT, GB-ENG or DE-BY") from None
    return frozenset(found)
