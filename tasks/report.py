"""Report: the pages of one run."""

from collections.abc import Mapping, Sequence

from prefect import task
from prefect.cache_policies import NO_CACHE

from governance.adapters.calibrations import newest_calibration
from governance.adapters.workplace import Workplace
from governance.compliance.proof import run_key
from governance.evidence import Receipt, three_lines
from governance.registry.system import System
from governance.verdict import Verdict
from reports.model_card import render_model_card
from reports.page import render_page
from reports.records import CaseLine, EvidenceLine


def evidence_line(verdict: Verdict, receipt: Receipt | None) -> EvidenceLine:
    """Where the proof of a run lies, as pages and artifacts tell it."""
    here = Workplace.here()
    head = tuple(three_lines(receipt.checkpoint).splitlines()) if receipt and receipt.checkpoint else ()
    return EvidenceLine(verdict.bundle_id, run_key(verdict), here.settings.origin, head, here.keys.is_demo)


@task(task_run_name="write pages {verdict.bundle_id}", cache_policy=NO_CACHE)
def write_pages(system: System, verdict: Verdict, cases: Sequence[CaseLine]) -> Mapping[str, bytes]:
    """The page of the run, the model card, and Evidently's report, by file name."""
    here = Workplace.here()
    people, line = here.registry.people, evidence_line(verdict, None)
    monitor = newest_calibration(system, here.archive, here.log)
    pages = {
        "page.html": render_page(system, people, verdict, cases, line),
        "model_card.html": render_model_card(system, people, verdict, cases, monitor),
    }
    if verdict.distributions:
        from reports.evidently_page import evidently_report  # noqa: PLC0415 - Evidently costs seconds to import

        report = evidently_report(verdict)
        pages |= {"evidently.html": report.html, "evidently.json": report.json}
    return pages
