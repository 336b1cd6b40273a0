import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { processMark } from '@evenkeel/files';
import { recordFault } from '@evenkeel/testing';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { lockFolder } from './index.js';

const root = mkdtempSync(join(tmpdir(), 'evenkeel-lock-'));
afterAll(() => rmSync(root, { recursive: true }));
let folder: string;
let count = 0;
beforeEach(() => {
  folder = join(root, `run-${count++}`);
});

const script = fileURLToPath(new URL('../../test/locking-child.ts', import.meta.url));
const flags = ['--conditions=@evenkeel/source', '--import', 'tsx'];

/** Another process, and the lines that it prints. */
async function other(): Promise<{ child: ChildProcessWithoutNullStreams; line(): Promise<string> }> {
  const child = spawn(process.execPath, [...flags, script, folder]);
  const lines: string[] = [];
  const waiting: ((line: string) => void)[] = [];
  child.stdout.on('data', (text: Buffer) => {
    for (const line of String(text).trim().split('\n')) {
      const next = waiting.shift();
      if (next) next(line);
      else lines.push(line);
    }
  });
  const line = () => {
    const came = lines.shift();
    return came === undefined
      ? new Promise<string>((resolve) => waiting.push(resolve))
      : Promise.resolve(came);
  };
  expect(await line()).toBe('ready');
  return { child, line };
}

/** What a holder that is gone has left. */
async function leave(mark: string, number: number, age = 0): Promise<void> {
  await (await lockFolder('test', folder)).release();
  const path = join(folder, `lock-${number}.json`);
  writeFileSync(path, JSON.stringify({ mark, host: mark.split('-')[0], pid: 7, since: 'long ago' }));
  const then = new Date(Date.now() - age);
  utimesSync(path, then, then);
}

const locks = () => readdirSync(folder);

describe('lockFolder', () => {
  it('lets one write at a time, and leaves nothing', async () => {
    const lock = await lockFolder('train', join(folder, 'deep'));
    await expect(lockFolder('train', join(folder, 'deep'))).rejects.toThrow(
      new RegExp(
        `^train: '${folder}/deep' is written by process ${process.pid} on \\w+ since \\d{4}-.*Wait for it or end it`,
      ),
    );
    await lock.release();
    await lock.release();
    await (await lockFolder('train', join(folder, 'deep'))).release();
    expect(readdirSync(join(folder, 'deep'))).toEqual([]);
  });

  it('takes over from a process that is gone, also where another has its number now', async () => {
    const [host] = (await processMark()).split('-');
    for (const mark of [`${host}-999999999-1`, `${host}-${process.pid}-1`]) {
      await leave(mark, 3);
      const lock = await lockFolder('train', folder);
      expect(locks()).toEqual(['lock-4.json']);
      recordFault(
        'a run folder whose writer was killed, also where its process id lives again',
        'the next writer takes over',
      );
      await lock.release();
    }
  });

  it('is not taken from one whose lock cannot be read, as long as that shows signs of life', async () => {
    await leave('elsewhere-7-1', 2);
    writeFileSync(join(folder, 'lock-2.json'), '{"mark":');
    await expect(lockFolder('train', folder)).rejects.toThrow(
      /is written by a process whose lock '.*lock-2.json' cannot be read.*delete '.*lock-2.json'/,
    );
    const longAgo = new Date(Date.now() - 61 * 60_000);
    utimesSync(join(folder, 'lock-2.json'), longAgo, longAgo);
    await (await lockFolder('train', folder)).release();
  });

  it('knows when it has been lost', async () => {
    const lock = await lockFolder('train', folder);
    await lock.check();
    rmSync(join(folder, 'lock-1.json'));
    await expect(lock.check()).rejects.toThrow(/the lock '.*lock-1.json' is gone, expected it as long as/);
  });

  it('knows of another machine by its signs of life', async () => {
    await leave('elsewhere-7-1', 1, 59 * 60_000);
    await expect(lockFolder('train', folder)).rejects.toThrow(
      /is written by process 7 on elsewhere since long ago.*if it is gone for certain, delete '.*lock-1.json'/,
    );
    rmSync(folder, { recursive: true });
    await leave('elsewhere-7-1', 1, 61 * 60_000);
    await (await lockFolder('train', folder)).release();
    expect(locks()).toEqual([]);
  });

  it('goes to one of many that find the same dead holder, and survives no SIGKILL', async () => {
    const first = await other();
    first.child.stdin.write('go\n');
    expect(await first.line()).toBe('locked');
    first.child.kill('SIGKILL');
    await new Promise((resolve) => first.child.on('close', resolve));
    const others = await Promise.all(Array.from({ length: 6 }, other));
    for (const { child } of others) child.stdin.write('go\n');
    const answers = await Promise.all(others.map(({ line }) => line()));
    const holder = others[answers.indexOf('locked')].child.pid;
    expect(answers.filter((answer) => answer === 'locked')).toHaveLength(1);
    for (const answer of answers) {
      if (answer !== 'locked') expect(answer).toContain(`is written by process ${holder}`);
    }
    const [name] = locks();
    expect(locks()).toHaveLength(1);
    expect(JSON.parse(readFileSync(join(folder, name), 'utf8')).pid).toBe(holder);
    for (const { child } of others) child.kill('SIGKILL');
    recordFault(
      'six processes that find the same dead lock at once',
      'one gets it, the others are told who has it',
    );
  });
});
