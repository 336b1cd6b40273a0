/** The type of an exported function of `count` numbers, most of them byte offsets into wasm memory. */
type Numbers<Names extends string[]> = (...numbers: { [index in keyof Names]: number }) => void;

/**
 * What assembly/index.ts exports. Each function documents itself there; flags are 0 or 1, tables
 * (`shape`, `…Steps`) are int32 in scratch memory, the last axis first.
 */
export interface Functions {
  gemmScratchBytes(): number;
  gemm: Numbers<
    [
      ...['scratch', 'batch', 'm', 'n', 'k', 'a', 'transposeA', 'aStep', 'b', 'transposeB', 'bStep'],
      ...['c', 'bias', 'activation', 'alpha', 'slopes', 'slopeCount'],
    ]
  >;
  unary: Numbers<['f', 'x', 'y', 'count']>;
  powWhole: Numbers<['x', 'y', 'count', 'exponent']>;
  binary: Numbers<['op', 'x', 'y', 'z', 'rank', 'shape', 'xSteps', 'ySteps']>;
  select: Numbers<['condition', 'x', 'y', 'z', 'count']>;
  logicalAnd: Numbers<['x', 'y', 'z', 'count']>;
  copyStrided: Numbers<['x', 'y', 'size', 'rank', 'shape', 'steps']>;
  swapAxes: Numbers<
    ['x', 'y', 'rows', 'columns', 'rowStep', 'columnStep', 'rank', 'shape', 'xSteps', 'ySteps']
  >;
  sumAxis: Numbers<['x', 'y', 'outer', 'reduced', 'inner', 'scale']>;
  maxAxis: Numbers<['x', 'y', 'outer', 'reduced', 'inner']>;
  gather: Numbers<['x', 'indices', 'y', 'batch', 'outer', 'axis', 'perBatch', 'bytes']>;
  segmentSum: Numbers<['x', 'ids', 'y', 'count', 'inner', 'segments']>;
}
