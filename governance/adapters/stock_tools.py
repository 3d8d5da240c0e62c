"""Runs the auditor's commands (sh, tar, sha256sum, openssl) over a plain copy. None of our code judges."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

from governance.evidence import Archive
from governance.evidence.address import BUNDLES

PREFIXES = (BUNDLES, "log/", "trust/")


def copy_archive(archive: Archive, folder: Path) -> int:
    """Write every object's record into a folder, as `aws s3 sync` would; return how many there are."""
    keys = [key for prefix in PREFIXES for key in archive.list(prefix)]
    for key in keys:
        path = folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(archive.get(key))
    return len(keys)


def run_recipe(lines: Sequence[str], folder: Path) -> tuple[bool, list[str]]:
    """Run shell lines in a folder by `sh -eu`; whether they succeeded, and what they printed."""
    done = subprocess.run(
        ["sh", "-eu", "-c", "\n".join(lines)], cwd=folder, capture_output=True, text=True, check=False, timeout=600
    )
    return done.returncode == 0, (done.stdout + done.stderr).splitlines()


def verify_copy(folder: Path, held: Path) -> tuple[bool, list[str]]:
    """Run the archive's own verify-all.sh over the copy, with a checkpoint that was kept outside."""
    return run_recipe([f"sh trust/verify-all.sh . trust/log.pub '{held}'"], folder)
