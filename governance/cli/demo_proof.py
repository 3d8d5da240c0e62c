"""The second half of `aims demo`: verify by our command and by stock tools, and write the page that tells the story."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path

import typer

from governance.adapters.stock_tools import copy_archive, run_recipe, verify_copy
from governance.adapters.workplace import Workplace
from governance.evidence import checkpoint_over, read_bundle, three_lines, verify_archive
from governance.evidence.address import bundle_key
from governance.verdict import Verdict
from reports.demo_page import render_demo
from reports.phrases import headline
from reports.recipe import recipe
from reports.records import CaseLine, DemoRun, DemoStep, DemoSummary, EvidenceLine

Step = Callable[[str], AbstractContextManager[None]]
NEXT = (
    DemoStep("make up", "Prefect's UI with the runs, artifacts and deployments of this folder"),
    DemoStep("aims cases", "every case that waits for somebody"),
    DemoStep("aims monitor bank-calls", "judge every window of the bank that is due"),
    DemoStep("make clean", "forget all of this and start anew"),
)


def prove_and_tell(here: Workplace, runs: Sequence[tuple[str, str, str]], told: str, step: Step) -> tuple[bool, Path]:
    """Verify the archive twice and write the last page; whether all held, and where the page is."""
    last, keep = len(here.log) - 1, here.retain_until(None)
    note = checkpoint_over(here.archive, here.keys.log, here.settings.origin, last, log=here.log, retain_until=keep)
    held = here.settings.state / "kept-outside.txt"
    held.write_text(three_lines(note))
    with step("aims verify, with a checkpoint kept outside the archive"):
        report = verify_archive(here.archive, checkpoints={held.name: held.read_bytes()})
        ours = report.lines()
        typer.echo("\n".join(f"    {line}" for line in ours))
    verdicts = [_record(here, system, window) for system, window, _ in runs]
    with step("the same with tar, sha256sum and openssl only"):
        whole, one = _stock_tools(here, verdicts[0], held)
        typer.echo("\n".join(f"    {line}" for line in (*whole[1][-4:], *one[1][-3:])))
    page = here.reports / "demo.html"
    page.write_bytes(render_demo(_summary(here, verdicts, told, ours, [*whole[1], *one[1]])))
    return report.ok and whole[0] and one[0], page


def _key(here: Workplace, system: str, window: str) -> str:
    """Where the bundle of a window stands."""
    period = here.windows_to_judge(here.registry.system(system), window, datetime.now(UTC))[0]
    return bundle_key(f"{system}.{window}.r0", period.end)


def _record(here: Workplace, system: str, window: str) -> Verdict:
    """The verdict that stands in the archive."""
    key = _key(here, system, window)
    return Verdict.from_json(read_bundle(here.archive.get(key), key).members["verdict.json"])


def _stock_tools(
    here: Workplace, verdict: Verdict, held: Path
) -> tuple[tuple[bool, list[str]], tuple[bool, list[str]]]:
    """verify-all.sh over a plain copy of the archive, and the page's recipe over one bundle."""
    from governance.cli.demo import fresh_folder

    copy = fresh_folder(here.settings.state / "archive-copy")
    copy_archive(here.archive, copy)
    line = EvidenceLine(verdict.bundle_id, bundle_key(verdict.bundle_id, verdict.end), here.settings.origin)
    alone = fresh_folder(here.settings.state / "one-bundle")
    (alone / line.file_name).write_bytes((copy / line.key).read_bytes())
    (alone / "statement.pub").write_bytes((copy / "trust/statement.pub").read_bytes())
    return verify_copy(copy, held), run_recipe(recipe(line), alone)


def _summary(
    here: Workplace, verdicts: Sequence[Verdict], told: str, ours: Sequence[str], stock: Sequence[str]
) -> DemoSummary:
    """What the last page tells."""
    from tasks.remediate import case_line

    titles = {system.id: system.title for system in here.registry.systems.values()}
    lines: list[CaseLine] = [case_line(case, opened=True) for case in here.index.open_cases()]
    broken = next((one.results[0].sentence for one in verdicts if not one.rows), "")
    return DemoSummary(
        runs=tuple(
            DemoRun(
                titles[one.system],
                one.window,
                one.status,
                headline(titles[one.system], one),
                f"{one.system}/{one.window}/page.html",
                bundle_key(one.bundle_id, one.end),
            )
            for one in verdicts
        ),
        cases=tuple(lines),
        acknowledged=(told,) if told else (),
        unreadable=broken,
        verification=tuple(ours),
        recipe=tuple(stock),
        next_steps=NEXT,
    )
