"""In which order the versions of a key count: the store's, whatever their times say."""

from datetime import UTC, datetime, timedelta

from governance.evidence.archive import Version
from governance.evidence.inventory import newest_first

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def version(key: str, name: str, second: float, *, is_marker: bool = False) -> Version:
    """A version of a key, stored so many seconds after noon."""
    return Version(key, name, NOON + timedelta(seconds=second), 1, is_marker=is_marker)


def test_a_version_that_was_stored_earlier_but_listed_as_newer_is_newer() -> None:
    """Who looked before it was listed saw the other one as the oldest, and so must whoever looks later."""
    listed = [version("a", "third", 2.0), version("a", "second", 0.9), version("a", "first", 1.0)]

    assert [each.version_id for each in newest_first(listed, [])] == ["third", "second", "first"]


def test_a_marker_stands_among_the_versions_of_its_key_by_its_time() -> None:
    """S3 gives markers in a list of their own."""
    listed = [version("a", "late", 5), version("a", "early", 1), version("b", "only", 2)]
    markers = [version("c", "gone", 1, is_marker=True), version("a", "hides", 3, is_marker=True)]

    assert [each.version_id for each in newest_first(listed, markers)] == ["late", "hides", "early", "only", "gone"]
