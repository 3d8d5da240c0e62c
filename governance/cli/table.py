"""Tables for people on a terminal."""

from collections.abc import Sequence


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], marked: Sequence[bool] = ()) -> None:
    """Print a table; the rows that are marked stand out."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, title_justify="left", header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for number, row in enumerate(rows):
        is_marked = number < len(marked) and marked[number]
        table.add_row(*(Text(cell) for cell in row), style="bold red" if is_marked else None)
    Console().print(table)
