/** Operations by number, as src/kernels/binary.ts names them. */
const MAXIMUM = 0; // 1 is the minimum
const GREATER = 2;
const GREATER_EQUAL = 3;
const LESS = 4;
const LESS_EQUAL = 5;
const EQUAL = 6;
const NOT_EQUAL = 7;

/**
 * z = op(x, y) over two float32 tensors that broadcast.
 *
 * @param rank, shape Axes of z and their sizes (int32 each), the last one first.
 * @param xSteps, ySteps Bytes from one index of each axis to the next in x and y; 0 repeats.
 *   Those of the last axis are 4 or 0.
 */
export function binary(
  op: i32,
  x: usize,
  y: usize,
  z: usize,
  rank: i32,
  shape: usize,
  xSteps: usize,
  ySteps: usize,
): void {
  binaryAxis(op, x, y, z, rank - 1, shape, xSteps, ySteps);
}

/** Handles axis `axis` (0 is the last) and all below it; returns the end of what it wrote. */
function binaryAxis(
  op: i32,
  x: usize,
  y: usize,
  z: usize,
  axis: i32,
  shape: usize,
  xSteps: usize,
  ySteps: usize,
): usize {
  const at: usize = axis * 4;
  const count = load<i32>(shape + at);
  const xStep = load<i32>(xSteps + at);
  const yStep = load<i32>(ySteps + at);
  if (axis === 0) {
    if (op >= GREATER) return compareRow(op, x, xStep, y, yStep, z, count);
    return extremeRow(op === MAXIMUM, x, xStep, y, yStep, z, count);
  }
  for (let i = 0; i < count; i++, x += xStep, y += yStep) {
    z = binaryAxis(op, x, y, z, axis - 1, shape, xSteps, ySteps);
  }
  return z;
}

/** Four numbers from `p`, or one of them four times. */
function load4(p: usize, step: i32): v128 {
  return step === 0 ? v128.load_splat<f32>(p) : v128.load(p);
}

function extremeRow(larger: bool, x: usize, xStep: i32, y: usize, yStep: i32, z: usize, count: i32): usize {
  for (; count >= 4; count -= 4, x += xStep * 4, y += yStep * 4, z += 16) {
    v128.store(z, extreme(larger, load4(x, xStep), load4(y, yStep)));
  }
  for (; count > 0; count--, x += xStep, y += yStep, z += 4) {
    store<f32>(z, f32x4.extract_lane(extreme(larger, v128.load_splat<f32>(x), v128.load_splat<f32>(y)), 0));
  }
  return z;
}

function extreme(larger: bool, x: v128, y: v128): v128 {
  return larger ? f32x4.max(x, y) : f32x4.min(x, y);
}

/** Comparisons write one byte, 0 or 1, per element. */
function compareRow(op: i32, x: usize, xStep: i32, y: usize, yStep: i32, z: usize, count: i32): usize {
  const ones = i32x4.splat(0x01010101);
  for (; count >= 4; count -= 4, x += xStep * 4, y += yStep * 4, z += 4) {
    const wide = compare(op, load4(x, xStep), load4(y, yStep));
    const halves = i16x8.narrow_i32x4_s(wide, wide);
    const bytes = v128.and(i8x16.narrow_i16x8_s(halves, halves), ones);
    v128.store_lane<u32>(z, bytes, 0);
  }
  for (; count > 0; count--, x += xStep, y += yStep, z++) {
    const wide = compare(op, v128.load_splat<f32>(x), v128.load_splat<f32>(y));
    store<u8>(z, i32x4.extract_lane(wide, 0) & 1);
  }
  return z;
}

function compare(op: i32, x: v128, y: v128): v128 {
  switch (op) {
    case GREATER:
      return f32x4.gt(x, y);
    case GREATER_EQUAL:
      return f32x4.ge(x, y);
    case LESS:
      return f32x4.lt(x, y);
    case LESS_EQUAL:
      return f32x4.le(x, y);
    case EQUAL:
      return f32x4.eq(x, y);
    case NOT_EQUAL:
      return f32x4.ne(x, y);
    default:
      return unreachable();
  }
}
