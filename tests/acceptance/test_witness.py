"""A witness outside cosigns our checkpoints, counts in the strength, and refuses a log that was cut or rewritten."""

import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from governance.adapters.anchoring import anchor_checkpoint, post
from governance.adapters.directory import DirectoryArchive
from governance.adapters.keys import create_keys
from governance.adapters.settings import Settings
from governance.adapters.workplace import Workplace
from governance.errors import ConfigurationError, EvidenceError
from governance.evidence import Keys, Log, checkpoint, prove, store_anchor, store_bundle, three_lines, verify_archive
from governance.evidence.address import checkpoint_key, seal_key
from governance.evidence.anchor import COSIGNATURE
from governance.evidence.cosigning import WitnessServer, cosign
from governance.evidence.log import entry_of
from governance.evidence.note import parse_checkpoint
from governance.evidence.note_key import parse_vkey
from tests.acceptance.test_attacks import FolderOwner, rewrite
from tests.evidence_builders import ORIGIN, fill, make_run
from tests.little_witness import LittleWitness, serving

pytestmark = pytest.mark.servers


@pytest.fixture
def witness(signing_keys: Keys) -> LittleWitness:
    """A witness that knows our log."""
    return LittleWitness("witness.example/w1", {ORIGIN: signing_keys.log.raw})


@pytest.fixture
def asked(witness: LittleWitness) -> Iterator[WitnessServer]:
    """The same, running, as we are configured with it."""
    with serving(witness) as url:
        yield WitnessServer(url, parse_vkey(witness.vkeys[0], "test"))


def sign_and_ask(archive: DirectoryArchive, keys: Keys, asked: WitnessServer) -> str:
    """The hourly flow's core: sign the head, have it cosigned."""
    note = checkpoint(archive, keys.log, ORIGIN)
    assert note
    return cosign(archive, Log.load(archive), note, asked, post)


def test_cosignatures_grow_with_the_log_and_count_in_the_strength(
    directory_archive: DirectoryArchive, signing_keys: Keys, asked: WitnessServer, witness: LittleWitness
) -> None:
    """Each is asked for with a proof from the one before; the last line names how many, to which entry, of when."""
    fill(directory_archive, signing_keys, 2, witnesses=witness.vkeys)

    first = sign_and_ask(directory_archive, signing_keys, asked)
    for number in range(10, 15):
        store_bundle(directory_archive, *make_run(signing_keys, number))
    second = sign_and_ask(directory_archive, signing_keys, asked)

    report = verify_archive(directory_archive)
    assert first.startswith("log/anchor/000/000/008/witness-example-w1-")
    assert second.startswith("log/anchor/000/000/014/")
    assert report.ok, report.lines()
    assert f"2 witness cosignatures to entry 14 ({datetime.now(UTC):%Y-}" in report.strength
    assert "1 entries PROVISIONAL" in report.strength


def test_a_witness_that_knows_more_than_we_remember_is_given_the_right_proof(
    directory_archive: DirectoryArchive, signing_keys: Keys, asked: WitnessServer
) -> None:
    """Our archive may lack its cosignature (a kill before it was stored): 409 tells the size."""
    fill(directory_archive, signing_keys, 2)
    head = checkpoint(directory_archive, signing_keys.log, ORIGIN)
    assert head
    assert post(f"{asked.url}/add-checkpoint", b"old 0\n\n" + head)[0] == 200
    store_bundle(directory_archive, *make_run(signing_keys, 9))

    assert sign_and_ask(directory_archive, signing_keys, asked).startswith("log/anchor/000/000/009/")


def test_a_cut_tail_is_refused_by_the_witness(tmp_path: Path, signing_keys: Keys, asked: WitnessServer) -> None:
    """It has cosigned more entries than there are."""
    owner = FolderOwner(tmp_path / "archive")
    fill(owner.archive, signing_keys, 3)
    cosignature = sign_and_ask(owner.archive, signing_keys, asked)  # type: ignore[arg-type]
    for key in (seal_key(9), cosignature, seal_key(8), checkpoint_key(9)):
        owner.delete(key)

    with pytest.raises(EvidenceError, match="TRUNCATED: 8 entries"):
        sign_and_ask(owner.archive, signing_keys, asked)  # type: ignore[arg-type]


def test_a_rewritten_history_is_refused_by_the_witness(
    tmp_path: Path, signing_keys: Keys, asked: WitnessServer
) -> None:
    """The operator has every key and rewrites an entry; the proof from what the witness saw cannot be made."""
    owner = FolderOwner(tmp_path / "archive")
    _, keys, _ = fill(owner.archive, signing_keys, 3)
    sign_and_ask(owner.archive, signing_keys, asked)  # type: ignore[arg-type]
    forged = make_run(signing_keys, 1, flowRun="better")[1]
    entries = [entry_of(keys[1], forged) if entry.key == keys[1] else entry for entry in Log.load(owner.archive)]
    owner.replace(keys[1], forged)
    rewrite(owner, signing_keys, entries)

    with pytest.raises(EvidenceError, match="FORK"):
        sign_and_ask(owner.archive, signing_keys, asked)  # type: ignore[arg-type]


@pytest.mark.parametrize("ahead", [600, -600])
def test_a_witness_whose_clock_is_off_is_not_stored(
    directory_archive: DirectoryArchive, signing_keys: Keys, asked: WitnessServer, witness: LittleWitness, ahead: int
) -> None:
    """Its time would make honest entries look back-dated, or stored later than known, for good."""
    fill(directory_archive, signing_keys, 1)
    witness.clock_ahead = ahead

    with pytest.raises(EvidenceError, match="a cosignature of now"):
        sign_and_ask(directory_archive, signing_keys, asked)

    assert list(directory_archive.list("log/anchor/")) == []


def test_a_cosignature_from_the_future_dates_nothing(
    directory_archive: DirectoryArchive, signing_keys: Keys, witness: LittleWitness
) -> None:
    """Somebody put it there by hand: what follows is not back-dated by it."""
    fill(directory_archive, signing_keys, 1, witnesses=witness.vkeys)
    head = parse_checkpoint(three_lines(directory_archive.get(checkpoint_key(7))), "head")
    witness.clock_ahead = 10**6
    line = witness._cosigned(head.text(), ORIGIN, 7, head.root)
    key = store_anchor(directory_archive, 7, "w1", line.encode(), kind=COSIGNATURE)
    store_bundle(directory_archive, *make_run(signing_keys, 9))

    report = verify_archive(directory_archive)
    assert report.ok, report.lines()
    assert [each.key for each in report.findings if each.word == "CLOCK"] == [key]


def test_a_forged_cosignature_is_named(
    directory_archive: DirectoryArchive, signing_keys: Keys, witness: LittleWitness
) -> None:
    """By a known witness's name and key id, over another checkpoint; by an unknown witness it is only a note."""
    fill(directory_archive, signing_keys, 2, witnesses=witness.vkeys)
    stranger = LittleWitness("witness.example/w2", witness.logs)
    other = witness._cosigned(f"{ORIGIN}\n9\nAAAA\n", ORIGIN, 9, b"")

    forged = store_anchor(directory_archive, 8, "w1", other.encode(), kind=COSIGNATURE)
    with serving(stranger) as url:
        unknown = sign_and_ask(
            directory_archive, signing_keys, WitnessServer(url, parse_vkey(stranger.vkeys[0], "test"))
        )
    noise = store_anchor(directory_archive, 8, "w3", b"noise", kind=COSIGNATURE)

    report = verify_archive(directory_archive)
    told = [(each.word, each.key, each.fails) for each in report.findings if each.word != "UNSIGNED TAIL"]
    assert told == [
        ("BAD COSIGNATURE", forged, True),
        ("UNKNOWN WITNESS", unknown, False),
        ("BAD COSIGNATURE", noise, True),
    ]


def test_a_log_that_the_witness_does_not_know_is_told_so(
    directory_archive: DirectoryArchive,
    signing_keys: Keys,
    asked: WitnessServer,
    witness: LittleWitness,
    tmp_path: Path,
) -> None:
    """404 for another origin, 403 for another key: the mend is to register with it."""
    fill(directory_archive, signing_keys, 1)
    witness.logs[ORIGIN] = create_keys(tmp_path / "others").log.raw

    with pytest.raises(EvidenceError, match=r"HTTP status 403.*Register"):
        sign_and_ask(directory_archive, signing_keys, asked)
    witness.logs.clear()
    with pytest.raises(EvidenceError, match=r"HTTP status 404.*Register"):
        sign_and_ask(directory_archive, signing_keys, asked)


def begun(tmp_path: Path, vkeys: list[str], settings: str) -> Workplace:
    """An installation with a small archive and a setting for witnesses."""
    state = tmp_path / "state"
    keys = create_keys(state / "keys", also=("ml-dsa-44", "ecdsa-sha2-nistp256"))
    fill(DirectoryArchive(state / "archive"), keys, 1, witnesses=vkeys)
    places = (tmp_path, state, (state / "archive").as_uri(), state / "keys", ORIGIN, "", "")
    return Workplace(Settings(*places, witnesses=settings))


def test_witnesses_are_an_option_of_the_settings_and_one_that_is_away_is_reported(tmp_path: Path) -> None:
    """Two witnesses, of which one also signs with ML-DSA-44, and one address where nobody is."""
    keys = create_keys(tmp_path / "state/keys", also=("ml-dsa-44", "ecdsa-sha2-nistp256"))
    quantum = LittleWitness("w.example/q", {ORIGIN: keys.log.raw}, quantum=MLDSA44PrivateKey.generate())
    plain = LittleWitness("w.example/p", {ORIGIN: keys.log.raw})
    keep = datetime.now(UTC) + timedelta(days=1)
    with serving(quantum) as first, serving(plain) as second:
        known = f"{first}#{quantum.vkeys[1]}, {second}#{plain.vkeys[0]}"
        here = begun(tmp_path, [*quantum.vkeys, *plain.vkeys], f"{known}, http://127.0.0.1:9/w#{plain.vkeys[0]}")
        note = checkpoint(here.archive, here.keys.log, ORIGIN)
        assert note

        stored, faults = anchor_checkpoint(here, note, keep)

    report = verify_archive(here.archive)
    assert [key.rpartition(".")[2] for key in stored] == ["cosig", "cosig"]
    assert len(faults) == 1
    assert "an answer of the witness" in faults[0]
    assert report.ok, report.lines()
    assert "2 witness cosignatures to entry 7" in report.strength


@pytest.mark.parametrize("setting", ["http://127.0.0.1:9", "#w+1+A", "http://x/#"])
def test_a_misspelt_setting_is_refused(tmp_path: Path, setting: str) -> None:
    """Nothing is silently left out."""
    here = begun(tmp_path, [], setting)

    with pytest.raises((ConfigurationError, EvidenceError)):
        anchor_checkpoint(here, here.archive.get(checkpoint_key(7)), datetime.now(UTC))


@pytest.mark.long
def test_the_auditors_scripts_take_an_archive_with_further_keys_and_cosignatures(
    tmp_path: Path, asked: WitnessServer, witness: LittleWitness
) -> None:
    """The Ed25519 line stands first, so openssl 3.0 suffices; what it cannot read it passes over."""
    keys = create_keys(tmp_path / "keys", also=("ml-dsa-44", "ecdsa-sha2-nistp256"))
    witness.logs[ORIGIN] = keys.log.raw
    archive = DirectoryArchive(tmp_path / "archive")
    root, bundles, heads = fill(archive, keys, 3, witnesses=witness.vkeys)
    sign_and_ask(archive, keys, asked)
    (tmp_path / "note").write_text(heads[1])
    (tmp_path / "proof").write_bytes(prove(archive, bundles[1]).to_bytes())
    trust = "archive/trust"

    def said(*command: str) -> str:
        done = subprocess.run(["sh", *command], cwd=tmp_path, capture_output=True, text=True, check=False)
        return done.stdout.rstrip().splitlines()[-1]

    assert said(f"{trust}/verify-all.sh", "archive", root.digest, "note") == "VERIFIED 10 entries"
    one = said(f"{trust}/verify-one.sh", f"archive/{bundles[1]}", "proof", f"{trust}/statement.pub", f"{trust}/log.pub")
    assert one.startswith("ok    checkpoint signed by")
