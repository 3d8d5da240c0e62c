"""Publish: pages into the reports folder, artifacts by stable keys into Prefect's UI. Views, never evidence."""

from collections.abc import Mapping, Sequence

from prefect.artifacts import acreate_link_artifact, acreate_markdown_artifact, acreate_table_artifact

from governance.adapters.pages import sweep_pages, write_pages
from governance.adapters.workplace import Workplace
from governance.evidence import Receipt
from governance.registry.system import System
from governance.verdict import Verdict
from reports.artifacts import cases_markdown, receipt_markdown, verdict_table
from reports.records import CaseLine
from tasks.report import evidence_line


async def publish(
    system: System,
    verdict: Verdict,
    pages: Mapping[str, bytes],
    cases: Sequence[CaseLine],
    receipt: Receipt | None,
) -> None:
    """Write the pages and the five artifacts of a system: verdict, page, Evidently's page, receipt, open cases.

    Old pages go.
    """
    here = Workplace.here()
    write_pages(here.reports / system.id / verdict.window, pages, here.working)
    write_pages(here.reports, _shared_assets(), here.working)
    sweep_pages(
        here.reports / system.id, here.working, days=here.settings.keep_pages, kept=here.windows_of_cases(system)
    )
    base = f"{here.settings.reports}/{system.id}/{verdict.window}"
    name = f"{system.title}, {verdict.window}"
    await acreate_table_artifact(
        key=f"verdict-{system.id}", table=verdict_table(verdict), description=f"Verdict: {name}"
    )
    for file, words in (("page.html", "The page of the run"), ("evidently.html", "Evidently's report")):
        if file in pages:
            key = f"{file.removesuffix('.html')}-{system.id}"
            await acreate_link_artifact(key=key, link=f"{base}/{file}", link_text=words, description=f"{words}: {name}")
    line = evidence_line(verdict, receipt)
    await acreate_markdown_artifact(
        key=f"receipt-{system.id}", markdown=receipt_markdown(line), description=f"Bundle receipt: {name}"
    )
    await acreate_markdown_artifact(
        key=f"cases-{system.id}", markdown=cases_markdown(cases), description=f"Cases after {name}"
    )


def _shared_assets() -> Mapping[str, bytes]:
    """Evidently's script and font, once for all pages."""
    from reports.evidently_page import evidently_assets  # noqa: PLC0415 - Evidently costs seconds to import

    return evidently_assets()
