"""Evidently's own report on the verdict's exact drift values. The only module that imports evidently (0.7.23, pinned).

Rules
1. No row goes in: a custom metric carries our value, method, limit and counts; Evidently draws and tests them.
2. Equal verdicts give equal bytes: Evidently's random widget ids are numbered anew.
3. The page asks nothing of the network: a Content-Security-Policy forbids it; script and font are local files.
4. Foreign names lose their angle brackets: Plotly would make links of them.
"""

import base64
import json
import os
import re
import warnings
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from governance.verdict import Distribution, Result, Verdict
from reports.phrases import clean, is_p_value
from reports.pictures import bins
from reports.templating import render

_ID = re.compile(r'"id": "([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"')
P_VALUE = 0.05  # Evidently's default threshold for its p-values; the policy's limit is one of the distance
_LINKS = "document.querySelectorAll('a[href^=http]').forEach(function(a){a.remove()})"  # Plotly's logo
_START = (
    f"new MutationObserver(function(){{{_LINKS}}}).observe(document.body,{{childList:true,subtree:true}});"
    "var global=globalThis,page=JSON.parse(document.getElementById('page').textContent);"
    "addEventListener('load',function(){drawDashboard(page.info,new Map(Object.entries(page.graphs)),'root_page')});"
)


@dataclass(frozen=True)
class EvidentlyReport:
    """One report: the page, and Evidently's own JSON of metrics and tests."""

    html: bytes
    json: bytes


def evidently_report(verdict: Verdict, assets: str = "../../") -> EvidentlyReport:
    """Evidently's report on a verdict's drift results; values in its JSON are the verdict's own.

    Args:
        verdict: its results of check `drift` with a value become metrics, in their order; limits become tests
            (Evidently's `lt` the limit; for p-values `gt` Evidently's own 0.05).
        assets: folder of `evidently_assets()` relative to the page, ending in `/`; by default the reports folder, in
            which pages lie as `<system>/<window>/evidently.html`; empty: beside the page.
    """
    measured = [_measured(result, verdict) for result in verdict.results if result.check == "drift"]
    snapshot = _run([fields for fields in measured if fields])
    body = json.dumps(snapshot.dict(), cls=_evidently().encoder, sort_keys=True, separators=(",", ":"))
    return EvidentlyReport(_page(snapshot, verdict, assets), body.encode())


@cache
def evidently_assets() -> dict[str, bytes]:
    """The script and the font that every page of this Evidently version shares, by names that carry their SHA-256."""
    static = Path(_evidently().module.__file__).parent / "nbextension" / "static"
    files = [(static / name).read_bytes() for name in ("index.js", "material-ui-icons.woff2")]
    return {_asset_name(content, kind): content for content, kind in zip(files, ("js", "woff2"), strict=True)}


def _asset_name(content: bytes, kind: str) -> str:
    return f"evidently-{_evidently().module.__version__}-{sha256(content).hexdigest()}.{kind}"


def _measured(result: Result, verdict: Verdict) -> dict[str, Any] | None:
    """The custom metric's fields for one result; None when it has no value to show."""
    if result.value is None:
        return None
    low_is_drift = is_p_value(result.metric)
    limit = result.limit.max if result.limit else None
    threshold = P_VALUE if low_is_drift else limit
    past = threshold is not None and (result.value <= threshold if low_is_drift else result.value >= threshold)
    found = next((dist for dist in verdict.distributions if dist.column == result.subject), None)
    return {
        "column": _plain(result.subject),
        "value": result.value,
        "method": _plain(result.metric),
        "threshold": threshold,
        "low_is_drift": low_is_drift,
        "drifted": past,
        **_histogram(found),
    }


def _histogram(dist: Distribution | None) -> dict[str, Any]:
    """Bin names and counts; numeric bins by name, because the outer ones are open and have no width."""
    if dist is None:
        return {"kind": "num", "x": [], "current": [], "reference": []}
    kind = "num" if len(dist.marks) > len(dist.current) else "cat"
    names = [_plain(name) for name in bins(dist)]
    return {"kind": kind, "x": names, "current": list(dist.current), "reference": list(dist.reference)}


def _plain(text: str) -> str:
    """Foreign text that neither Plotly nor a browser can take for markup."""
    return clean(text).replace("<", "‹").replace(">", "›")


def _run(measured: list[dict[str, Any]]) -> Any:
    """Evidently's snapshot of the measured values."""
    ev = _evidently()
    metrics = []
    for fields in measured:
        test = ev.gt if fields["low_is_drift"] else ev.lt
        tests = [] if fields["threshold"] is None else [test(fields["threshold"])]
        metrics.append(ev.metric(**fields, tests=tests))
    frame = ev.frame({"n": [0]})
    return ev.report(metrics).run(ev.dataset.from_pandas(frame, ev.definition(numerical_columns=["n"])), None)


def _page(snapshot: Any, verdict: Verdict, assets: str) -> bytes:
    """The HTML page around Evidently's widgets."""
    ev = _evidently()
    widgets = [ev.group(title="", widgets=snapshot._widgets), *snapshot._tests_widgets]
    info = json.loads(ev.to_json(ev.dashboard(name="Report", widgets=widgets)))
    _in_percent(info["widgets"])
    graphs = {str(graph.id): _graph(graph) for widget in widgets for graph in widget.get_additional_graphs()}
    data = _renumbered(json.dumps({"info": info, "graphs": graphs}, cls=ev.encoder))
    script, font = evidently_assets()
    return render(
        "evidently.html",
        verdict=verdict,
        data=data.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e"),
        start=_START,
        start_digest=base64.b64encode(sha256(_START.encode()).digest()).decode(),
        script=assets + script,
        font=assets + font,
    )


def _in_percent(widgets: list[dict[str, Any]]) -> None:
    """Show the pictures in per cent first: a window is smaller than its reference. The button for counts stays."""
    for widget in widgets:
        _in_percent([*widget["widgets"], *(tab["widget"] for tab in widget["tabs"])])
        figure = widget["params"] if widget["type"] == "big_graph" else {}
        for menu in figure.get("layout", {}).get("updatemenus", []):
            traces, axes = menu["buttons"][1]["args"]
            menu["active"] = 1
            figure["layout"]["yaxis"]["title"]["text"] = axes["yaxis"]["title"]
            for trace, shown in zip(figure["data"], traces["visible"], strict=True):
                trace["visible"] = shown


def _graph(graph: Any) -> Any:
    """What stands behind a widget's detail view, as plain JSON."""
    content = getattr(graph, "params", graph)
    return content.dict() if hasattr(content, "dict") else content


def _renumbered(text: str) -> str:
    """The text with Evidently's random widget ids replaced by 1, 2, 3 … in order of appearance."""
    for place, identifier in enumerate(dict.fromkeys(_ID.findall(text)), start=1):
        text = text.replace(identifier, f"widget-{place}")
    return text


@cache
def _evidently() -> SimpleNamespace:
    """Everything used of Evidently; its import takes seconds and warns about its own dependencies."""
    os.environ["DO_NOT_TRACK"] = "1"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import evidently  # noqa: PLC0415
        import pandas  # noqa: PLC0415
        from evidently.legacy.model.dashboard import DashboardInfo  # noqa: PLC0415
        from evidently.legacy.renderers.html_widgets import group_widget  # noqa: PLC0415
        from evidently.legacy.utils import NumpyEncoder  # noqa: PLC0415
        from evidently.legacy.utils.dashboard import dashboard_info_to_json  # noqa: PLC0415
        from evidently.tests import gt, lt  # noqa: PLC0415

        metric = _metric()
    return SimpleNamespace(
        module=evidently,
        report=evidently.Report,
        dataset=evidently.Dataset,
        definition=evidently.DataDefinition,
        frame=pandas.DataFrame,
        dashboard=DashboardInfo,
        group=group_widget,
        encoder=NumpyEncoder,
        to_json=dashboard_info_to_json,
        metric=metric,
        gt=gt,
        lt=lt,
    )


def _metric() -> type:
    """The custom metric (Evidently's public way: a metric and its calculation), drawn as Evidently draws drift."""
    from evidently.core.metric_types import (  # noqa: PLC0415
        ColumnMetric,
        MetricConfig,
        SingleValueCalculation,
        SingleValueMetric,
    )

    class MeasuredDrift(ColumnMetric, SingleValueMetric):
        """A drift value measured elsewhere."""

        value: float
        method: str
        threshold: float | None
        low_is_drift: bool
        drifted: bool
        kind: str
        x: list[str]
        current: list[int]
        reference: list[int]

    class MeasuredDriftCalculation(SingleValueCalculation[MeasuredDrift]):
        """Hands the measured value through, and Evidently's own widget with it."""

        def calculate(self, context: Any, current_data: Any, reference_data: Any) -> Any:  # noqa: ARG002
            result = self.result(self.metric.value)
            result.widget = _widget(self)
            return result

        def to_metric_config(self) -> Any:
            """What the JSON says of the metric: without the histogram."""
            metric = self.metric
            shown = {"type": "MeasuredDrift", "column": metric.column, "method": metric.method}
            return MetricConfig(metric_id=metric.metric_id, params={**shown, "threshold": metric.threshold})

        def display_name(self) -> str:
            """As Evidently names its own value drift."""
            return f"Value drift for {self.metric.column}"

    return MeasuredDrift


def _widget(calculation: Any) -> Any:
    """Evidently's own widget of value drift, for a measured one."""
    from evidently.legacy.calculations.data_drift import ColumnDataDriftMetrics, DriftStatsField  # noqa: PLC0415
    from evidently.legacy.metric_results import Distribution as Drawn  # noqa: PLC0415
    from evidently.legacy.options import ColorOptions  # noqa: PLC0415
    from evidently.legacy.options.base import Options  # noqa: PLC0415
    from evidently.metrics.column_statistics import ValueDriftCalculation  # noqa: PLC0415

    metric = calculation.metric
    sides = [DriftStatsField(distribution=Drawn(x=metric.x, y=y)) for y in (metric.current, metric.reference)]
    drift = ColumnDataDriftMetrics(
        column_name=metric.column,
        column_type=metric.kind,
        stattest_name=metric.method,
        stattest_threshold=metric.threshold,
        drift_score=metric.value,
        drift_detected=metric.drifted,
        scatter=None,
        current=sides[0] if metric.x else DriftStatsField(distribution=None),
        reference=sides[1] if metric.x else DriftStatsField(distribution=None),
    )
    colors = ColorOptions(current_data_color="#2f6d9c", reference_data_color="#9aa4b0")
    return ValueDriftCalculation._render(calculation, drift, Options(), colors)
