import { pick } from './lanes';

/** z = condition ? x : y for `count` elements of 4 bytes, under a condition of one byte each. */
export function select(condition: usize, x: usize, y: usize, z: usize, count: usize): void {
  const zero = i32x4.splat(0);
  for (; count >= 4; count -= 4, condition += 4, x += 16, y += 16, z += 16) {
    const bytes = v128.load32_zero(condition);
    const wide = i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(bytes));
    v128.store(z, pick(i32x4.ne(wide, zero), v128.load(x), v128.load(y)));
  }
  for (; count > 0; count--, condition++, x += 4, y += 4, z += 4) {
    store<u32>(z, load<u8>(condition) !== 0 ? load<u32>(x) : load<u32>(y));
  }
}

/** z = condition ? x : y for `count` truth values, of one byte each like the condition. */
export function selectBytes(condition: usize, x: usize, y: usize, z: usize, count: usize): void {
  for (; count > 0; count--, condition++, x++, y++, z++) {
    store<u8>(z, load<u8>(condition) !== 0 ? load<u8>(x) : load<u8>(y));
  }
}

/** z = x and y, for `count` truth values of one byte. */
export function logicalAnd(x: usize, y: usize, z: usize, count: usize): void {
  const zero = i8x16.splat(0);
  const one = i8x16.splat(1);
  for (; count >= 16; count -= 16, x += 16, y += 16, z += 16) {
    const both = v128.and(i8x16.ne(v128.load(x), zero), i8x16.ne(v128.load(y), zero));
    v128.store(z, v128.and(both, one));
  }
  for (; count > 0; count--, x++, y++, z++) store<u8>(z, u8(load<u8>(x) !== 0 && load<u8>(y) !== 0));
}
