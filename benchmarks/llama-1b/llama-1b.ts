import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { GPT, generate, Lora } from '@evenkeel/gpt-model';
import { adamW, TransformOptimizer } from '@evenkeel/optim';
import * as Plot from '@observablehq/plot';
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { writeLlama1B } from '../../examples/llama-alpaca/src/llama-1b.js';
import { svg } from '../src/recorded/svg.js';
import { enginesNamed, installEngine } from '../src/wasm-engines.js';
import { type Watched, watchMemory } from './watch-memory.js';

/** Numbers in the matrices of the blocks, and in the head, which is the embedding. */
const [IN_BLOCKS, IN_HEAD] = [973_078_528, 262_668_288];
const CASES = ['forward', 'lora', 'blocks-1', 'generation'] as const;
type Case = (typeof CASES)[number];

/**
 * How many products of two numbers a case needs for one token: a frozen matrix is passed forward, forward again in the backward pass
 * (checkpointing; the head computes its logits again), and once for the gradient of its inputs.
 */
const PRODUCTS: Readonly<Record<Case, number>> = {
  forward: IN_BLOCKS + IN_HEAD,
  lora: 3 * (IN_BLOCKS + IN_HEAD),
  // Fifteen of sixteen blocks are passed forward only; the last one also has gradients of its weights.
  'blocks-1': IN_BLOCKS * (15 / 16 + 4 / 16) + 3 * IN_HEAD,
  generation: IN_BLOCKS + IN_HEAD,
};

/** What does a model of Llama-3.2-1B's exact shape cost on wasm, its weights left in their file? */
export async function* run(options: readonly string[]): AsyncGenerator<object> {
  const { values } = parseArgs({
    args: [...options],
    options: {
      engines: { type: 'string', default: 'evenkeel,evenkeel+blas' },
      cases: { type: 'string', default: CASES.join(',') },
      tokens: { type: 'string', default: '512' },
      model: { type: 'string' },
      curve: { type: 'string' },
    },
  });
  const tokens = Number(values.tokens);
  const cases = values.cases.split(',') as Case[];
  const unknown = cases.find((name) => !CASES.includes(name));
  if (unknown) throw new Error(`llama-1b: --cases has '${unknown}', expected some of ${CASES.join(',')}.`);
  const random = values.model ? undefined : await writeLlama1B();
  const source = values.model ?? random!.options.model;
  try {
    await tf.setBackend('wasm');
    for (const engine of enginesNamed(values.engines)) {
      await installEngine(engine);
      const rate = productRate(tokens);
      for (const name of cases) {
        const began = performance.now();
        const { work, dispose } = await prepared(name, source, tokens);
        const loadSeconds = (performance.now() - began) / 1000;
        const cpu = process.cpuUsage();
        const begin = performance.now();
        const watched = await watchMemory(work);
        const wallSeconds = (performance.now() - begin) / 1000;
        const { user, system } = process.cpuUsage(cpu);
        const cpuSeconds = (user + system) / 1e6;
        dispose();
        const count = name === 'generation' ? GENERATED : tokens;
        const flops = 2 * PRODUCTS[name] * count;
        yield {
          case: `${name}-${count}`,
          engine,
          loadSeconds: round(loadSeconds),
          cpuSeconds: round(cpuSeconds),
          wallSeconds: round(wallSeconds),
          tokensPerCpuSecond: round(count / cpuSeconds),
          gflops: round(flops / 1e9 / cpuSeconds),
          gflopsOfProducts: round(rate),
          shareOfProducts: round(flops / 1e9 / rate / cpuSeconds),
          peakTensorsGB: round(watched.peak / 1e9),
          residentGB: round(process.memoryUsage().rss / 1e9),
        };
        if (values.curve && name === 'lora') writeFileSync(values.curve, `${drawn(watched)}\n`);
      }
    }
  } finally {
    await random?.remove();
  }
}

/** Tokens that are generated. */
const GENERATED = 4;

const round = (value: number): number => Number(value.toPrecision(3));

async function prepared(name: Case, source: string, tokens: number) {
  const isFrozen = (parameter: string) => name !== 'blocks-1' || !/^(blocks\.15\.|norm\.)/.test(parameter);
  const model = await GPT.load(source, {
    frozen: isFrozen,
    config: { checkpointing: true, head: 'stablemax' },
  });
  const lora = name === 'lora' ? new Lora(model, { rank: 16 }) : undefined;
  lora?.attach();
  const variables = lora?.variables ?? model.variables;
  const optimizer = new TransformOptimizer(adamW({ learningRate: 1e-4 }));
  const ids = (shift: number) =>
    tf.tensor2d(
      Int32Array.from({ length: tokens }, (_, i) => ((i + shift) * 7919) % 128256),
      [1, tokens],
      'int32',
    );
  const [inputs, labels] = [ids(0), ids(1)];
  const work = async () => {
    if (name === 'generation') {
      const settings = { maxTokens: GENERATED, temperature: 0, endOfText: [] };
      for await (const _ of generate(model, [1, 2, 3, 4], settings));
    } else if (name === 'forward') {
      const loss = model.loss(labels, inputs);
      await loss.data();
      loss.dispose();
    } else {
      const loss = optimizer.minimize(() => model.loss(labels, inputs), true, [...variables])!;
      await loss.data();
      loss.dispose();
    }
  };
  const dispose = () => {
    tf.dispose([inputs, labels]);
    optimizer.dispose();
    lora?.dispose();
    model.dispose();
  };
  return { work, dispose };
}

/** GFLOP/s of one of the model's products by itself: [tokens, 2048] × [2048, 8192]. */
function productRate(tokens: number): number {
  const [a, b] = [tf.randomNormal([tokens, 2048]), tf.randomNormal([2048, 8192])];
  const times = Array.from({ length: 4 }, () => {
    const before = process.cpuUsage();
    const product = tf.matMul(a, b);
    const { user, system } = process.cpuUsage(before);
    product.dispose();
    return (user + system) / 1e6;
  });
  tf.dispose([a, b]);
  return (2 * tokens * 2048 * 8192) / 1e9 / Math.min(...times);
}

/** Memory over a step. */
const drawn = ({ curve }: Watched): string =>
  svg({
    x: { label: 'seconds of a step' },
    y: {
      grid: true,
      label: 'tensors, GB',
      domain: [0, 1.1 * Math.max(...curve.map(({ bytes }) => bytes / 1e9))],
    },
    marks: [
      Plot.ruleY([0]),
      Plot.areaY(curve, { x: 'seconds', y: ({ bytes }) => bytes / 1e9, fill: '#0072b2' }),
    ],
  });
