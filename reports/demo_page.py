"""The last page of `make demo`: what happened, what was found, how it was checked, and where to look next."""

from reports import pictures
from reports.records import DemoSummary
from reports.templating import render


def render_demo(summary: DemoSummary) -> bytes:
    """The page as UTF-8 HTML; its links lead only to pages beside it. Equal summaries give equal bytes."""
    systems = list(dict.fromkeys(run.system_title for run in summary.runs))
    return render("demo.html", summary=summary, systems=systems, local=_local, picture_style=pictures.STYLE)


def _local(path: str) -> str:
    """A relative path for a link; nothing for an address that leads away or starts a script."""
    leads_away = ":" in path.split("/", 1)[0] or path.startswith(("/", "\\"))
    return "" if leads_away else path
