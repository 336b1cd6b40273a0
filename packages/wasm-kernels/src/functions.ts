/** The type of an exported function of `count` numbers, most of them byte offsets into wasm memory. */
type Numbers<Names extends string[]> = (...numbers: { [index in keyof Names]: number }) => void;

/**
 * What assembly/index.ts exports. Each function documents itself there; flags are 0 or 1, tables
 * (`shape`, `…Steps`) are int32 in scratch memory, the last axis first.
 */
export interface Functions {
  gemmScratchBytes(): number;
  attentionScratchBytes(time: number, timeK: number): number;
  gemm: Numbers<
    [
      ...['scratch', 'batch', 'm', 'n', 'k', 'a', 'transposeA', 'aStep', 'b', 'transposeB', 'bStep'],
      ...['c', 'bias', 'activation', 'alpha', 'slopes', 'slopeCount'],
    ]
  >;
  symmetricProduct: Numbers<
    ['scratch', 'batch', 'n', 'k', 'a', 'transposeA', 'aStep', 'b', 'transposeB', 'bStep', 'c']
  >;
  unary: Numbers<['f', 'x', 'y', 'count']>;
  powWhole: Numbers<['x', 'y', 'count', 'exponent']>;
  binary: Numbers<['op', 'x', 'y', 'z', 'rank', 'shape', 'xSteps', 'ySteps']>;
  select: Numbers<['condition', 'x', 'y', 'z', 'count']>;
  selectBytes: Numbers<['condition', 'x', 'y', 'z', 'count']>;
  logicalAnd: Numbers<['x', 'y', 'z', 'count']>;
  copyStrided: Numbers<['x', 'y', 'size', 'rank', 'shape', 'steps']>;
  swapAxes: Numbers<
    ['x', 'y', 'rows', 'columns', 'rowStep', 'columnStep', 'rank', 'shape', 'xSteps', 'ySteps']
  >;
  sumAxis: Numbers<['x', 'y', 'outer', 'reduced', 'inner', 'scale']>;
  maxAxis: Numbers<['x', 'y', 'outer', 'reduced', 'inner']>;
  gather: Numbers<['x', 'indices', 'y', 'batch', 'outer', 'axis', 'perBatch', 'bytes']>;
  segmentSum: Numbers<['x', 'ids', 'y', 'count', 'inner', 'segments']>;
  sumOfSquares: Numbers<['x', 'y', 'count']>;
  euclideanNorm: Numbers<['x', 'y', 'count', 'unit']>;
  adamStep: Numbers<
    [
      ...['g', 'm', 'v', 'w', 'u', 'nextM', 'nextV', 'count', 'beta1', 'beta2', 'rest1', 'rest2'],
      ...['epsilon', 'rate', 'decay'],
    ]
  >;
  grokAdamWStep: Numbers<
    [
      ...['gradient', 'm', 'v', 'ema', 'w', 'u', 'nextM', 'nextV', 'nextEma', 'count'],
      ...['beta1', 'beta2', 'rest1', 'rest2', 'epsilon', 'rate', 'decay'],
      ...['alpha', 'restAlpha', 'lambda', 'scale'],
    ]
  >;
  orthogonalPart: Numbers<['scratch', 'g', 'w', 'u', 'count', 'rescale']>;
  norm: Numbers<['x', 'gain', 'bias', 'y', 'means', 'scales', 'rows', 'width', 'epsilon', 'center']>;
  normBackward: Numbers<
    ['dy', 'x', 'gain', 'means', 'scales', 'dx', 'dgain', 'dbias', 'rows', 'width', 'center']
  >;
  activation: Numbers<['f', 'x', 'y', 'count']>;
  activationBackward: Numbers<['f', 'x', 'dy', 'dx', 'count']>;
  rotary: Numbers<['x', 'cos', 'sin', 'y', 'rows', 'time', 'width']>;
  crossEntropy: Numbers<['x', 'labels', 'losses', 'rows', 'classes', 'ignored']>;
  stablemaxCrossEntropy: Numbers<['x', 'labels', 'losses', 'rows', 'classes', 'ignored']>;
  stablemaxCrossEntropyBackward: Numbers<['x', 'labels', 'dl', 'dx', 'rows', 'classes', 'ignored']>;
  crossEntropyBackward: Numbers<['x', 'labels', 'dl', 'dx', 'rows', 'classes', 'ignored']>;
  attention: Numbers<
    [
      ...['scratch', 'scores', 'q', 'k', 'v', 'o', 'logSums'],
      ...['heads', 'group', 'time', 'timeK', 'width', 'scale', 'offset', 'window'],
      ...['seed', 'threshold', 'kept'],
    ]
  >;
  attentionBackward: Numbers<
    [
      ...['scratch', 'scores', 'q', 'k', 'v', 'o', 'logSums', 'do', 'dq', 'dk', 'dv'],
      ...['heads', 'group', 'time', 'timeK', 'width', 'scale', 'offset', 'window'],
      ...['seed', 'threshold', 'kept'],
    ]
  >;
  convolution: Numbers<
    [
      ...['scratch', 'windows', 'columns', 'chunk', 'x', 'filter', 'y', 'outChannels'],
      ...['bias', 'activation', 'alpha', 'slopes', 'slopeCount'],
    ]
  >;
  depthwise: Numbers<
    [
      ...['windows', 'x', 'filter', 'y', 'multiplier'],
      ...['bias', 'activation', 'alpha', 'slopes', 'slopeCount'],
    ]
  >;
  pool: Numbers<['windows', 'x', 'y', 'average']>;
  convolutionFilterBackward: Numbers<
    ['scratch', 'windows', 'columns', 'chunk', 'x', 'dy', 'dw', 'outChannels']
  >;
  convolutionInputBackward: Numbers<
    ['scratch', 'windows', 'columns', 'chunk', 'dy', 'filter', 'dx', 'outChannels']
  >;
  depthwiseFilterBackward: Numbers<['windows', 'x', 'dy', 'dw', 'multiplier']>;
  depthwiseInputBackward: Numbers<['windows', 'dy', 'filter', 'dx', 'multiplier']>;
  maxPoolBackward: Numbers<['windows', 'x', 'dy', 'dx']>;
}
