import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemInfo } from '@evenkeel/trainer/node';
import { takeLock } from './lock.js';
import { canonical, type RecordFiles } from './record-files.js';
import { type AnyResult, Unfinished } from './result.js';

export interface RunPlansOptions {
  /** Only plans whose id matches. Default all. */
  only?: RegExp;
  seeds: readonly number[];
  files: RecordFiles;
  /** Where runs keep what they need to go on. */
  scratch: string;
  /** Ends the run that is under way, resumably, and begins no other. */
  signal: AbortSignal;
  text(): Promise<string>;
  log(line: string): void;
}

/** How far a result is. */
export interface Progress {
  done: number;
  left: string[];
}

/**
 * Runs what has no record yet, one run after another, all plans with the first seed first.
 *
 * A run that is stopped or killed goes on from its last checkpoint when this is called again. Several processes may run
 * plans of one result: each leaves alone what another one is at. A run that fails does not keep the others from running.
 *
 * @throws After all others, what the first run that failed threw.
 */
export async function runPlans(result: AnyResult, options: RunPlansOptions): Promise<Progress> {
  const { only = /./, seeds, files, scratch, signal, text, log } = options;
  const queue = seeds.flatMap((seed) =>
    result.plans.filter(({ id }) => only.test(id)).map((plan) => ({ ...plan, seed })),
  );
  const progress: Progress = { done: 0, left: [] };
  const failures: unknown[] = [];
  // The code that runs is what was there when it was loaded.
  const { commit } = systemInfo();
  for (const run of queue) {
    const name = `${run.id}-seed${run.seed}`;
    if (files.find(run.id, run.seed, run.settings)) {
      progress.done++;
      continue;
    }
    if (signal.aborted) {
      progress.left.push(name);
      continue;
    }
    const directory = join(scratch, result.name, `${name}-${hash(run.settings)}`);
    const release = takeLock(`${directory}.lock`);
    if (!release) {
      progress.left.push(name);
      log(`${result.name} ${name}: another process runs it`);
      continue;
    }
    const clock = new Clock(directory);
    try {
      const kept = join(scratch, result.name, 'kept');
      const measured = await result.execute(run, { directory, kept, signal, text });
      const minutes = clock.stop();
      files.write({
        result: result.name,
        ...run,
        measured,
        minutes,
        environment: { ...systemInfo(), commit },
      });
      rmSync(directory, { recursive: true, force: true });
      progress.done++;
      log(`${result.name} ${name}: ${minutes.wall.toFixed(1)} min, ${minutes.cpu.toFixed(1)} of them CPU`);
    } catch (error) {
      clock.stop();
      progress.left.push(name);
      if (error instanceof Unfinished) {
        log(`${result.name} ${name}: stopped, goes on next time`);
      } else {
        failures.push(error);
        log(`${result.name} ${name}: failed, ${error instanceof Error ? error.message : error}`);
      }
    } finally {
      release();
    }
  }
  if (failures.length > 0) throw failures[0];
  return progress;
}

const hash = (settings: unknown): string =>
  createHash('sha256').update(canonical(settings)).digest('hex').slice(0, 8);

/** Wall and CPU time of a run over all its pieces; what a killed piece took in its last ten seconds is lost. */
class Clock {
  private readonly path: string;
  private readonly before: { wall: number; cpu: number };
  private readonly started = { wall: performance.now(), cpu: process.cpuUsage() };
  private readonly timer: NodeJS.Timeout;

  constructor(directory: string) {
    mkdirSync(directory, { recursive: true });
    this.path = join(directory, 'minutes.json');
    this.before = existsSync(this.path) ? JSON.parse(readFileSync(this.path, 'utf8')) : { wall: 0, cpu: 0 };
    this.timer = setInterval(() => this.save(), 10_000).unref();
  }

  stop(): { wall: number; cpu: number } {
    clearInterval(this.timer);
    return this.save();
  }

  private save(): { wall: number; cpu: number } {
    const { user, system } = process.cpuUsage(this.started.cpu);
    const minutes = {
      wall: this.before.wall + (performance.now() - this.started.wall) / 60_000,
      cpu: this.before.cpu + (user + system) / 60_000_000,
    };
    // Killed at any instant, it leaves the old file or the new one.
    writeFileSync(`${this.path}.tmp`, JSON.stringify(minutes));
    renameSync(`${this.path}.tmp`, this.path);
    return minutes;
  }
}
