/** Bytes of one number of each dtype of the format. */
export const BYTES_PER_NUMBER: ReadonlyMap<string, number> = new Map([
  ['BOOL', 1],
  ['U8', 1],
  ['I8', 1],
  ['F8_E4M3', 1],
  ['F8_E5M2', 1],
  ['U16', 2],
  ['I16', 2],
  ['F16', 2],
  ['BF16', 2],
  ['U32', 4],
  ['I32', 4],
  ['F32', 4],
  ['U64', 8],
  ['I64', 8],
  ['F64', 8],
]);

/** Dtypes whose numbers come as float32: exact for F32, F16, BF16. */
export const isFloat = (dtype: string): boolean => /^(F|BF)\d/.test(dtype);
