import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

// ARCHITECTURE.md's picture is what package.json files say; arrows point one way, between packages and between files.

const root = fileURLToPath(new URL('../../', import.meta.url));
const packages = readdirSync(join(root, 'packages')).filter((name) =>
  existsSync(join(root, 'packages', name, 'package.json')),
);

/** The folder of a package of ours. */
const folderOf = (title: string): string => (title === 'evenkeel' ? 'cli' : title.replace('@evenkeel/', ''));

/** The packages of ours that one stands on. */
function dependenciesOf(name: string): string[] {
  const json = JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8'));
  const titles = Object.keys({
    ...json.dependencies,
    ...json.peerDependencies,
    ...json.optionalDependencies,
  });
  return titles
    .filter((title) => title === 'evenkeel' || title.startsWith('@evenkeel/'))
    .map(folderOf)
    .sort();
}

/** The picture's lines: packages from the top to the ground, each with what it stands on. */
function picture(): [string, string[]][] {
  const text = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8');
  const [, block = ''] = /## The picture[\s\S]*?```\n([\s\S]*?)```/.exec(text) ?? [];
  return block
    .trim()
    .split('\n')
    .map((line) => {
      const [name, below = ''] = line.split('→').map((part) => part.trim());
      return [name, below.split(/\s+/).filter(Boolean)];
    });
}

/** A way that comes back to where it began, if there is one. */
function circleIn(graph: ReadonlyMap<string, readonly string[]>): readonly string[] | undefined {
  const done = new Set<string>();
  const visit = (node: string, way: readonly string[]): readonly string[] | undefined => {
    if (way.includes(node)) return [...way.slice(way.indexOf(node)), node];
    if (done.has(node)) return undefined;
    for (const next of graph.get(node) ?? []) {
      const circle = visit(next, [...way, node]);
      if (circle) return circle;
    }
    done.add(node);
    return undefined;
  };
  for (const node of graph.keys()) {
    const circle = visit(node, []);
    if (circle) return circle;
  }
  return undefined;
}

function sourcesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sourcesIn(path);
    return /(?<!\.test)\.ts$/.test(entry.name) ? [path] : [];
  });
}

/** What a file imports by a path: types as well as values, at its beginning or later. */
function importsOf(file: string): string[] {
  const { importedFiles } = ts.preProcessFile(readFileSync(file, 'utf8'), true, true);
  return importedFiles
    .filter(({ fileName }) => fileName.startsWith('.'))
    .map(({ fileName }) => join(dirname(file), fileName.replace(/\.js$/, '.ts')));
}

describe('the picture in ARCHITECTURE.md', () => {
  it('has every package, and what each one stands on', () => {
    const wanted = Object.fromEntries(packages.map((name) => [name, dependenciesOf(name)]));
    expect(Object.fromEntries(picture())).toEqual(wanted);
  });

  it('has no arrow that points up', () => {
    const order = picture().map(([name]) => name);
    const up = picture().flatMap(([name, below]) =>
      below
        .filter((other) => order.indexOf(other) <= order.indexOf(name))
        .map((other) => `${name} → ${other}`),
    );
    expect(up).toEqual([]);
  });
});

describe('imports', () => {
  it('do not go in a circle between packages', () => {
    expect(circleIn(new Map(packages.map((name) => [name, dependenciesOf(name)])))).toBeUndefined();
  });

  it.each(packages)('do not go in a circle between the files of %s, nor out of it', (name) => {
    const folder = join(root, 'packages', name);
    const sources = existsSync(join(folder, 'src')) ? sourcesIn(join(folder, 'src')) : [];
    const graph = new Map(sources.map((file) => [file, importsOf(file)]));
    const outside = [...graph.values()].flat().filter((file) => relative(folder, file).startsWith('..'));
    expect(outside).toEqual([]);
    expect(circleIn(graph)?.map((file) => relative(folder, file))).toBeUndefined();
  });

  it('would be found in a circle', () => {
    const graph = new Map([
      ['a', ['b']],
      ['b', ['c', 'd']],
      ['c', []],
      ['d', ['b']],
    ]);
    expect(circleIn(graph)).toEqual(['b', 'd', 'b']);
  });
});
