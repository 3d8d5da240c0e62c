"""Writing to the log: once each, in any order of kills, and never two histories."""

from urllib.parse import urlsplit

import pytest

from governance.adapters.s3 import S3Archive
from governance.adapters.seaweed import SeaweedFS
from governance.errors import EvidenceError
from governance.evidence import (
    Archive,
    Keys,
    Log,
    Malformed,
    checkpoint,
    checkpoint_over,
    initialise_archive,
    iter_bundles,
    prove,
    seal,
    store_bundle,
    sweep,
    three_lines,
    verify_bundle,
)
from governance.evidence.address import root_key, seal_key
from governance.evidence.log import entry_of, print_seal
from tests.evidence_builders import ORIGIN, fill, make_run
from tests.servers import locked_bucket


def lines(archive: Archive) -> list[str]:
    """The keys in the log."""
    return [entry.key for entry in Log.load(archive)]


def test_beginning_an_archive_twice_changes_nothing(archive: Archive, signing_keys: Keys) -> None:
    """The trust files are the first lines of the log, and a checkpoint covers them."""
    first = initialise_archive(archive, signing_keys, ORIGIN)
    objects = list(archive.list(""))

    assert initialise_archive(archive, signing_keys, ORIGIN) == first
    assert list(archive.list("")) == objects
    assert lines(archive)[0] == "trust/root/0001.json"
    assert sorted(lines(archive)) == [key for key in objects if key.startswith("trust/")]
    assert "log/checkpoint/000/000/006" in objects


def test_a_bundle_is_stored_sealed_and_under_a_checkpoint(archive: Archive, signing_keys: Keys) -> None:
    """The receipt says where it stands."""
    initialise_archive(archive, signing_keys, ORIGIN)
    key, body = make_run(signing_keys)

    receipt = store_bundle(archive, key, body, log_signer=signing_keys.log, origin=ORIGIN)

    assert (receipt.created, receipt.index, receipt.sha256) == (True, 6, entry_of(key, body).digest)
    assert three_lines(receipt.checkpoint or "").split("\n")[:2] == [ORIGIN, "7"]


def test_the_second_writer_of_a_key_is_given_the_first_record(archive: Archive, signing_keys: Keys) -> None:
    """Two people act at once, or a run is repeated: one record, one line."""
    initialise_archive(archive, signing_keys, ORIGIN)
    key, body = make_run(signing_keys)
    _, other = make_run(signing_keys, flowRun="another")

    first, second = store_bundle(archive, key, body), store_bundle(archive, key, other)

    assert (first.created, second.created) == (True, False)
    assert first.sha256 == second.sha256
    assert lines(archive).count(key) == 1


def test_a_kill_between_put_and_seal_is_mended_by_repeating(archive: Archive, signing_keys: Keys) -> None:
    """The repeated run finds its bundle there and seals it: exactly one line."""
    initialise_archive(archive, signing_keys, ORIGIN)
    key, body = make_run(signing_keys)
    archive.put_new(key, body)  # and the writer is killed here

    receipt = store_bundle(archive, key, make_run(signing_keys)[1])

    assert receipt.created is False
    assert receipt.sha256 == entry_of(key, body).digest
    assert lines(archive).count(key) == 1


def test_the_sweep_seals_strays_and_leaves_what_is_no_bundle(archive: Archive, signing_keys: Keys) -> None:
    """A planted object does not get into the log."""
    initialise_archive(archive, signing_keys, ORIGIN)
    key, body = make_run(signing_keys)
    archive.put_new(key, body)
    archive.put_new("bundle/2026/11/24/05/planted.tar", b"rubbish")
    archive.put_new("bundle/2026/11/24/06/moved.tar", body)

    left = sweep(archive)

    assert left == ["bundle/2026/11/24/05/planted.tar", "bundle/2026/11/24/06/moved.tar"]
    assert lines(archive)[6:] == [key]
    assert sweep(archive) == left


def test_a_sealer_that_knows_too_little_reads_and_repeats(archive: Archive, signing_keys: Keys) -> None:
    """Two sealers with the same view of the log do not lose a line."""
    initialise_archive(archive, signing_keys, ORIGIN)
    stale = Log.load(archive)
    keys = []
    for number in range(3):
        key, body = make_run(signing_keys, number)
        archive.put_new(key, body)
        keys.append(key)

    seal(archive, keys[:2])
    seal(archive, keys, log=stale)

    assert lines(archive)[6:] == keys
    assert [entry.key for entry in stale] == lines(archive)


def test_a_planted_seal_stops_the_writers(archive: Archive, signing_keys: Keys) -> None:
    """Nothing is written after a seal that is none; verify names it."""
    initialise_archive(archive, signing_keys, ORIGIN)
    archive.put_new(seal_key(6), b"rubbish\n")
    key, body = make_run(signing_keys)

    with pytest.raises(Malformed, match="log/seal/000/000/006"):
        store_bundle(archive, key, body)


def test_a_log_key_does_not_sign_a_second_history(directory_archive: Archive, signing_keys: Keys, tmp_path) -> None:  # type: ignore[no-untyped-def]
    """After a rewrite of the seals the next checkpoint is refused."""
    fill(directory_archive, signing_keys, 2)
    path = tmp_path / "archive" / seal_key(7)
    path.chmod(0o644)
    path.write_bytes(print_seal([entry_of("bundle/2026/11/24/05/forged.tar", b"x")]))
    directory_archive.put_new(seal_key(8), print_seal([entry_of("bundle/2026/11/24/05/more.tar", b"x")]))

    with pytest.raises(EvidenceError, match="another history"):
        checkpoint(directory_archive, signing_keys.log, ORIGIN)


def test_an_empty_log_has_no_checkpoint(archive: Archive, signing_keys: Keys) -> None:
    """There is nothing to sign."""
    assert checkpoint(archive, signing_keys.log, ORIGIN) is None


@pytest.mark.servers
def test_lines_that_a_race_may_still_change_are_not_signed(seaweed: SeaweedFS, signing_keys: Keys) -> None:
    """Where a second put is taken, a seal counts once nobody can still be racing for it; the first one at once."""
    early = locked_bucket(seaweed, settle=3600)
    bucket, admin = urlsplit(early.name).netloc, seaweed.admin
    late = S3Archive(bucket, endpoint=seaweed.endpoint, credentials=(admin.key, admin.secret), settle=1)
    fill(early, signing_keys, 2)
    log = Log.load(early)

    young = checkpoint(early, signing_keys.log, ORIGIN, log=log)
    later = checkpoint_over(late, signing_keys.log, ORIGIN, len(log) - 1, log=log, retain_until=None)

    assert [three_lines(each).split("\n")[1] for each in (young, later) if each] == ["6", "8"]
    assert list(early.list("log/checkpoint/")) == ["log/checkpoint/000/000/006", "log/checkpoint/000/000/008"]


def test_a_smaller_head_may_be_asked_for(archive: Archive, signing_keys: Keys) -> None:
    """The first seven lines of eight."""
    fill(archive, signing_keys, 2)

    assert checkpoint(archive, signing_keys.log, ORIGIN, size=7) == archive.get("log/checkpoint/000/000/007")


def test_a_rebuild_reads_every_bundle_in_order_from_any_index(archive: Archive, signing_keys: Keys) -> None:
    """The database can be made anew from the archive alone."""
    _, keys, _ = fill(archive, signing_keys, 4)

    assert [key for _, key, _ in iter_bundles(archive)] == keys
    assert [(index, key) for index, key, _ in iter_bundles(archive, since_index=8)] == [(8, keys[2]), (9, keys[3])]


def test_a_rebuild_takes_no_altered_bundle(directory_archive: Archive, signing_keys: Keys, tmp_path) -> None:  # type: ignore[no-untyped-def]
    """What differs from the log is not read."""
    _, keys, _ = fill(directory_archive, signing_keys, 2)
    path = tmp_path / "archive" / keys[1]
    path.chmod(0o644)
    path.write_bytes(make_run(signing_keys, 1, flowRun="forged")[1])

    with pytest.raises(Malformed, match="w0001"):
        list(iter_bundles(directory_archive))


def test_one_bundle_verifies_with_its_proof_alone(archive: Archive, signing_keys: Keys) -> None:
    """Bundle, proof and root file are enough; each altered one is refused."""
    root, keys, _ = fill(archive, signing_keys, 5)
    bundle, proof, root_file = archive.get(keys[2]), prove(archive, keys[2]).to_bytes(), archive.get(root_key(1))

    good = verify_bundle(bundle, proof, root_file, root_digest=root.digest)

    assert good.ok, good.lines()
    assert "root file pinned" in good.strength
    assert not verify_bundle(archive.get(keys[3]), proof, root_file).ok
    assert not verify_bundle(bundle, prove(archive, keys[3]).to_bytes(), root_file).ok
    assert not verify_bundle(bundle, proof, root_file, root_digest="0" * 64).ok
    for at in range(0, len(proof), 7):
        flipped = bytes([*proof[:at], proof[at] ^ 1, *proof[at + 1 :]])
        assert not verify_bundle(bundle, flipped, root_file).ok, at
