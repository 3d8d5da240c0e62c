"""The one door to polars here: batches decoded to the layout's types, rows chosen by time, labels joined by id.

How cells are read
1. An empty cell is null in every source, and so is NaN where text is wanted. No other spelling is: `NA`, `null`, `-`
   in a number column are faults. `NaN` and `inf` are numbers (IEEE 754), as parquet has them; the contract counts them.
2. Text is kept as written. Integers become "1", whole floats "1", other floats their shortest form, booleans
   "true" and "false".
3. Numbers are float64. A whole number past 2**53, which a float64 need not hold exactly, is a fault. Blanks around a
   number or time do not matter.
4. Within one file times have an offset or have none: a mixture would be read row by row by guess, so it is a fault.
   So is a time more than a year after the moment of reading (`Clock.latest`).
5. A row without a readable time belongs to no window, so it is a fault of each window that its file is read for. All
   other cells are judged only in rows of the window.
"""

from governance.adapters.frames.cells import Bad, Frame
from governance.adapters.frames.decoding import Decoded, arranged, decode, texts
from governance.adapters.frames.moments import Clock
from governance.adapters.frames.truth import Truth

__all__ = ["Bad", "Clock", "Decoded", "Frame", "Truth", "arranged", "decode", "texts"]
