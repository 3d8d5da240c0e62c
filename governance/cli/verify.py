"""`aims verify` and `aims prove`: for auditors; they need no registry, no keys, no database."""

import json
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from governance.errors import ConfigurationError, Fault, Place
from governance.evidence.report import Report
from governance.evidence.verify import Progress, Scope

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

PATIENCE = 2.0  # seconds without a word


def register(app: typer.Typer) -> None:
    """Add both commands."""
    app.command(epilog="Example: `aims verify file:///srv/evidence --checkpoint mail.txt --root-digest 621e22…`")(
        verify
    )
    app.command(
        epilog="Example: `aims prove file:///srv/evidence bundle/2026/11/24/05/credit.w47.r0.tar --to ./proof`"
    )(prove)


def verify(
    archive: str = typer.Argument(
        help="file:///path, s3://bucket?endpoint=…, a folder of `aims evidence`, or one bundle."
    ),
    *,
    checkpoint: list[Path] = typer.Option(
        [], help="Kept outside: a signed note, its three lines, or your own signed act (.tar)."
    ),
    root_digest: str = typer.Option("", help="sha256 of trust/root/0001.json, from paper."),
    system: str = typer.Option("", help="Read the bundles of this system only; the log is checked whole."),
    since: datetime | None = typer.Option(None, formats=["%Y-%m-%d"], help="Read bundles from this day on only."),
    as_of: datetime | None = typer.Option(None, formats=["%Y-%m-%dT%H:%M"], help="When the copy was taken (UTC)."),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """Verify an archive, or one bundle with its proof. The last line says what the result is worth. Exit 1: failed."""
    if archive.endswith(".tar"):
        report = _one(Path(archive), root_digest)
    else:
        held = {str(path): _read(path) for path in checkpoint}
        scope = Scope(system, since.replace(tzinfo=UTC) if since else None)
        report = _all(archive, held, root_digest, scope, as_of.replace(tzinfo=UTC) if as_of else None)
    typer.echo(json.dumps(report.to_dict(), indent=2) if as_json else "\n".join(report.lines()))
    raise typer.Exit(0 if report.ok else 1)


def prove(
    archive: str = typer.Argument(help="file:///path or s3://bucket?endpoint=…"),
    key: str = typer.Argument(help="The bundle's key, as a page or `aims verify` names it."),
    to: Path = typer.Option(Path(), help="Folder to write into."),
) -> None:
    """Write one bundle and all that is needed to verify it elsewhere: proof, root file, its public key, the script."""
    from governance.adapters.archive import open_archive
    from governance.evidence import load_root, proof, read_bundle

    source = open_archive(archive, read_only=True)
    name, body, root = key.rpartition("/")[2], source.get(key), load_root(source)
    files = {name: body, f"{name}.proof": proof.prove(source, key).to_bytes(), "root.json": root.to_bytes()}
    signer = read_bundle(body, key).envelope.keyid
    files["statement.pub"] = next((known.pem.encode() for known in root.statement if known.keyid == signer), b"")
    files["verify-one.sh"] = source.get("trust/verify-one.sh")
    if root.version > 1:  # what signed each change of keys
        files |= {each: source.get(each) for each in source.list("trust/root/")}
    for each, content in files.items():
        (to / each).parent.mkdir(parents=True, exist_ok=True)
        (to / each).write_bytes(content)
    typer.echo(f"cd {to} && sh verify-one.sh {name} {name}.proof root.json")


def _all(archive: str, held: dict[str, bytes], root_digest: str, scope: Scope, now: datetime | None) -> Report:
    from governance.adapters.archive import open_archive
    from governance.adapters.timestamp import verify_token
    from governance.evidence import verify_archive

    source = open_archive(archive, read_only=True)
    with _progress() as progress:
        return verify_archive(
            source,
            request=_request(archive),
            root_digest=root_digest or None,
            checkpoints=held,
            scope=scope,
            timestamps=verify_token,
            now=now,
            reopen=lambda: open_archive(archive, read_only=True),
            progress=progress,
        )


def _request(archive: str) -> str:
    """The key of the request whose answer a folder is (`aims evidence`); empty for a whole archive."""
    from governance.evidence.answer import POINTER

    pointer = Path(archive.removeprefix("file://")) / POINTER
    return _read(pointer).decode("utf-8", "replace").strip() if pointer.is_file() else ""


def _one(bundle: Path, root_digest: str) -> Report:
    from governance.adapters.directory import DirectoryArchive
    from governance.evidence.proof import verify_beside, verify_bundle

    proof, pinned = _read(bundle.with_name(f"{bundle.name}.proof")), root_digest or None
    if (bundle.parent / "trust/root").is_dir():
        return verify_beside(_read(bundle), proof, DirectoryArchive(bundle.parent, read_only=True), root_digest=pinned)
    return verify_bundle(_read(bundle), proof, _read(bundle.with_name("root.json")), root_digest=pinned)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        mend = "Write proof and root beside the bundle with `aims prove`, or correct the path."
        fault = Fault(Place(file=str(path)), "a file to read", error.strerror or "an error", mend)
        raise ConfigurationError(fault) from error


@contextmanager
def _progress() -> Iterator[Progress]:
    """A bar on standard error, from the third second on, on a terminal only."""
    started, shown = time.monotonic(), ExitStack()
    bar: Bar | None = None

    def show(done: int, total: int) -> None:
        nonlocal bar
        if bar is None and sys.stderr.isatty() and time.monotonic() - started > PATIENCE:
            from rich.console import Console
            from rich.progress import Progress as RichProgress

            bar = shown.enter_context(RichProgress(console=Console(stderr=True), transient=True))
            bar.add_task("verifying", total=total)
        if bar is not None:
            bar.update(bar.task_ids[0], completed=done)

    with shown:
        yield show
