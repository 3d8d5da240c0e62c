"""`aims keys`: make the signing keys, begin an archive with its holders, rotate and revoke keys, show public halves.

A change of keys is a new root file that enough holders sign, each on their own machine with their own SSH key.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import typer

from governance.errors import ConfigurationError, Fault, Place

if TYPE_CHECKING:
    from governance.evidence import Keys, Root

FOLDER = typer.Argument(help="The folder of the keys (mode 0700).", envvar="AIMS_KEYS")
ARCHIVE = typer.Argument(help="file:///path or s3://bucket?endpoint=…", envvar="AIMS_ARCHIVE")
DRAFT = typer.Option(..., help="Where to write the root file that the holders are to sign.")


def register(app: typer.Typer) -> None:
    """Add the commands under `aims keys`."""
    keys = typer.Typer(help="The keys that sign statements (P-256) and the log (Ed25519).", no_args_is_help=True)
    keys.command(epilog="Example: `AIMS_KEY_PASSPHRASE=… aims keys init /etc/aims/keys --name acme-2026`")(init)
    keys.command(epilog="Example: `aims keys rotate file:///srv/evidence --new /etc/aims/keys-2027 --draft 2.json`")(
        rotate
    )
    keys.command(epilog="Example: `aims keys revoke file:///srv/evidence 72a8f1… --draft 3.json`")(revoke)
    keys.command(epilog="Example: `aims keys people file:///srv/evidence deployments/people.yaml --draft 4.json`")(
        people
    )
    keys.command(epilog="Example: `aims keys witnesses file:///srv/evidence w.example/1+1f2e3d4c+BA… --draft 4.json`")(
        witnesses
    )
    keys.command(epilog="Example: `aims keys moved s3://new?endpoint=https://… --draft 5.json`")(moved)
    keys.command(epilog="Example: `aims keys publish file:///srv/evidence 2.json ada-okafor.sig bo-lind.sig`")(publish)
    keys.command(epilog="Example: `aims keys show /etc/aims/keys`")(show)
    app.add_typer(keys, name="keys")


def init(
    folder: Path = FOLDER,
    name: str = typer.Option("", help="What the root file calls them; the folder's name by default."),
    demo: bool = typer.Option(False, help="Mark them DEMO: they prove nothing about who signed."),
    archive: str = typer.Option("", help="Begin this archive with them, too."),
    origin: str = typer.Option("", help="The archive's name for good, as in its checkpoints (example.org/aims)."),
    holder: list[str] = typer.Option([], help="PERSON=FILE.pub: who may sign a change of keys. Repeat it."),
    registry: Path = typer.Option(None, "--people", help="people.yaml: whose signed acts make them witnesses."),
    threshold: int = typer.Option(0, min=0, help="How many holders must sign; 0: the keys can never be changed."),
    lock_days: int = typer.Option(0, min=0, help="Lock every object for so many days (S3 with Object Lock)."),
    also_sign: list[str] = typer.Option([], help="Further log keys: ml-dsa-44, ecdsa-sha2-nistp256. Repeat it."),
    witness: list[str] = typer.Option([], help="Verifier key of a witness that cosigns the log. Repeat it."),
    authorities: Path = typer.Option(None, help="Certificates (PEM) of the time-stamping authorities."),
) -> None:
    """Make both keys; keys that are there stay. AIMS_KEY_PASSPHRASE encrypts them. With --archive, begin it."""
    from governance.adapters.keys import create_keys

    holders = dict(_holder(each) for each in holder)
    signers = _signers(registry) if registry else {}
    if threshold > len(holders):
        _refuse(f"--threshold up to the number of holders ({len(holders)})", str(threshold), "Name more holders.")
    if archive and not origin:
        _refuse("--origin with --archive", "none", "Name the archive for good, as example.org/aims.")
    if unknown := {*also_sign} - {"ml-dsa-44", "ecdsa-sha2-nistp256"}:
        _refuse("--also-sign ml-dsa-44 or ecdsa-sha2-nistp256", ", ".join(sorted(unknown)), "Correct it.")
    outside = _outside(witness, authorities)
    keys = create_keys(folder, name=name, demo=demo, also=also_sign)
    _print(keys, as_json=False)
    if archive:
        root = _begin(archive, keys, origin, holders, signers, threshold, lock_days, outside)
        typer.echo(f"sha256 of trust/root/0001.json: {root}   write it down on paper")


def rotate(
    archive: str = ARCHIVE,
    new: Path = typer.Option(..., help="The folder of the new keys; they are made when it is empty."),
    draft: Path = DRAFT,
    name: str = typer.Option("", help="What the root file calls the new keys."),
) -> None:
    """Let new keys sign from here on. The old ones stay valid until they are revoked: switch over in between."""
    from governance.adapters.archive import open_archive
    from governance.adapters.keys import create_keys
    from governance.evidence import Log, load_root, next_root
    from governance.evidence.root import log_keys, trusted_keys
    from governance.evidence.signature import ED25519

    opened = open_archive(archive, read_only=True)
    root = load_root(opened)
    also = {key.algorithm for key in root.log if key.until is None} - {ED25519}
    keys = create_keys(new, name=name, also=also)
    position, statement = len(Log.load(opened)), trusted_keys(keys)[0]
    _draft(next_root(root, position=position, statement=statement, log=log_keys(keys)), draft)


def revoke(
    archive: str = ARCHIVE,
    keyid: list[str] = typer.Argument(help="Ids of keys, as `aims keys show` prints them; a unique beginning will do."),
    draft: Path = DRAFT,
) -> None:
    """End keys at the present length of the log: what they sign from here on is refused, whatever its clock says."""
    from governance.adapters.archive import open_archive
    from governance.evidence import Log, load_root, next_root

    opened = open_archive(archive, read_only=True)
    root = load_root(opened)
    valid = {key.keyid for key in (*root.statement, *root.log) if key.until is None}
    ended = frozenset(_match(each, valid) for each in keyid)
    for keys in (root.statement, root.log):
        if not {key.keyid for key in keys if key.until is None} - ended:
            _refuse("a key that goes on signing", "the last one", "Run `aims keys rotate` first.")
    _draft(next_root(root, position=len(Log.load(opened)), revoked=ended), draft)


def people(
    archive: str = ARCHIVE,
    registry: Path = typer.Argument(help="people.yaml, with an ssh_key for each person who signs acts."),
    draft: Path = DRAFT,
) -> None:
    """Let the signed acts of these people count from here on, and of nobody else: owners come, go, or change keys."""
    from governance.adapters.archive import open_archive
    from governance.evidence import Log, load_root, next_root

    opened = open_archive(archive, read_only=True)
    _draft(next_root(load_root(opened), position=len(Log.load(opened)), signers=_signers(registry)), draft)


def witnesses(
    archive: str = ARCHIVE,
    vkey: list[str] = typer.Argument(help="Verifier keys of the witnesses that cosign the log, all of them."),
    draft: Path = DRAFT,
) -> None:
    """Let these witnesses count from here on, and no others (c2sp.org/tlog-cosignature)."""
    from governance.adapters.archive import open_archive
    from governance.evidence import Log, load_root, next_root

    given, _ = _outside(vkey, None)
    opened = open_archive(archive, read_only=True)
    _draft(next_root(load_root(opened), position=len(Log.load(opened)), witnesses=given), draft)


def moved(
    archive: str = typer.Argument(help="The NEW store, with every object copied into it.", envvar="AIMS_ARCHIVE"),
    draft: Path = DRAFT,
) -> None:
    """Say that the archive was copied into this store by now. Without it, `aims verify` calls it a store made anew."""
    from datetime import UTC, datetime

    from governance.adapters.archive import open_archive
    from governance.evidence import Log, load_root, next_root

    opened = open_archive(archive, read_only=True)
    _draft(next_root(load_root(opened), position=len(Log.load(opened)), moved_at=datetime.now(UTC)), draft)


def publish(
    archive: str = ARCHIVE,
    draft: Path = typer.Argument(help="The root file that was signed."),
    signature: list[Path] = typer.Argument(help="PERSON.sig, one of each holder who signed."),
) -> None:
    """Put a signed root file into the archive and its log. Too few signatures, and nothing changes."""
    from datetime import UTC, datetime, timedelta

    from governance.adapters.archive import open_archive
    from governance.evidence import publish_root
    from governance.evidence.root import parse_root

    root = parse_root(_read(draft), str(draft))
    opened = open_archive(archive)
    days = root.lock.days if opened.locks else 0
    until = (datetime.now(UTC) + timedelta(days=days)).replace(microsecond=0) if days else None
    publish_root(opened, root, {path.stem: _read(path) for path in signature}, retain_until=until)
    typer.echo(f"version {root.version} is in force; sign the log's head with a key that it names: `aims checkpoint`")


def show(
    folder: Path = FOLDER,
    name: str = typer.Option("", help="What the root file calls them."),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
) -> None:
    """Show the ids and the public halves."""
    from governance.adapters.keys import load_keys

    _print(load_keys(folder, name=name), as_json=as_json)


def _begin(
    archive: str,
    keys: "Keys",
    origin: str,
    holders: dict[str, str],
    signers: dict[str, str],
    threshold: int,
    lock_days: int,
    outside: tuple[list[str], bytes],
) -> str:
    """Begin the archive; the digest of its root file."""
    from datetime import UTC, datetime, timedelta

    from governance.adapters.archive import open_archive
    from governance.evidence import LockRule, initialise_archive

    lock = LockRule("COMPLIANCE", lock_days) if lock_days else None
    until = (datetime.now(UTC) + timedelta(days=lock_days)).replace(microsecond=0) if lock_days else None
    root = initialise_archive(
        open_archive(archive), keys, origin,
        lock=lock, holders=holders, signers=signers, threshold=threshold, retain_until=until,
        witnesses=outside[0], authorities=outside[1],
    )  # fmt: skip
    return root.digest


def _draft(root: "Root", path: Path) -> None:
    """Write the file, and say how each holder signs it."""
    from governance.evidence.sshsig import ROOT_NAMESPACE

    path.write_bytes(root.to_bytes())
    people = ", ".join(sorted(root.holders)) or "nobody: this archive has no holders, its keys cannot be changed"
    typer.echo(f"{path}: version {root.version}, to be signed by {root.threshold} of {people}. Each holder:")
    typer.echo(f"ssh-keygen -Y sign -f ~/.ssh/id_ed25519 -n {ROOT_NAMESPACE} < {path} > PERSON.sig")
    typer.echo(f"then: aims keys publish ARCHIVE {path} PERSON.sig …")


def _holder(text: str) -> tuple[str, str]:
    person, mark, path = text.partition("=")
    key = _read(Path(path)).decode("utf-8", "replace") if mark else ""
    if not person or len(key.split()) < 2 or "PRIVATE" in key:
        _refuse("--holder PERSON=FILE.pub with an SSH public key", "something else", "Name the .pub file.")
    return person, key


def _signers(path: Path) -> dict[str, str]:
    """The SSH keys of a people.yaml. Raises ConfigurationError for a file that is none, or without any key."""
    from governance.registry.load import read_record
    from governance.registry.people import People

    found = read_record(_read(path).decode("utf-8", "replace"), path.name, People).ssh_keys
    if not found:
        _refuse("people with an ssh_key", "none", f"Add the public keys to {path.name}, reviewed by a second person.")
    return found


def _outside(vkeys: list[str], certificates: Path | None) -> tuple[list[str], bytes]:
    """Verifier keys of witnesses, and certificates of time-stamping authorities. Raises Malformed for another text."""
    from governance.evidence.note_key import parse_vkey

    for vkey in vkeys:
        parse_vkey(vkey, "--witness")
    pem = _read(certificates) if certificates else b""
    if pem and b"BEGIN CERTIFICATE" not in pem:
        _refuse("--authorities with certificates in PEM", "another file", "Ask the authority for its certificate.")
    return vkeys, pem


def _match(text: str, known: set[str]) -> str:
    found = [keyid for keyid in known if keyid.startswith(text)]
    if len(found) != 1:
        _refuse("the id of one valid key of the root file", f"{len(found)} that begin so", "Run `aims keys show`.")
    return found[0]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        fault = Fault(Place(file=str(path)), "a file to read", error.strerror or "an error", "Correct the path.")
        raise ConfigurationError(fault) from error


def _refuse(expected: str, found: str, mend: str) -> NoReturn:
    raise ConfigurationError(Fault(Place(), expected, found, mend))


def _print(keys: "Keys", *, as_json: bool) -> None:
    from governance.evidence.root import log_keys, trusted_keys

    first, *more = log_keys(keys)
    shown = {"statement": trusted_keys(keys)[0], "log": first} | {f"log {key.algorithm}": key for key in more}
    if as_json:
        typer.echo(
            json.dumps(
                {use: {"keyid": key.keyid, "algorithm": key.algorithm, "pem": key.pem} for use, key in shown.items()}
            )
        )
        return
    for use, key in shown.items():
        typer.echo(f"{keys.name}  {use:9}  {key.algorithm:19}  {key.keyid}\n{key.pem}", nl=False)
