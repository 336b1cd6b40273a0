import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../examples/grokking/src/main.ts', import.meta.url));
const SEEDS = [1, 2, 3];

interface Metrics {
  epoch: number;
  testAccuracy: number;
  trainLoss: number;
  softmaxCollapse: number;
}

/** Both settings of the grokking example on three seeds: when each recipe generalises, if it does. */
export async function* run(): AsyncGenerator<object> {
  const out = mkdtempSync(join(tmpdir(), 'evenkeel-grokking-'));
  try {
    for (const seed of SEEDS) {
      const flags = [
        '--conditions=@evenkeel/source',
        '--import',
        'tsx',
        MAIN,
        '--seed',
        String(seed),
        '--out',
        out,
      ];
      execFileSync(process.execPath, flags, { stdio: ['ignore', 'ignore', 'inherit'] });
      yield summary(out, 'published', 'adamw', seed, 0.99);
      yield summary(out, 'published', 'orthograd', seed, 0.99);
      yield summary(out, 'small', 'adamw', seed, 0.95);
      yield summary(out, 'small', 'stablemax', seed, 0.95);
    }
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

function summary(out: string, setting: string, recipe: string, seed: number, threshold: number): object {
  const lines = readFileSync(join(out, setting, recipe, 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n');
  const history = lines.map((line) => JSON.parse(line) as Metrics);
  const last = history.at(-1)!;
  return {
    case: `grokking-${setting}`,
    engine: recipe,
    seed,
    epochs: last.epoch,
    threshold,
    generalisedAt: history.find(({ testAccuracy }) => testAccuracy >= threshold)?.epoch ?? null,
    bestTestAccuracy: Math.max(...history.map(({ testAccuracy }) => testAccuracy)),
    finalTestAccuracy: last.testAccuracy,
    finalTrainLoss: last.trainLoss,
    largestCollapse: Math.max(...history.map(({ softmaxCollapse }) => softmaxCollapse)),
  };
}
