"""Random bundles, judged by stock tools and by us: both take what is whole, and both refuse any flipped bit."""

import base64
import random
import subprocess
import textwrap
import warnings
from dataclasses import dataclass
from pathlib import Path

import pytest

from governance.adapters.ssh import NAMESPACE
from governance.evidence import Keys, Malformed, build_bundle, bundle_key, read_bundle
from governance.evidence.log import Entry, entry_of
from governance.evidence.root import TrustedKey, trusted_keys
from governance.evidence.signature import PublicKey
from governance.evidence.sshsig import BEGIN, END, signed_by
from tests.evidence_builders import HOUR, run_statement

COUNTS = [3, pytest.param(1000, marks=pytest.mark.long)]
RECIPE = """
sha256sum --quiet --strict -c ../SHA256SUMS
tar -xf bundle.tar && cd */
sha256sum --quiet --strict -c manifest-sha256.txt && sha256sum --quiet --strict -c tagmanifest-sha256.txt
sed 's/.*"payload":"\\([^"]*\\)".*/\\1/' statement.dsse.json | openssl base64 -d -A > ../payload
{ printf 'DSSEv1 28 application/vnd.in-toto+json %d ' $(wc -c < ../payload); cat ../payload; } > ../pae
sed 's/.*"sig":"\\([^"]*\\)".*/\\1/' statement.dsse.json | openssl base64 -d -A > ../sig
openssl dgst -sha256 -verify ../../statement.pub -signature ../sig ../pae
grep -q "$(sha256sum tagmanifest-sha256.txt | cut -d' ' -f1)" ../payload
"""


@dataclass
class Auditor:
    """A folder with the statement key; judges one bundle at a time by the auditor's commands."""

    folder: Path
    entry: Entry | None = None

    def takes(self, body: bytes, *, in_log: bool) -> bool:
        """Whether tar, sha256sum and openssl take the bundle; with `in_log` also as the line of the log says."""
        place = self.folder / "one"
        subprocess.run(["rm", "-rf", place], check=True)
        place.mkdir()
        (place / "bundle.tar").write_bytes(body)
        line = f"{self.entry.digest}  bundle.tar\n" if self.entry else ""
        (self.folder / "SHA256SUMS").write_text(line)
        recipe = RECIPE if in_log else RECIPE.replace("sha256sum --quiet --strict -c ../SHA256SUMS", "")
        done = subprocess.run(["sh", "-eu", "-c", recipe], cwd=place, capture_output=True, check=False)
        return done.returncode == 0

    def bag_is_valid(self) -> bool:
        """Whether bagit-python, an independent implementation, takes the bag that was just unpacked."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # bagit imports pkg_resources
            import bagit

            (bag,) = (path for path in (self.folder / "one").iterdir() if path.is_dir())
            return bool(bagit.Bag(str(bag)).is_valid())


def we_take(body: bytes, trusted: TrustedKey) -> bool:
    """Whether we read the bundle, it names the key, and the signature is by that key: as `aims verify` does it."""
    try:
        envelope = read_bundle(body).envelope
    except Malformed:
        return False
    return envelope.keyid == trusted.keyid and envelope.signed_by(PublicKey.from_pem(trusted.pem, "statement"))


def flip(body: bytes, chance: random.Random) -> bytes:
    """The bytes with one random bit turned."""
    at = chance.randrange(len(body))
    return body[:at] + bytes([body[at] ^ 1 << chance.randrange(8)]) + body[at + 1 :]


def random_members(chance: random.Random) -> dict[str, bytes]:
    """A few files under random names, some in folders, some empty; none is a file and the folder of another."""
    letters = "abcdefghijklmnopqrstuvwxyz0123456789._@+=,-"

    def name() -> str:
        return chance.choice(letters[:36]) + "".join(chance.choices(letters, k=chance.randrange(30)))

    paths = {"/".join(name() for _ in range(chance.choice([1, 1, 2, 3]))) for _ in range(chance.randrange(1, 7))}
    paths = {path for path in paths if not any(other.startswith(f"{path}/") for other in paths)}
    return {path: chance.randbytes(chance.choice([0, 1, 511, 512, 513, 5000])) for path in paths}


@pytest.mark.parametrize("count", COUNTS)
def test_stock_tools_and_we_agree_on_random_bundles(count: int, signing_keys: Keys, tmp_path: Path) -> None:
    """What we write they take; of one flipped bit we refuse every one, and they too once they look at the log."""
    key, chance, auditor = trusted_keys(signing_keys)[0], random.Random(count), Auditor(tmp_path)
    (tmp_path / "statement.pub").write_text(key.pem)
    disagreements, seen_without_log = [], 0

    for number in range(count):
        name = f"system-{number}.w{number}.r0"
        place = bundle_key(name, HOUR)
        members, statement = random_members(chance), run_statement(place, note=chance.randbytes(9).hex())
        good = build_bundle(bundle_id=name, members=members, statement=statement, signer=signing_keys.statement)
        bad, auditor.entry = flip(good, chance), entry_of(place, good)
        told = [auditor.takes(good, in_log=True), auditor.bag_is_valid(), we_take(good, key), we_take(bad, key)]
        told += [auditor.takes(bad, in_log=True), entry_of(place, bad) == auditor.entry]
        seen_without_log += not auditor.takes(bad, in_log=False)
        disagreements += [(number, told)] if told != [True, True, True, False, False, False] else []

    assert disagreements == []
    assert seen_without_log > count / 4  # the rest fell on padding that tar passes over: the log's digest shows it


def armoured(blob: bytes) -> bytes:
    """A signature as ssh-keygen writes it."""
    return "\n".join([BEGIN, *textwrap.wrap(base64.b64encode(blob).decode(), 70), END, ""]).encode()


def blob_of(signature: bytes) -> bytes:
    """The bytes inside the armour."""
    return base64.b64decode(b"".join(signature.split(b"\n")[1:-2]))


@pytest.mark.parametrize("count", COUNTS)
def test_ssh_keygen_and_we_agree_on_random_acts(count: int, tmp_path: Path) -> None:
    """What it signs we take; of one flipped bit in the act or in the signature both refuse every one."""
    chance, known = random.Random(count), {}
    kinds = (("ada", "ed25519"), ("bob", "ecdsa"), ("eve", "rsa"))[
        : 3 if count > 100 else 2
    ]  # making rsa takes a second
    for person, kind in kinds:
        subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", str(tmp_path / person)], check=True)
        known[person] = (tmp_path / f"{person}.pub").read_text()
    (tmp_path / "allowed").write_text("".join(f"{person} {key}" for person, key in known.items()))

    def it_takes(person: str, act: bytes, signature: bytes) -> bool:
        (tmp_path / "sig").write_bytes(signature)
        command = ["ssh-keygen", "-Y", "verify", "-f", tmp_path / "allowed", "-I", person, "-n", NAMESPACE]
        done = subprocess.run([*command, "-s", tmp_path / "sig"], input=act, capture_output=True, check=False)
        return done.returncode == 0

    def we_take_it(person: str, act: bytes, signature: bytes) -> bool:
        try:
            return signed_by(signature, act, NAMESPACE, known, "act") == person
        except Malformed:
            return False

    disagreements = []
    for number in range(count):
        person, act = chance.choice(sorted(known)), chance.randbytes(chance.randrange(1, 3000))
        command = ["ssh-keygen", "-Y", "sign", "-f", str(tmp_path / person), "-n", NAMESPACE]
        signature = subprocess.run(command, input=act, capture_output=True, check=True).stdout
        damaged = armoured(flip(blob_of(signature), chance))
        cases = [(act, signature), (flip(act, chance), signature), (act, damaged)]
        told = [judge(person, *case) for case in cases for judge in (it_takes, we_take_it)]
        disagreements += [(number, told)] if told != [True, True, False, False, False, False] else []

    assert disagreements == []
