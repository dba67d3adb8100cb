"""Vectors of float32 lanes as values that numba compiles: loops that must be fast do not depend on what a compiler vectorises by itself.

A ``wide`` value holds 16 neighbouring pixels, a ``quad`` the 4 interleaved channels of one. They are IEEE arithmetic in a fixed order on
every machine (two AVX2 or four NEON registers stand in for one of AVX-512), so that a result does not depend on the processor.
They live in registers only: functions take and give arrays.
"""

import operator
from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import ir
from numba import extending, types
from numba.core import cgutils
from numba.extending import lower_builtin, models, register_model, type_callable

intrinsic: Any = extending.intrinsic  # its own type asks callers for the compiler's argument too
LANES = 16


class Lanes(types.Type):
    """So many float32 side by side."""

    def __init__(self, width: int):
        self.width = width
        super().__init__(name=f"Lanes({width})")


@register_model(Lanes)
class _LanesModel(models.PrimitiveModel):
    def __init__(self, manager: Any, lanes: Lanes):
        super().__init__(manager, lanes, ir.VectorType(ir.FloatType(), lanes.width))


wide, quad = Lanes(LANES), Lanes(4)


def pointer_to(context: Any, builder: Any, array_type: Any, array: Any, at: Any, width: int) -> Any:
    """Of ``array[at]``, as the first of so many lanes."""
    data = context.make_array(array_type)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [at]), ir.VectorType(ir.FloatType(), width).as_pointer())


def load_from(context: Any, builder: Any, array_type: Any, array: Any, at: Any, width: int = LANES) -> Any:
    return builder.load(pointer_to(context, builder, array_type, array, at, width), align=4)


def _filled(builder: Any, values: Sequence[Any]) -> Any:
    vector = ir.Constant(ir.VectorType(ir.FloatType(), len(values)), ir.Undefined)
    for index, value in enumerate(values):
        vector = builder.insert_element(vector, value, ir.Constant(ir.IntType(32), index))
    return vector


def _picked(builder: Any, vectors: Sequence[Any], indices: Sequence[int]) -> Any:
    """These lanes of one or two vectors, counted through."""
    mask = ir.Constant(ir.VectorType(ir.IntType(32), len(indices)), [ir.Constant(ir.IntType(32), i) for i in indices])
    return builder.shuffle_vector(vectors[0], vectors[1] if len(vectors) > 1 else ir.Constant(vectors[0].type, ir.Undefined), mask)


def moved(builder: Any, at: Any, by: int) -> Any:
    return builder.add(at, ir.Constant(at.type, by))


@intrinsic
def load(typing: Any, array: Any, at: Any) -> Any:
    """``array[at : at + 16]``."""
    return wide(array, types.intp), lambda context, builder, signature, args: load_from(context, builder, array, *args)


@intrinsic(prefer_literal=True)
def load_channel(typing: Any, array: Any, at: Any, channel: Any) -> Any:
    """``array[at + channel : at + channel + 64 : 4]``: one of four interleaved channels; ``channel`` is a literal."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _picked(
            builder, [load_from(context, builder, array, args[0], args[1], 4 * LANES)], range(channel.literal_value, 4 * LANES, 4)
        )

    return wide(array, types.intp, channel), generate


@intrinsic
def store(typing: Any, array: Any, at: Any, value: Any) -> Any:
    """``array[at : at + width] = value``."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        builder.store(args[2], pointer_to(context, builder, array, args[0], args[1], value.width), align=4)
        return context.get_dummy_value()

    return types.void(array, types.intp, value), generate


@intrinsic
def splat(typing: Any, value: Any) -> Any:
    """A number in every lane."""
    return wide(types.float32), lambda context, builder, signature, args: _filled(builder, args * LANES)


@intrinsic
def splat_at(typing: Any, array: Any, at: Any) -> Any:
    """``array[at]`` in every lane."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data = context.make_array(array)(context, builder, args[0]).data
        return _filled(builder, [builder.load(builder.gep(data, [args[1]]))] * LANES)

    return wide(array, types.intp), generate


@intrinsic
def spread(typing: Any, a: Any, b: Any, c: Any, d: Any) -> Any:
    """a a a a b b b b c c c c d d d d."""
    sig = wide(*[types.float32] * 4)
    return sig, lambda context, builder, signature, args: _filled(builder, [value for value in args for _ in range(4)])


@intrinsic
def fold(typing: Any, value: Any) -> Any:
    """The sum of the four quads of lanes, as a quad."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        half = builder.fadd(_picked(builder, [args[0]], range(8)), _picked(builder, [args[0]], range(8, 16)))
        return builder.fadd(_picked(builder, [half], range(4)), _picked(builder, [half], range(4, 8)))

    return quad(wide), generate


@intrinsic
def shifted_left(typing: Any, a: Any, b: Any) -> Any:
    """Lanes 1 to 16 of ``a`` followed by ``b``."""
    return wide(wide, wide), lambda context, builder, signature, args: _picked(builder, args, range(1, LANES + 1))


@intrinsic
def shifted_right(typing: Any, a: Any, b: Any) -> Any:
    """Lanes 15 to 30 of ``a`` followed by ``b``."""
    return wide(wide, wide), lambda context, builder, signature, args: _picked(builder, args, range(LANES - 1, 2 * LANES - 1))


@intrinsic
def ramp(typing: Any) -> Any:
    """0 1 2 ... 15."""
    return wide(), lambda context, builder, signature, args: ir.Constant(
        ir.VectorType(ir.FloatType(), LANES), [float(i) for i in range(LANES)]
    )


@intrinsic
def lane(typing: Any, value: Any, index: Any) -> Any:
    """One of the lanes."""
    return types.float32(value, types.intp), lambda context, builder, signature, args: builder.extract_element(*args)


def _operator(function: Callable[..., Any], instruction: str) -> None:
    """``a + b`` and the like, lane by lane."""

    @type_callable(function)
    def typer(context: Any) -> Any:
        return lambda a, b: a if isinstance(a, Lanes) and a == b else None

    @lower_builtin(function, Lanes, Lanes)
    def lower(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return getattr(builder, instruction)(*args)


for _function, _instruction in ((operator.add, "fadd"), (operator.sub, "fsub"), (operator.mul, "fmul"), (operator.truediv, "fdiv")):
    _operator(_function, _instruction)


def lowest_of(builder: Any, a: Any, b: Any) -> Any:
    return builder.select(builder.fcmp_ordered("<", a, b), a, b)


def highest_of(builder: Any, a: Any, b: Any) -> Any:
    return builder.select(builder.fcmp_ordered(">", a, b), a, b)


@intrinsic
def minimum(typing: Any, a: Any, b: Any) -> Any:
    return a(a, b), lambda context, builder, signature, args: lowest_of(builder, *args)


@intrinsic
def maximum(typing: Any, a: Any, b: Any) -> Any:
    return a(a, b), lambda context, builder, signature, args: highest_of(builder, *args)


def _rounded_exactly(name: str) -> Any:
    @intrinsic
    def function(typing: Any, a: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            vector = ir.VectorType(ir.FloatType(), a.width)
            native = cgutils.get_or_insert_function(builder.module, ir.FunctionType(vector, [vector]), f"llvm.{name}.v{a.width}f32")
            return builder.call(native, args)

        return a(a), generate

    return function


sqrt, floor = _rounded_exactly("sqrt"), _rounded_exactly("floor")
