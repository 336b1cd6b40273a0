import { util } from '@tensorflow/tfjs-core';
import type { Call, Kernel } from '../kernel.js';
import {
  SoftmaxCrossEntropy,
  SoftmaxCrossEntropyGrad,
  StablemaxCrossEntropy,
  StablemaxCrossEntropyGrad,
} from '../kernel-names.js';
import { checkInput, numberAttr } from './check-input.js';

/** No label has this number: nothing is ignored. */
const NOTHING = -(2 ** 31);

/** Checks logits and labels, whose numbers index memory. */
function checkLabels(name: string, { inputs, attrs, backend, offset }: Call) {
  const logits = checkInput(name, inputs, 'logits');
  const classes = logits.shape[logits.shape.length - 1] ?? 0;
  const labels = checkInput(name, inputs, 'labels', logits.shape.slice(0, -1), 'int32');
  const ignored = numberAttr(name, attrs, 'ignoreIndex', NOTHING);
  const rows = util.sizeFromShape(labels.shape);
  for (const label of new Int32Array(backend.wasm.HEAPU8.buffer, offset(labels), rows)) {
    if ((label >= 0 && label < classes) || label === ignored) continue;
    throw new Error(
      `${name}: a label is ${label}, expected 0 to ${classes - 1}. Check the data, or set ignoreIndex.`,
    );
  }
  return { logits, labels, classes, ignored, rows };
}

function crossEntropy(name: string, pass: 'crossEntropy' | 'stablemaxCrossEntropy'): Kernel {
  return {
    name,
    attrs: ['ignoreIndex'],
    run(call) {
      const { logits, labels, classes, ignored, rows } = checkLabels(name, call);
      const out = call.backend.makeOutput(labels.shape, 'float32');
      const [x, ids, losses] = [logits, labels, out].map(call.offset);
      call.functions[pass](x, ids, losses, rows, classes, ignored);
      return out;
    },
  };
}

function crossEntropyGrad(
  name: string,
  pass: 'crossEntropyBackward' | 'stablemaxCrossEntropyBackward',
): Kernel {
  return {
    name,
    attrs: ['ignoreIndex'],
    run(call) {
      const { logits, labels, classes, ignored, rows } = checkLabels(name, call);
      const dy = checkInput(name, call.inputs, 'dy', labels.shape);
      const out = call.backend.makeOutput(logits.shape, 'float32');
      const [x, ids, dl, dx] = [logits, labels, dy, out].map(call.offset);
      call.functions[pass](x, ids, dl, dx, rows, classes, ignored);
      return out;
    },
  };
}

export const crossEntropyKernels: Kernel[] = [
  crossEntropy(SoftmaxCrossEntropy, 'crossEntropy'),
  crossEntropyGrad(SoftmaxCrossEntropyGrad, 'crossEntropyBackward'),
  crossEntropy(StablemaxCrossEntropy, 'stablemaxCrossEntropy'),
  crossEntropyGrad(StablemaxCrossEntropyGrad, 'stablemaxCrossEntropyBackward'),
];
