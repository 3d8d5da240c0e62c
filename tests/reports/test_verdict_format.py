"""The page that specifies the verdict's format agrees with the code."""

import json
import re
from dataclasses import fields
from hashlib import sha256
from pathlib import Path

from governance.verdict import Result, Status, Verdict

DOC = (Path(__file__).parents[2] / "docs" / "formats" / "verdict.md").read_text()
EXAMPLE = re.findall(r"```json\n(.*?)```", DOC, re.DOTALL)[0].encode()


def test_the_example_is_a_verdict_with_the_digest_the_page_names() -> None:
    """Read and written again, the example has the printed length and SHA-256."""
    body = Verdict.from_json(EXAMPLE).to_json()

    assert json.loads(body) == json.loads(EXAMPLE)
    assert f"{len(body)} bytes" in DOC
    assert sha256(body).hexdigest() in DOC


def test_every_field_and_status_is_specified() -> None:
    """No field of a verdict or a result, and no status, is left out of the page."""
    named = set(re.findall(r"`([a-z_]+)`", DOC))
    wanted = {one.name for one in (*fields(Verdict), *fields(Result))} | {status.value for status in Status}

    assert wanted - named == set()
