/** Below this many bytes a loop is faster than the engine's own copy, which is a call. */
const SHORT: usize = 1024;

/** Copies `bytes` bytes between places that do not overlap. */
export function copyBytes(target: usize, source: usize, bytes: usize): void {
  if (bytes >= SHORT) {
    memory.copy(target, source, bytes);
    return;
  }
  for (; bytes >= 16; bytes -= 16, target += 16, source += 16) v128.store(target, v128.load(source));
  for (; bytes >= 4; bytes -= 4, target += 4, source += 4) store<u32>(target, load<u32>(source));
  for (; bytes > 0; bytes--, target++, source++) store<u8>(target, load<u8>(source));
}

/** Sets `bytes` bytes, a multiple of 4, to zero. */
export function clearBytes(target: usize, bytes: usize): void {
  if (bytes >= SHORT) {
    memory.fill(target, 0, bytes);
    return;
  }
  for (const zero = i32x4.splat(0); bytes >= 16; bytes -= 16, target += 16) v128.store(target, zero);
  for (; bytes > 0; bytes -= 4, target += 4) store<u32>(target, 0);
}
