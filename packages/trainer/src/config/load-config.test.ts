import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadConfigFile } from './load-config.js';

const root = mkdtempSync(join(tmpdir(), 'evenkeel-config-'));
afterAll(() => rmSync(root, { recursive: true }));

const load = (name: string, content: string | Buffer) => {
  writeFileSync(join(root, name), content);
  return loadConfigFile(join(root, name));
};
const config = { data: { kind: 'modularArithmetic' }, steps: 3 };
const json = JSON.stringify(config);

describe('loadConfigFile', () => {
  it.each([
    ['a.json', json],
    ['mark.json', `\ufeff${json}`],
    ['utf16.json', Buffer.from(`\ufeff${json}`, 'utf16le')],
    ['comments.jsonc', `// a run\n${json}`],
    ['a.yaml', 'data:\n  kind: modularArithmetic\nsteps: 3\n'],
    ['mark.yml', '\ufeffdata: { kind: modularArithmetic }\nsteps: 3\n'],
    ['aliases.yaml', 'kind: &kind modularArithmetic\ndata: { kind: *kind }\nsteps: 3\n'],
    ['a.ts', `export default ${json};`],
  ])('reads %s', async (name, content) => {
    expect(await load(name, content)).toMatchObject(config);
  });

  it.each([
    ['bomb.yaml', `${bomb(12)}\n`, 'more than 10000 values'],
    ['circle.yaml', 'a: &a\n  b: *a\n', 'deeper than 32 in each other'],
    ['deep.json', `${'{"a":'.repeat(100)}1${'}'.repeat(100)}`, 'deeper than 32 in each other'],
    ['circle.ts', 'const a: any = {}; a.a = a; export default a;', 'deeper than 32 in each other'],
    ['latin1.json', Buffer.from('{"data":{"file":"caf\xe9.txt"}}', 'latin1'), 'not in UTF-8'],
    ['broken.json', '{\n"data": x\n}', 'is no JSON'],
    ['broken.yaml', 'data: [', 'cannot be read'],
    ['list.json', '[1]', 'holds a list'],
    ['empty.yaml', '', 'holds no object'],
  ])('refuses %s by name', async (name, content, message) => {
    const error = await load(name, content).then(
      () => undefined,
      (error: Error) => error,
    );
    expect(error?.message).toContain(message);
    expect(error?.message).toContain(name);
  });
});

/** Nine entries each, all of them the list before: 9 to the power of `levels` values. */
function bomb(levels: number): string {
  const list = (entry: string) => `[${new Array(9).fill(entry).join(', ')}]`;
  return [
    'a0: &a0 1',
    ...Array.from({ length: levels }, (_, i) => `a${i + 1}: &a${i + 1} ${list(`*a${i}`)}`),
  ].join('\n');
}
