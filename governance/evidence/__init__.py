"""Evidence: bundles that anyone can verify, in a log that cannot be rewritten unseen. Pure: bytes in, bytes out."""

from governance.evidence.address import bundle_id, bundle_key
from governance.evidence.anchor import store_anchor
from governance.evidence.archive import Archive, Lock, MissingObject, Version
from governance.evidence.bundle import Bundle, build_bundle, read_bundle
from governance.evidence.checkpoint import checkpoint, checkpoint_over, three_lines
from governance.evidence.heartbeat import heartbeat_id, heartbeat_statement
from governance.evidence.initialise import initialise_archive
from governance.evidence.log import Entry, Log
from governance.evidence.malformed import Malformed
from governance.evidence.proof import Proof, prove, verify_bundle
from governance.evidence.report import Finding, Report
from governance.evidence.root import LockRule, Root, TrustedKey, load_root
from governance.evidence.rotation import next_root, publish_root
from governance.evidence.sealing import Receipt, iter_bundles, seal, store_bundle, sweep
from governance.evidence.signer import Keys, LogSigner, StatementSigner
from governance.evidence.statement import Statement, decision_statement, test_result_statement
from governance.evidence.verify import Scope, verify_archive

__all__ = [
    "Archive",
    "Bundle",
    "Entry",
    "Finding",
    "Keys",
    "Lock",
    "LockRule",
    "Log",
    "LogSigner",
    "Malformed",
    "MissingObject",
    "Proof",
    "Receipt",
    "Report",
    "Root",
    "Scope",
    "Statement",
    "StatementSigner",
    "TrustedKey",
    "Version",
    "build_bundle",
    "bundle_id",
    "bundle_key",
    "checkpoint",
    "checkpoint_over",
    "decision_statement",
    "heartbeat_id",
    "heartbeat_statement",
    "initialise_archive",
    "iter_bundles",
    "load_root",
    "next_root",
    "prove",
    "publish_root",
    "read_bundle",
    "seal",
    "store_anchor",
    "store_bundle",
    "sweep",
    "test_result_statement",
    "three_lines",
    "verify_archive",
    "verify_bundle",
]
