import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { recordFault } from '@evenkeel/testing';
import { afterAll, describe, expect, it } from 'vitest';
import {
  createAtomicFile,
  draftPath,
  hasEnded,
  isDraft,
  makeFolder,
  processMark,
  removeLeftDrafts,
  writeAtomicFile,
} from './index.js';

const root = mkdtempSync(join(tmpdir(), 'atomic-'));
afterAll(() => rmSync(root, { recursive: true }));
const newFolder = (name: string) => {
  mkdirSync(join(root, name));
  return join(root, name);
};

describe('createAtomicFile', () => {
  it('publishes all or nothing', async () => {
    const folder = newFolder('whole');
    const path = join(folder, 'file');
    const first = await createAtomicFile('test', path);
    await first.write(Uint8Array.of(1, 2));
    expect(readdirSync(folder).filter(isDraft)).toHaveLength(1);
    await first.discard();
    expect(readdirSync(folder)).toEqual([]);
    const second = await createAtomicFile('test', path);
    await second.write(Uint8Array.of(3));
    await second.write('é');
    await second.sync();
    expect(existsSync(path)).toBe(false);
    await second.publish();
    await second.discard();
    expect([...readFileSync(path)]).toEqual([3, 0xc3, 0xa9]);
    expect(readdirSync(folder)).toEqual(['file']);
  });

  it('says before anything is written what cannot be', async () => {
    const folder = newFolder('wrong');
    const expectRefused = (path: string, message: string) =>
      expect(createAtomicFile('test', path)).rejects.toThrow(message);
    await expectRefused(join(folder, 'no', 'folder'), "' cannot be written (ENOENT");
    await expectRefused(folder, "wrong' is a folder, expected the name of a file. Choose another name.");
    await expectRefused('/dev/null', "test: '/dev/null' is a device, expected the name of a file.");
    await expectRefused(join(folder, 'x'.repeat(256)), 'cannot be written (ENAMETOOLONG');
    expect(readdirSync(folder)).toEqual([]);
  });

  it('leaves what was there when the last step fails', async () => {
    const folder = newFolder('late');
    const path = join(folder, 'file');
    writeFileSync(path, 'before');
    const file = await createAtomicFile('test', path);
    await file.write('after');
    rmSync(path);
    mkdirSync(join(path, 'in the way'), { recursive: true });
    await expect(file.publish()).rejects.toThrow("file' cannot be written (");
    await file.discard();
    expect(readdirSync(folder)).toEqual(['file']);
  });

  it('takes names as long as the file system does, and keeps who may read a file', async () => {
    const path = join(newFolder('names'), 'ä'.repeat(127));
    await writeAtomicFile('test', path, 'one');
    chmodSync(path, 0o600);
    await writeAtomicFile('test', path, 'two');
    expect([readFileSync(path, 'utf8'), statSync(path).mode & 0o777]).toEqual(['two', 0o600]);
  });
});

describe('drafts', () => {
  it('of processes that have ended are removed, and no others', async () => {
    const folder = newFolder('left');
    const ended = spawn(process.execPath, ['--eval', '']);
    await once(ended, 'exit');
    const host = hostname().replace(/\W/g, '_');
    const own = basename(await draftPath('own'));
    const living = `pid.${host}-${process.ppid}-0-aaaaaaaa.tmp`;
    const elsewhere = 'new.elsewhere-1-1-aaaaaaaa.tmp';
    const kept = [own, living, elsewhere, 'model.1234.tmp', 'file'];
    const left = [
      `file.${host}-${ended.pid}-1-aaaaaaaa.tmp`,
      `later process with the same number.${host}-${process.pid}-1-aaaaaaaa.tmp`,
      'old.elsewhere-1-1-aaaaaaaa.tmp',
    ];
    for (const name of [...kept, ...left]) writeFileSync(join(folder, name), '');
    utimesSync(join(folder, left[2]), 1, 1);
    const draftFolder = `folder.${host}-${ended.pid}-1-aaaaaaaa.tmp`;
    mkdirSync(join(folder, draftFolder));
    writeFileSync(join(folder, draftFolder, 'weights'), '');

    expect((await removeLeftDrafts('test', folder)).sort()).toEqual([...left, draftFolder].sort());
    expect(readdirSync(folder).sort()).toEqual([...kept].sort());
    expect(await removeLeftDrafts('test', join(folder, 'none'))).toEqual([]);
  });

  it('a killed process leaves one that is known as its own', async () => {
    const folder = newFolder('killed');
    const path = join(folder, 'file');
    const script = `
      import { createAtomicFile } from '${new URL('./index.ts', import.meta.url)}';
      const file = await createAtomicFile('test', ${JSON.stringify(path)});
      await file.write('half');
      console.log('written');
      setInterval(() => {}, 1000);`;
    const child = spawn(
      process.execPath,
      ['--conditions=@evenkeel/source', '--import', 'tsx', '--input-type=module', '--eval', script],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    await once(child.stdout, 'data');
    expect(await removeLeftDrafts('test', folder)).toEqual([]);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(existsSync(path)).toBe(false);
    expect(await removeLeftDrafts('test', folder)).toHaveLength(1);
    expect(readdirSync(folder)).toEqual([]);
    recordFault(
      'a process killed while it writes a file',
      'there is no half a file; what it left is cleared away',
    );
  });
});

describe('processMark', () => {
  it('is this process, which has not ended', async () => {
    const mark = await processMark();
    expect(mark).toMatch(/^\w+-\d+-\d+$/);
    expect(await hasEnded(mark)).toBe(false);
    expect(await hasEnded('elsewhere-1-1')).toBe(false);
    expect(await hasEnded('no mark')).toBe(false);
  });
});

describe('makeFolder', () => {
  it('makes what is missing, and says where it cannot', async () => {
    const path = join(root, 'a', 'b', 'c');
    await Promise.all([makeFolder('test', path), makeFolder('test', path)]);
    await makeFolder('test', path);
    expect(statSync(path).isDirectory()).toBe(true);
    writeFileSync(join(path, 'file'), '');
    await expect(makeFolder('test', join(path, 'file', 'x'))).rejects.toThrow(
      `test: '${join(path, 'file', 'x')}' cannot be made because '${join(path, 'file')}' is no folder.`,
    );
    if (process.platform === 'linux')
      await expect(makeFolder('test', '/proc/x/y')).rejects.toThrow(
        "the folder '/proc/x/y' cannot be made (",
      );
  });
});
