"""Labels that stand apart, settled by id and joined to rows."""

from collections.abc import Iterable

import polars as pl

from governance.adapters.frames.decoding import schema_of
from governance.adapters.layout import Layout
from governance.window import LabelCounts

KNOWN = "\0known"  # no column of a file is named so


class Truth:
    """Labels that stand apart, by id: at most one label an id, the latest where they have times."""

    def __init__(self, parts: Iterable[pl.DataFrame], layout: Layout) -> None:
        """Settle all labels read; `layout` names the columns of the id, the label and, if they have one, their time."""
        self.id, self.label, *timed = layout
        every = pl.concat([pl.DataFrame(schema=schema_of(layout)), *parts]).drop_nulls(self.label)
        every = every.select(self.id, self.label, pl.col(timed[0] if timed else self.id).alias(KNOWN))
        last = every if not timed else every.filter(pl.col(KNOWN) == pl.col(KNOWN).max().over(self.id))
        told = last.group_by(self.id).agg(pl.col(self.label).n_unique().alias("told"), pl.col(self.label).first())
        one = pl.when(pl.col("told") == 1).then(self.label)
        self.contradictions = int((told["told"] > 1).sum())
        labels = every.group_by(self.id).agg(pl.col(self.label).n_unique().alias("ever"), pl.col(KNOWN).min())
        self.corrections = int((labels["ever"] > 1).sum()) - self.contradictions if timed else 0
        self.impossible = 0
        self._timed = bool(timed)
        self._table = told.select(self.id, one.alias(self.label)).join(labels.select(self.id, KNOWN), on=self.id)
        self._seen: list[pl.Series] = []

    def join(self, rows: pl.DataFrame, time: str = "") -> pl.DataFrame:
        """Rows with their labels, null where there is none; the rows keep their order and number.

        With the name of their `time` column, labels that were known before it are counted as impossible.
        """
        joined = rows.join(self._table, on=self.id, how="left", maintain_order="left")
        if time and self._timed:
            self.impossible += int((joined[KNOWN] < joined[time]).sum())
        return joined.drop(KNOWN)

    def saw(self, ids: pl.Series) -> None:
        """Remember (as hashes) the ids of prediction rows, in the window or not."""
        self._seen.append(ids.hash(seed=0))

    def counts(self, *, orphans: bool) -> LabelCounts:
        """Labels of ids seen in no prediction row (if these are to be counted), and ids with more than one label."""
        found = {
            "contradictions": self.contradictions,
            "corrections": self.corrections,
            "impossible": self.impossible,
        }
        if not orphans:
            return LabelCounts(**found)
        seen = pl.concat(self._seen) if self._seen else pl.Series([], dtype=pl.UInt64)
        known = self._table[self.id].hash(seed=0).is_in(seen.unique().implode())
        return LabelCounts(orphans=int((~known).sum()), **found)
