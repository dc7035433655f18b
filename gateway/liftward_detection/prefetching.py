"""Asking for a lift's record before its sample is due: memory answers while others are decided.

Changes no outcome: it is a hint to the processor, and plain Python (NUMBA_DISABLE_JIT=1) leaves it
out. Knows where a record's cache lines are. Must not know what is in them.
"""

from typing import Any

from llvmlite import ir
from numba.core import cgutils as untyped_cgutils
from numba.core import config, types
from numba.extending import intrinsic

from liftward_detection.fleet import ASKED_AHEAD_BYTES, CACHE_LINE_BYTES

Untyped = Any  # numba's and llvmlite's own objects carry no types
cgutils: Untyped = untyped_cgutils

_LLVM_NAME = "llvm.prefetch.p0"
_OPTIONS = (1, 3, 1)  # to write it, keep it in every cache, data


def _no_prefetch(records: Untyped, index: Untyped) -> None:
    """Do nothing, as plain Python."""


def _generate(context: Untyped, builder: Untyped, signature: Untyped, arguments: Untyped) -> object:
    """Write one prefetch instruction for each of the first cache lines of `records[index]`."""
    records, index = arguments
    array = context.make_array(signature.args[0])(context, builder, records)
    record = cgutils.get_item_pointer(context, builder, signature.args[0], array, [index])
    start = builder.bitcast(record, cgutils.voidptr_t)
    kind = ir.FunctionType(ir.VoidType(), [cgutils.voidptr_t, *[cgutils.int32_t] * len(_OPTIONS)])
    instruction = cgutils.get_or_insert_function(builder.module, kind, _LLVM_NAME)
    for offset in range(0, ASKED_AHEAD_BYTES, CACHE_LINE_BYTES):
        line = builder.gep(start, [cgutils.int32_t(offset)])
        builder.call(instruction, [line, *map(cgutils.int32_t, _OPTIONS)])
    return context.get_dummy_value()


def _prefetch(_typing_context: Untyped, records: Untyped, _index: Untyped) -> Untyped:
    return types.void(records, types.intp), _generate


# Reads the switch that numba itself reads.
prefetch: Untyped = _no_prefetch if vars(config)["DISABLE_JIT"] else intrinsic(_prefetch)
