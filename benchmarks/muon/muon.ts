import { parseArgs } from 'node:util';
import { muon } from '@evenkeel/lipschitz';
import { TransformOptimizer } from '@evenkeel/optim';
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { type Engine, interleaved } from '../src/interleaved.js';
import { Remote } from '../src/remote.js';
import { startTorch } from '../src/torch.js';
import { installEngine, uninstallEngine } from '../src/wasm-engines.js';

const SHAPES: readonly [number, number][] = [
  [384, 1536],
  [1536, 384],
  [384, 384],
];

/** How long a Muon step takes on the wasm backend, against the same written with stock tfjs ops, which comes first. */
export async function* run(options: readonly string[] = []): AsyncGenerator<object> {
  const { values } = parseArgs({
    args: [...options],
    options: { rounds: { type: 'string', default: '9' } },
  });
  await tf.setBackend('wasm');
  const torch = await startTorch(new URL('./torch-muon.py', import.meta.url));
  try {
    if (!(torch instanceof Remote)) yield torch;
    for (const shape of SHAPES) {
      const name = `muon-${shape.join('x')}`;
      const engines: Engine[] = [
        { engine: 'stock', prepare: uninstallEngine, work: stockMuon(shape) },
        { engine: 'evenkeel', prepare: uninstallEngine, work: ourMuon(shape) },
        { engine: 'evenkeel + kernels', prepare: () => installEngine('evenkeel'), work: ourMuon(shape) },
        { engine: 'evenkeel+blas', prepare: () => installEngine('evenkeel+blas'), work: ourMuon(shape) },
        ...(torch instanceof Remote ? [torch.time(name)] : []),
      ];
      const timings = await interleaved(engines, { rounds: Number(values.rounds), warmup: 2 });
      for (const timing of timings) yield { case: name, backend: 'wasm', ...timing };
    }
  } finally {
    uninstallEngine();
    if (torch instanceof Remote) torch.stop();
  }
}

function ourMuon(shape: [number, number]): () => void {
  const param = tf.variable(tf.randomNormal(shape));
  const gradient = { name: param.name, tensor: tf.randomNormal(shape) };
  const optimizer = new TransformOptimizer(muon());
  return () => optimizer.applyGradients([gradient]);
}

/** The same, as one would port it from PyTorch line by line. */
function stockMuon(shape: [number, number]): () => void {
  const [rows, columns] = shape;
  const weight = tf.variable(tf.randomNormal<tf.Rank.R2>(shape));
  const average = tf.variable(tf.randomNormal<tf.Rank.R2>(shape));
  const gradient = tf.randomNormal<tf.Rank.R2>(shape);
  const lerp = (a: tf.Tensor2D, b: tf.Tensor2D, weight: number) =>
    tf.add(a, tf.mul(tf.sub(b, a), weight)) as tf.Tensor2D;
  const orthogonalize = (matrix: tf.Tensor2D) => {
    let x = rows > columns ? (tf.transpose(matrix) as tf.Tensor2D) : matrix;
    x = tf.div(x, tf.add(tf.norm(x), 1e-7));
    for (let step = 0; step < 5; step++) {
      const gram = tf.matMul(x, x, false, true);
      const inner = tf.add(tf.mul(gram, -4.775), tf.mul(tf.matMul(gram, gram), 2.0315)) as tf.Tensor2D;
      x = tf.add(tf.mul(x, 3.4445), tf.matMul(inner, x));
    }
    return rows > columns ? tf.transpose(x) : x;
  };
  return () =>
    tf.tidy(() => {
      average.assign(lerp(average, gradient, 0.05));
      const update = orthogonalize(lerp(gradient, average, 0.95));
      weight.assign(tf.sub(weight, tf.mul(update, 0.02 * Math.sqrt(Math.max(1, rows / columns)))));
    });
}
