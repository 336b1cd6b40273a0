import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Engine, Sample } from './interleaved.js';

/** Debian's Python, which sees `python3-torch` where one of a virtual environment would not. */
const PYTHON = '/usr/bin/python3';

/** A Python process that times PyTorch on request; see `yardstick.py`. */
export class Torch {
  private constructor(
    private readonly child: ChildProcessWithoutNullStreams,
    private readonly lines: AsyncIterator<string>,
    /** Name and version, as in results. */
    readonly engine: string,
  ) {}

  /** @returns The process, or a result that says why there is none. */
  static async start(script: URL): Promise<Torch | { engine: 'torch'; missing: string }> {
    const child = spawn(PYTHON, [script.pathname]);
    let complaint = '';
    child.stderr.on('data', (text) => {
      complaint += text;
    });
    child.stdin.on('error', () => {}); // of a process that is gone; the next line says so
    const failed = new Promise<string>((resolve) => child.once('error', ({ message }) => resolve(message)));
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const first = await Promise.race([lines.next(), failed]);
    if (typeof first === 'string' || first.done) {
      const reason = typeof first === 'string' ? first : (complaint.trim().split('\n').at(-1) ?? '');
      return { engine: 'torch', missing: `${reason} (apt-get install python3-torch libopenblas0-pthread)` };
    }
    const { engine } = JSON.parse(first.value) as { engine: string };
    return new Torch(child, lines, engine);
  }

  /** One of the script's cases, as an engine to time in turn with others. */
  time(name: string): Engine {
    return {
      engine: this.engine,
      elsewhere: async (repetitions) => {
        this.child.stdin.write(`${JSON.stringify({ case: name, repetitions })}\n`);
        const { value, done } = await this.lines.next();
        if (done) throw new Error(`torch: the process ended at '${name}', expected a line of JSON.`);
        return JSON.parse(value) as Sample;
      },
    };
  }

  stop(): void {
    this.child.kill();
  }
}
