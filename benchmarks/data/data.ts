import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type TokenBatch, TokenDataset, type Tokenizer, tokenize } from '@evenkeel/data';
import * as tf from '@tensorflow/tfjs';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

const MEBIBYTE = 2 ** 20;
/** Tokens of one document of the file: 2 MiB. */
const DOCUMENT = 2 ** 20;

/** How fast batches come from a file that is larger than what a process should hold, and what they cost in memory. */
export async function* run(options: readonly string[] = []): AsyncGenerator<object> {
  const { values } = parseArgs({
    args: [...options],
    options: {
      gib: { type: 'string', default: '2' },
      batches: { type: 'string', default: '10000' },
      'batch-size': { type: 'string', default: '16' },
      context: { type: 'string', default: '256' },
    },
  });
  await tf.setBackend('cpu');
  const folder = await mkdtemp(join(tmpdir(), 'evenkeel-bench-'));
  try {
    const out = join(folder, 'tokens.bin');
    yield await writeFile(out, Number(values.gib));
    const batching = { contextLength: Number(values.context), batchSize: Number(values['batch-size']) };
    const count = Number(values.batches);
    for (const order of ['random', 'sequential'] as const) {
      for (const memoryMap of [false, true]) {
        for (const wait of [true, false]) {
          const data = await TokenDataset.open(out, { ...batching, order, memoryMap });
          const next = wait ? () => data.batch() : async () => data.batchSync();
          const engine = `${memoryMap ? 'mmap' : 'positional'}${wait ? '' : ', sync'}`;
          yield { case: `data-${order}`, engine, ...batching, ...(await takeBatches(next, count)) };
          await data.close();
        }
      }
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Writes the file with `tokenize` itself, from documents without end and a tokenizer that costs nothing. */
async function writeFile(out: string, gib: number): Promise<object> {
  const tokens = Uint16Array.from({ length: DOCUMENT }, () => Math.floor(Math.random() * 50257));
  const tokenizer: Tokenizer = {
    ...{ name: 'random', vocabSize: 50257, decode: () => '' },
    encode: () => tokens as unknown as Int32Array,
  };
  function* documents() {
    for (let written = 0; written < gib * 2 ** 29; written += DOCUMENT) yield 'a';
  }
  const memory = watchMemory();
  const start = performance.now();
  const { sidecar } = await tokenize({ documents: documents() }, { tokenizer, out, onProgress: memory.look });
  const seconds = (performance.now() - start) / 1000;
  const mib = (2 * sidecar.count) / MEBIBYTE;
  return {
    case: 'data-write',
    engine: 'tokenize',
    mib,
    mibPerSecond: round(mib / seconds),
    ...memory.result(),
  };
}

/** Batches until the allocator has all it is going to take: tensors alone, without a dataset, take as many. */
const WARM_UP = 5000;

async function takeBatches(next: () => Promise<TokenBatch>, count: number): Promise<object> {
  for (let i = 0; i < WARM_UP; i++) tf.dispose({ ...(await next()) });
  const memory = watchMemory();
  const times: number[] = [];
  const start = performance.now();
  for (let i = 0; i < count; i++) {
    const before = performance.now();
    tf.dispose({ ...(await next()) });
    times.push(performance.now() - before);
    if (i % 100 === 0) memory.look();
  }
  const seconds = (performance.now() - start) / 1000;
  times.sort((a, b) => a - b);
  return {
    batchesPerSecond: round(count / seconds),
    medianMs: round(times[count >> 1], 3),
    worstMs: round(times[count - 1], 3),
    ...memory.result(),
  };
}

/** Resident memory in MiB before, at most meanwhile and after, without garbage. */
function watchMemory() {
  const resident = () => process.memoryUsage.rss() / MEBIBYTE;
  collectGarbage();
  const rssBefore = resident();
  let rssPeak = rssBefore;
  return {
    look: () => {
      rssPeak = Math.max(rssPeak, resident());
    },
    result: () => {
      collectGarbage();
      return { rssBefore: round(rssBefore), rssPeak: round(rssPeak), rssAfter: round(resident()) };
    },
  };
}

const round = (value: number, digits = 1) => Number(value.toFixed(digits));
