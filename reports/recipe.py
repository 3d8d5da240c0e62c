"""The commands by which anyone checks a bundle without our software (docs/formats: bundle; DSSE protocol)."""

from shlex import quote

from reports.phrases import clean
from reports.records import EvidenceLine

_STEPS = """\
tar -xf {file}
cd {folder}
sha256sum --strict -c manifest-sha256.txt
sha256sum --strict -c tagmanifest-sha256.txt
sed 's/.*"payload":"\\([^"]*\\)".*/\\1/' statement.dsse.json | openssl base64 -d -A > ../payload
sed 's/.*"sig":"\\([^"]*\\)".*/\\1/' statement.dsse.json | openssl base64 -d -A > ../sig
cd ..
{{ printf 'DSSEv1 28 application/vnd.in-toto+json %d ' $(wc -c < payload); cat payload; }} > pae
openssl dgst -sha256 -verify statement.pub -signature sig pae
grep -q "$(sha256sum < {folder}/tagmanifest-sha256.txt | cut -c1-64)" payload \\
  && echo "this statement is about these files"
"""


def recipe(evidence: EvidenceLine) -> list[str]:
    """The shell lines for this very bundle; its names are quoted, so pasting them runs nothing else."""
    return _STEPS.format(file=quote(clean(evidence.file_name)), folder=quote(clean(evidence.bundle_id))).splitlines()
