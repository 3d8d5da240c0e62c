"""One owner's signed act, alone, catches whoever owns the store and the log's own key. Each attack is carried out.

An owner acts with `--sign`; their act holds the checkpoint that they had before them. Their own copy of its bundle
(`aims prove`), or the act where it lies in the archive, is all that the verifier is given beside the archive.
"""

import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from governance.adapters.directory import DirectoryArchive
from governance.adapters.settings import Settings
from governance.adapters.workplace import Workplace
from governance.evidence import (
    Archive,
    Keys,
    Log,
    Report,
    checkpoint,
    initialise_archive,
    load_root,
    next_root,
    publish_root,
    seal,
    verify_archive,
    witness,
)
from governance.evidence.address import slot_size
from governance.evidence.log import Entry, entry_of
from governance.registry.people import People, Person
from governance.registry.registry import Registry
from tests.acceptance.test_attacks import (
    Attacker,
    BucketOwner,
    FolderOwner,
    attacker,
    bucket_owner,
    rewrite,
    said,
    ssh_sign,
)
from tests.builders import people, system
from tests.evidence_builders import ORIGIN, fill, make_run
from tests.governance.cases.stories import ADA, KINDS, kind
from tests.prefect_server import begin

__all__ = ["attacker", "bucket_owner"]  # fixtures


@dataclass
class Story:
    """An archive with three runs, Ada's signed act after them, and one run more; `own` is Ada's copy of her act."""

    attacker: Attacker
    keys: Keys
    runs: list[str]
    act: str
    own: bytes
    here: Workplace

    @property
    def archive(self) -> Archive:
        """The archive as it is now."""
        return self.attacker.archive

    def verify(self, *, with_act: bool) -> Report:
        """What an auditor is told, with or without Ada's copy."""
        return verify_archive(self.archive, checkpoints={"ada.tar": self.own} if with_act else {})

    def entries(self, **other: Entry) -> list[Entry]:
        """The lines of the log, some of them replaced."""
        return [other.get(entry.key, entry) for entry in Log.load(self.archive)]


@pytest.fixture
def story(attacker: Attacker, signing_keys: Keys, tmp_path: Path) -> Story:
    """The story on every kind of store."""
    return tell(attacker, signing_keys, tmp_path)


def ssh_key(folder: Path, name: str) -> str:
    """Make a key of OpenSSH's; its public half without the comment."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(folder / name)], check=True)
    return (folder / f"{name}.pub").read_text("utf-8").strip()


def review(here: Workplace, key_file: Path) -> str:
    """Ada begins a review, signed with her key; where it stands."""
    return here.casework.open(
        "risk_review", system="early-help", title="The half-year's review", severity="", by=ADA, why="it is due",
        fields={"occasion": "schedule"}, key_file=key_file,
    ).receipt.key  # fmt: skip


def installation(folder: Path, archive: Archive, keys: Keys, known: People) -> Workplace:
    """The parts of an installation over a given archive that locks nothing, for one system and these people."""
    none = (folder / "none").as_uri()
    here = Workplace(Settings(KINDS.parent, folder / "state", none, folder / "keys", ORIGIN, none, none))
    here.__dict__ |= {"archive": archive, "keys": keys, "registry": Registry({"early-help": system()}, known)}
    here.__dict__["kinds"] = {"risk_review": kind("risk_review")}
    here.__dict__["retain_until"] = lambda _system: None  # with a lock there would be no attack to carry out
    return here


def tell(attacker: Attacker, keys: Keys, folder: Path, **options: Any) -> Story:
    """Begin an archive as an installation does, with Ada's key from people.yaml, and let her act."""
    ada = Person(id=ADA, name="Ada Okafor", email="ada@example.org", ssh_key=ssh_key(folder, "ada"))
    known = People(people=(ada, *(one for one in people().people if one.id != ADA)))
    _, runs, _ = fill(attacker.archive, keys, 3, **{"signers": known.ssh_keys, **options})
    here = installation(folder, attacker.archive, keys, known)
    act = review(here, folder / "ada")
    key, body = make_run(keys, 3)
    attacker.archive.put_new(key, body)
    log = seal(attacker.archive, [key])
    checkpoint(attacker.archive, keys.log, ORIGIN, log=log)
    return Story(attacker, keys, [*runs, key], act, attacker.archive.get(act), here)


def cut_tail(story: Story, *, size: int) -> None:
    """Remove all that the log holds beyond `size` lines, and every checkpoint over more."""
    for entry in Log.load(story.archive).entries[size:]:
        story.attacker.delete(entry.key)
    for key in list(story.archive.list("log/")):
        if (slot_size(key) or 0) >= size + key.startswith("log/checkpoint/"):
            story.attacker.delete(key)
    checkpoint(story.archive, story.keys.log, ORIGIN)


def rewrite_entry(story: Story, *, keep_act: bool = False) -> None:
    """Put a better result in the place of run 1 and write the log anew around it, signed with its own key."""
    forged = make_run(story.keys, 1, flowRun="better")[1]
    story.attacker.replace(story.runs[1], forged)
    entries = story.entries(**{story.runs[1]: entry_of(story.runs[1], forged)})
    if not keep_act:
        story.attacker.delete(story.act)
        entries = [entry for entry in entries if entry.key != story.act]
    rewrite(story.attacker, story.keys, entries)


def recreate_bucket(story: Story, *, keep_act: bool = False, deny: bool = False) -> None:
    """Empty the bucket, begin it anew with the same keys and name, and fill it with better runs."""
    for key in list(story.archive.list("")):
        story.attacker.delete(key)
    fill(story.archive, story.keys, 0, signers={} if deny else story.here.registry.people.ssh_keys)
    for number in range(5):
        key, body = make_run(story.keys, number, flowRun="better")
        story.archive.put_new(key, body)
        seal(story.archive, [key])
    if keep_act:
        story.archive.put_new(story.act, story.own)
        seal(story.archive, [story.act])
    checkpoint(story.archive, story.keys.log, ORIGIN)


ATTACKS: dict[str, tuple[Callable[[Story], None], set[str]]] = {
    "the tail is cut before what she saw": (lambda story: cut_tail(story, size=8), {"TRUNCATED", "NOT IN LOG"}),
    "an entry is rewritten": (rewrite_entry, {"FORK", "NOT IN LOG"}),
    "the bucket is made anew": (recreate_bucket, {"FORK", "NOT IN LOG"}),
}  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS)
def test_the_act_that_an_owner_kept_catches_what_the_archive_alone_hides(story: Story, attack: str) -> None:
    """Control and proof: without her copy the attacked archive verifies; with it, it does not."""
    carry_out, words = ATTACKS[attack]
    assert story.verify(with_act=True).ok

    carry_out(story)

    control, caught = story.verify(with_act=False), story.verify(with_act=True)
    assert control.ok, control.lines()
    assert "PROVISIONAL: no checkpoint from outside" in control.strength
    assert {finding.word for finding in caught.findings if finding.fails} == words
    assert all(said(caught, word) == ["ada.tar"] for word in words)


def test_a_tail_cut_between_what_an_owner_saw_and_their_act_shows_by_the_act_itself(
    tmp_path: Path, signing_keys: Keys
) -> None:
    """The checkpoint that she saw still matches; her act is gone."""
    story = tell(FolderOwner(tmp_path / "archive"), signing_keys, tmp_path)

    cut_tail(story, size=10)

    assert story.verify(with_act=False).ok
    assert said(story.verify(with_act=True), "NOT IN LOG") == ["ada.tar"]


def test_an_archive_begun_anew_that_denies_an_owners_key_is_caught_all_the_same(
    tmp_path: Path, signing_keys: Keys
) -> None:
    """Her act is worth what she is, not what the new root file says of her."""
    story = tell(FolderOwner(tmp_path / "archive"), signing_keys, tmp_path)

    recreate_bucket(story, deny=True)

    assert story.verify(with_act=False).ok
    assert said(story.verify(with_act=True), "FORK") == ["ada.tar"]


def cut_and_log_again(story: Story) -> None:
    """Cut the runs 0 to 3 away, and put Ada's act back behind what is left."""
    cut_tail(story, size=7)
    story.archive.put_new(story.act, story.own)
    seal(story.archive, [story.act])
    checkpoint(story.archive, story.keys.log, ORIGIN)


INSIDE: dict[str, tuple[Callable[[Story], None], str]] = {
    "the tail is cut": (cut_and_log_again, "TRUNCATED"),
    "an entry is rewritten": (lambda story: rewrite_entry(story, keep_act=True), "FORK"),
    "the bucket is made anew": (lambda story: recreate_bucket(story, keep_act=True), "FORK"),
}


@pytest.mark.parametrize("attack", INSIDE)
def test_an_act_that_still_lies_in_the_archive_catches_the_same(
    tmp_path: Path, signing_keys: Keys, attack: str
) -> None:
    """The attacker who leaves her act in the log needs her key to change what it says."""
    carry_out, word = INSIDE[attack]
    story = tell(FolderOwner(tmp_path / "archive"), signing_keys, tmp_path)

    carry_out(story)

    assert said(story.verify(with_act=False), word) == [story.act]


@pytest.mark.servers
@pytest.mark.long
def test_a_bucket_filled_again_object_by_object_is_younger_than_what_an_owner_saw(
    bucket_owner: BucketOwner,
    signing_keys: Keys,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The same history put again: nothing is lost but the store's own times, and against her act they show it.

    A folder's times are nobody's word, so there this is no finding. The slack for clocks is set to nothing, so that the
    test need not wait five minutes.
    """
    monkeypatch.setattr(witness, "CLOCK_SLACK", timedelta(0))
    story = tell(bucket_owner, signing_keys, tmp_path)
    honest = story.verify(with_act=True)
    held = {key: story.archive.get(key) for key in story.archive.list("")}

    time.sleep(1.1)
    for key, body in held.items():
        bucket_owner.replace(key, body)

    assert honest.ok, honest.lines()
    for report in (story.verify(with_act=True), story.verify(with_act=False)):  # her act lies in the archive, too
        assert said(report, "STORED LATER THAN ANCHORED") == ["trust/root/0001.json"]
        assert "10 objects; this one stored" in "".join(report.lines())


def test_a_file_that_holds_no_signed_act_of_this_log_is_refused_and_named(tmp_path: Path, signing_keys: Keys) -> None:
    """What cannot be a witness must not look like one: a run, cut bytes, an altered act, an act of another archive."""
    story = tell(FolderOwner(tmp_path / "archive"), signing_keys, tmp_path)
    kept = {
        "run.tar": story.archive.get(story.runs[0]),
        "cut.tar": story.own[:-512],
        "altered.tar": story.own.replace(b"it is due", b"it is fun"),
    }
    initialise_archive(DirectoryArchive(tmp_path / "other"), signing_keys, "example.org/other")

    report = verify_archive(story.archive, checkpoints=kept)
    elsewhere = verify_archive(DirectoryArchive(tmp_path / "other"), checkpoints={"ada.tar": story.own})

    assert said(report, "BAD CHECKPOINT") == list(kept)
    assert "PROVISIONAL" not in report.strength
    assert said(elsewhere, "FOREIGN CHECKPOINT") == ["ada.tar"]


def test_only_a_key_of_the_root_file_in_force_makes_an_act_a_witness(tmp_path: Path, signing_keys: Keys) -> None:
    """Who left is a witness of their time and no longer: positions in the log decide, not clocks."""
    bob = ssh_key(tmp_path, "bob")
    story = tell(FolderOwner(tmp_path / "archive"), signing_keys, tmp_path, holders={"bob": bob}, threshold=1)
    before = story.verify(with_act=True).strength

    following = next_root(load_root(story.archive), position=len(Log.load(story.archive)), signers={})
    signature = ssh_sign(tmp_path / "bob", following.to_bytes(), "aims-root")
    publish_root(story.archive, following, {"bob": signature})
    after = review(story.here, tmp_path / "ada")

    report = verify_archive(story.archive, checkpoints={"later.tar": story.archive.get(after)})
    assert "1 signed act that its owner kept to entry 10" in before
    assert "1 owner decision to entry 10" in before
    assert report.ok, report.lines()
    assert "1 owner decision to entry 10" in report.strength
    assert "1 decision by a key that the root file does not list to entry 12" in report.strength


def test_an_act_by_an_unlisted_key_alone_leaves_every_entry_provisional(tmp_path: Path, signing_keys: Keys) -> None:
    """Whoever writes the archive could have made such a key, so nothing outside vouches for anything."""
    story = tell(FolderOwner(tmp_path / "archive"), signing_keys, tmp_path, signers={})

    strength = story.verify(with_act=False).strength

    assert "1 decision by a key that the root file does not list to entry 9; PROVISIONAL" in strength


def test_a_begun_installation_takes_its_owners_from_people_yaml(tmp_path: Path) -> None:
    """The keys in people.yaml stand in the root file and in the file that `ssh-keygen -Y verify` reads."""
    home = tmp_path / "deployments"
    shutil.copytree(KINDS.parent, home, ignore=shutil.ignore_patterns("data", "*.py"))
    text = (home / "people.yaml").read_text("utf-8")
    for person in (ADA, "ben-lind"):
        text = text.replace(f"  - id: {person}\n", f"  - id: {person}\n    ssh_key: {ssh_key(tmp_path, person)}\n")
    (home / "people.yaml").write_text(text, "utf-8")

    here = begin(tmp_path / "state", home)

    root = load_root(here.archive)
    allowed = here.archive.get("trust/allowed_signers/0001").decode()
    assert root.people == here.registry.people.ssh_keys
    assert (root.threshold, set(root.holders)) == (2, {ADA, "ben-lind"})
    assert allowed.splitlines() == [f"{person} {key}" for person, key in sorted(root.people.items())]
