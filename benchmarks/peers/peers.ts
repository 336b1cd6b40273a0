import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { createBatches } from '../gpt-step/batches.js';
import { CASES } from '../gpt-step/cases.js';
import { evenkeelTrainer } from '../gpt-step/steps.js';
import { type Engine, interleaved } from '../src/interleaved.js';
import { Remote } from '../src/remote.js';
import { enginesNamed, installEngine, uninstallEngine, type WasmEngine } from '../src/wasm-engines.js';

const CASE = 'gpt-4x128';
const FOLDER = fileURLToPath(new URL('.', import.meta.url));

/** Takes more than ten seconds a step: only with `--slow`. */
const SLOW = 'gpt-tfjs-cpu';

/** The training step `gpt-4x128` in other packages for JavaScript, each as published, each in its own process. */
export async function* run(options: readonly string[] = []): AsyncGenerator<object> {
  const { values } = parseArgs({
    args: [...options],
    options: {
      rounds: { type: 'string', default: '9' },
      slow: { type: 'boolean', default: false },
      engines: { type: 'string', default: 'evenkeel,evenkeel+blas' },
    },
  });
  installPeers();
  const remotes: Remote[] = [];
  try {
    for (const name of peerNames().filter((name) => values.slow || name !== SLOW)) {
      const args = [`${FOLDER}peer.mjs`, name, JSON.stringify(CASES[CASE])];
      const peer = await Remote.start(name, process.execPath, args);
      if (peer instanceof Remote) remotes.push(peer);
      else yield { case: CASE, ...peer };
    }
    await tf.setBackend('wasm');
    const engines = [...enginesNamed(values.engines).map(ours), ...remotes.map((peer) => peer.time(CASE))];
    for (const timing of await interleaved(engines, { rounds: Number(values.rounds), warmup: 5 })) {
      yield { case: CASE, ...timing };
    }
  } finally {
    for (const remote of remotes) remote.stop();
    uninstallEngine();
  }
}

/** Our step, in this process. */
function ours(engine: WasmEngine): Engine {
  const trainer = evenkeelTrainer(CASES[CASE], engine);
  const batches = createBatches(CASES[CASE]);
  let step = 0;
  const work = () => {
    const { tokens, labels } = batches[step++ % batches.length];
    trainer.step(tokens, labels);
  };
  return { engine, prepare: () => installEngine(engine), work };
}

/** Installs what the lockfile in this folder names, once, without running any install scripts. */
function installPeers(): void {
  if (existsSync(`${FOLDER}node_modules`)) return;
  console.error('peers: installing them into benchmarks/peers (once; a minute and 400 MB) …');
  const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const { status } = spawnSync('npm', args, { cwd: FOLDER, stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) {
    throw new Error(
      `peers: 'npm install' ended with status ${status}, expected 0. See its message above; is the network there?`,
    );
  }
}

function peerNames(): string[] {
  return Object.keys(JSON.parse(readFileSync(`${FOLDER}peers.json`, 'utf8')) as Record<string, unknown>);
}
