import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Engine, Sample } from './interleaved.js';

/** A result in the place of an engine that does not run. */
export interface Failure {
  engine: string;
  error: string;
}

/**
 * A process that times work on request, so that engines in several processes can take turns.
 *
 * It prints one line when it is ready, `{engine}` or `{engine, error}`, and then answers each line
 * `{case, repetitions}` with a {@link Sample}.
 */
export class Remote {
  private constructor(
    private readonly child: ChildProcessWithoutNullStreams,
    private readonly lines: AsyncIterator<string>,
    /** Name and version, as in results. */
    readonly engine: string,
  ) {}

  /** @returns The process, or a result that says why there is none. */
  static async start(engine: string, command: string, args: readonly string[]): Promise<Remote | Failure> {
    const child = spawn(command, args);
    let complaint = '';
    child.stderr.on('data', (text) => {
      complaint += text;
    });
    child.stdin.on('error', () => {}); // of a process that is gone; the next line says so
    const failed = new Promise<string>((resolve) => child.once('error', ({ message }) => resolve(message)));
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const first = await Promise.race([lines.next(), failed]);
    if (typeof first === 'string') return { engine, error: first };
    if (first.done) return { engine, error: complaint.trim().split('\n').at(-1) ?? 'it ended at once' };
    const ready = JSON.parse(first.value) as { engine: string; error?: string };
    return ready.error === undefined
      ? new Remote(child, lines, ready.engine)
      : { engine: ready.engine, error: ready.error };
  }

  /** One of its cases, as an engine to time in turn with others. */
  time(name: string): Engine {
    return {
      engine: this.engine,
      elsewhere: async (repetitions) => {
        this.child.stdin.write(`${JSON.stringify({ case: name, repetitions })}\n`);
        const { value, done } = await this.lines.next();
        if (done) throw new Error(`${this.engine}: the process ended at '${name}', expected a line of JSON.`);
        return JSON.parse(value) as Sample;
      },
    };
  }

  stop(): void {
    this.child.kill();
  }
}
