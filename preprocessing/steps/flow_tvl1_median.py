"""Medians of 5x5 windows in vectors, by networks of minima and maxima. Rows share most of their windows, so that results are kept.

The five neighbours in a row are sorted once and used by five windows; merged pairs of such rows, by two. A median then takes two sorted
tens and a sorted five.
"""

from typing import Any

from llvmlite import ir
from numba import types

from preprocessing.steps.flow_tvl1_lanes import LANES, highest_of, intrinsic, load_from, lowest_of, moved, pointer_to, wide

Values = list[Any]
MEDIAN_VECTORS = 50
"""Kept between rows: two sorted fives, four sorted tens."""


@intrinsic
def sort_row(typing: Any, array: Any, at: Any, kept: Any, to: Any) -> Any:
    """The five neighbours ``array[at - 2 : at + 3]`` of each of 16 pixels in ascending order, to five rows of ``kept``."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        values = [load_from(context, builder, array, args[0], moved(builder, args[1], by)) for by in range(-2, 3)]
        return _keep(context, builder, kept, args[2], args[3], _sorted(builder, values))

    return types.void(array, types.intp, kept, types.intp), generate


@intrinsic
def merge_rows(typing: Any, kept: Any, a: Any, b: Any, to: Any) -> Any:
    """Two sorted fives as a sorted ten."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        fives = [_kept(context, builder, kept, args[0], at, 5) for at in args[1:3]]
        return _keep(context, builder, kept, args[0], args[3], _merged(builder, *fives))

    return types.void(kept, types.intp, types.intp, types.intp), generate


@intrinsic
def median(typing: Any, kept: Any, ten: Any, other_ten: Any, five: Any) -> Any:
    """The 13th of two sorted tens and a sorted five: the sixth of the five and those that are 8th to 13th of the twenty."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        a, b = (_kept(context, builder, kept, args[0], at, 10) for at in args[1:3])
        five = _kept(context, builder, kept, args[0], args[3], 5)
        lower = [lowest_of(builder, x, y) for x, y in zip(a, b[::-1], strict=True)]  # the ten lowest, rising and then falling
        upper = [highest_of(builder, x, y) for x, y in zip(a, b[::-1], strict=True)]
        highest = _sorted(builder, [highest_of(builder, x, y) for x, y in zip(lower[:5], lower[5:], strict=True)])[2:]
        lowest = _sorted(builder, [lowest_of(builder, x, y) for x, y in zip(upper[:5], upper[5:], strict=True)])[:3]
        middle = [*highest, *lowest]
        result = middle[5]
        for x, y in zip(middle[:5], five[::-1], strict=True):
            result = lowest_of(builder, result, highest_of(builder, x, y))
        return result

    return wide(kept, types.intp, types.intp, types.intp), generate


def _kept(context: Any, builder: Any, array_type: Any, array: Any, at: Any, num: int) -> Values:
    return [load_from(context, builder, array_type, array, moved(builder, at, LANES * k)) for k in range(num)]


def _keep(context: Any, builder: Any, array_type: Any, array: Any, at: Any, values: Values) -> Any:
    for k, value in enumerate(values):
        builder.store(value, pointer_to(context, builder, array_type, array, moved(builder, at, LANES * k), LANES), align=4)
    return context.get_dummy_value()


def _sorted(builder: ir.IRBuilder, values: Values) -> Values:
    half = len(values) // 2
    return _merged(builder, _sorted(builder, values[:half]), _sorted(builder, values[half:])) if half else values


def _merged(builder: ir.IRBuilder, a: Values, b: Values) -> Values:
    """Batcher's odd-even merge (Knuth, The Art of Computer Programming 3, 5.3.4). The compiler drops what nobody reads."""
    if not a or not b:
        return [*a, *b]
    if len(a) == len(b) == 1:
        return [lowest_of(builder, a[0], b[0]), highest_of(builder, a[0], b[0])]
    first, *even = _merged(builder, a[::2], b[::2])
    odd = _merged(builder, a[1::2], b[1::2])
    both = zip(odd, even, strict=False)
    exchanged = [value for x, y in both for value in (lowest_of(builder, x, y), highest_of(builder, x, y))]
    num = min(len(odd), len(even))
    return [first, *exchanged, *odd[num:], *even[num:]]
