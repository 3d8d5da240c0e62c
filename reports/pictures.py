"""Pictures as SVG text: distributions side by side, group rates with intervals. Pure; equal inputs give equal bytes.

Rules
1. Reference is hollow, the window is filled: the difference does not hang on colour.
2. Every picture carries <title> and <desc> that say in words what it shows (WCAG 2.2, 1.1.1).
3. A group of fewer than ten rows is named without its rate.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from governance.verdict import Distribution, GroupRate
from reports.phrases import FEW, clean, figure, group_words, interval_words, metric_words, number, rows_words

STYLE = (
    "svg text{font:12px system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans','DejaVu Sans',sans-serif;"
    "fill:var(--ink,#4a5568)}svg .strong{font-weight:600}svg .soft{fill:var(--muted,#5b6675)}"
    "svg .ref{fill:none;stroke:var(--muted,#6b7685);stroke-width:1}svg .cur{fill:var(--data,#3b78a8)}"
    "svg .axis{stroke:var(--line,#a8b1bd);stroke-width:1;fill:none}"
    "svg .whisker{stroke:var(--data,#3b78a8);stroke-width:2;fill:none}"
    "svg .limit{stroke:var(--alarm,#b3372c);stroke-width:1.5;stroke-dasharray:4 3;fill:none}"
)
WIDTH = 320
SHOWN = 8


@dataclass(frozen=True)
class LimitLine:
    """A limit drawn across group rates, with the words that explain it."""

    value: float
    words: str


def _svg(width: int, height: int, title: str, desc: str, body: str) -> str:
    """The frame, with names for screen readers."""
    named = f"<title>{escape(clean(title))}</title><desc>{escape(clean(desc))}</desc>"
    return f'<svg viewBox="0 0 {width} {height}" role="img">{named}{body}</svg>'


def _text(x: float, y: float, words: str, kind: str = "", anchor: str = "") -> str:
    """One line of text at a point."""
    marks = (f' class="{kind}"' if kind else "") + (f' text-anchor="{anchor}"' if anchor else "")
    return f'<text x="{_at(x)}" y="{_at(y)}"{marks}>{escape(clean(words))}</text>'


def _at(value: float) -> str:
    """A coordinate at a tenth of a pixel."""
    return f"{value:.1f}".removesuffix(".0")


def _boxes(boxes: Sequence[tuple[float, float, float, float]], kind: str) -> str:
    """Rectangles (x, y, width, height) as one path; empty ones are left out."""
    path = "".join(f"M{_at(x)} {_at(y)}h{_at(w)}v{_at(h)}h{_at(-w)}z" for x, y, w, h in boxes if w > 0 and h > 0)
    return f'<path class="{kind}" d="{path}"/>' if path else ""


def _shares(counts: Sequence[int]) -> list[float]:
    """Counts as shares of their sum; all zero when there is nothing."""
    total = sum(counts)
    return [count / total if total else 0.0 for count in counts]


def _shorten(words: str, length: int) -> str:
    """The words, cut with an ellipsis beyond a number of characters."""
    return words if len(words) <= length else words[: length - 1] + "…"


def distribution(dist: Distribution) -> str:
    """One column, reference against this window, as shares of each side's own rows."""
    rows = f"{number(sum(dist.reference))} reference rows, {number(sum(dist.current))} rows in this window"
    title = f"Distribution of {dist.column}"
    if not sum(dist.current) or not sum(dist.reference):
        body = _text(WIDTH / 2, 40, "no rows to draw", "soft", "middle")
        return _svg(WIDTH, 70, title, rows, body)
    numeric = bool(dist.marks) and not isinstance(dist.marks[0], str)
    body, height = _histogram(dist) if numeric else _categories(dist)
    return _svg(WIDTH, height, title, f"{rows}. {_widest(dist, numeric=numeric)}", body)


def bins(dist: Distribution) -> list[str]:
    """What each pair of bars covers; the outer bins of a numeric column are open."""
    if len(dist.marks) == len(dist.current):
        return [str(mark) for mark in dist.marks]
    edges = [number(float(mark)) for mark in dist.marks]
    inner = [f"{low} to {high}" for low, high in pairwise(edges[1:-1])]
    return [f"below {edges[1]}", *inner, f"{edges[-2]} and above"][: len(dist.current)]


def _widest(dist: Distribution, *, numeric: bool) -> str:
    """The range or value whose share moved most, in words."""
    ref, cur = _shares(dist.reference), _shares(dist.current)
    most = max(range(len(ref)), key=lambda i: abs(ref[i] - cur[i]))
    what = "Range" if numeric else "Value"
    return f"{what} that moved most: {bins(dist)[most]}, from {100 * ref[most]:.1f} % to {100 * cur[most]:.1f} %."


def _histogram(dist: Distribution) -> tuple[str, int]:
    """Paired bars of a numeric column, one slot of equal width a bin; outer bins are open."""
    ref, cur = _shares(dist.reference), _shares(dist.current)
    top, left, base, slot = max(ref + cur), 2.0, 92.0, (WIDTH - 4) / len(ref)
    tall = 74 / top
    bars = slot * 0.42
    hollow = [(left + i * slot + slot * 0.06, base - s * tall, bars, s * tall) for i, s in enumerate(ref)]
    filled = [(left + i * slot + slot * 0.52, base - s * tall, bars, s * tall) for i, s in enumerate(cur)]
    body = _text(2, 11, f"tallest bar {100 * top:.1f} %", "soft") + _boxes(filled, "cur") + _boxes(hollow, "ref")
    body += f'<path class="axis" d="M0 {_at(base)}H{WIDTH}"/>'
    inner = range(1, len(ref))
    step = max(1, -(-len(inner) // 4))
    for i in inner[(len(inner) - 1) % step // 2 :: step]:
        x = left + i * slot
        body += f'<path class="axis" d="M{_at(x)} {_at(base)}v4"/>'
        body += _text(x, base + 17, number(float(dist.marks[i])), "soft", "middle")
    return body, 114


def _categories(dist: Distribution) -> tuple[str, int]:
    """Paired horizontal bars of a categorical column; beyond eight values the smallest are pooled."""
    ref, cur = _shares(dist.reference), _shares(dist.current)
    names = [str(mark) for mark in dist.marks]
    order = sorted(range(len(names)), key=lambda i: -max(ref[i], cur[i]))
    kept = sorted(order[:SHOWN])
    rows = [(names[i], ref[i], cur[i]) for i in kept]
    rest = order[SHOWN:]
    if rest:
        rows.append((f"{len(rest)} more values", sum(ref[i] for i in rest), sum(cur[i] for i in rest)))
    wide = 112 / max(max(r, c) for _, r, c in rows)
    body, y = "", 4.0
    for name, r, c in rows:
        body += _text(92, y + 14, _shorten(clean(name), 14), "", "end")
        body += _boxes([(98, y + 1, r * wide, 8)], "ref") + _boxes([(98, y + 10, c * wide, 8)], "cur")
        body += _text(WIDTH - 2, y + 14, f"{100 * r:.1f} → {100 * c:.1f} %", "soft", "end")
        y += 24
    return body + f'<path class="axis" d="M98 2V{_at(y)}"/>', int(y + 4)


def group_rates(rates: Sequence[GroupRate], limits: Sequence[LimitLine] = ()) -> str:
    """Dot and whisker for each group of one attribute and metric, with the limits as broken lines.

    Args:
        rates: groups of one attribute, all of one metric; the interval is the one the verdict carries.
        limits: values the groups are held against.
    """
    metric = rates[0].metric
    shown = [rate for rate in rates if rate.n >= FEW]
    ends = [end for rate in shown for end in (rate.low, rate.high)] + [line.value for line in limits]
    low, high = (min(ends), max(ends)) if ends else (0.0, 1.0)
    pad = (high - low) * 0.06 or 0.5
    scale = lambda value: 6 + (WIDTH - 12) * (value - low + pad) / (high - low + 2 * pad)  # noqa: E731
    body, y = "", 4
    for rate in rates:
        body += "".join(f'<path class="limit" d="M{_at(scale(line.value))} {y + 17}v17"/>' for line in limits)
        body += _group(rate, y, scale)
        y += 42
    foot = y + 2
    for line in limits:
        body += f'<path class="limit" d="M2 {foot + 7}h18"/>' + _text(26, foot + 11, line.words, "soft")
        foot += 18
    title = f"{metric_words(metric).capitalize()} by {rates[0].attribute}"
    return _svg(WIDTH, foot + 2, title, "; ".join(map(_said, rates)), body)


def _group(rate: GroupRate, y: float, scale: Callable[[float], float]) -> str:
    """One group: its name and figures on a line, its interval below."""
    head = _text(2, y + 12, _shorten(clean(group_words(rate.attribute, rate.group)), 22), "strong")
    if rate.n < FEW:
        return head + _text(WIDTH - 2, y + 12, "fewer than 10 rows", "soft", "end")
    head += _text(WIDTH - 2, y + 12, f"{figure(rate.metric, rate.value)} · n = {number(rate.n)}", "soft", "end")
    x, low, high, mid = scale(rate.value), scale(rate.low), scale(rate.high), y + 25
    bars = f"M{_at(low)} {_at(mid)}H{_at(high)}M{_at(low)} {_at(mid - 4)}v8M{_at(high)} {_at(mid - 4)}v8"
    return head + f'<path class="whisker" d="{bars}"/><circle class="cur" cx="{_at(x)}" cy="{_at(mid)}" r="4.5"/>'


def _said(rate: GroupRate) -> str:
    """One group's rate in words."""
    if rate.n < FEW:
        return f"{rate.group}: fewer than 10 rows"
    span = interval_words(rate.metric, rate.low, rate.high)
    return f"{rate.group}: {figure(rate.metric, rate.value)} ({span}), {rows_words(rate.n)} rows"
