import { isDeepStrictEqual } from 'node:util';

/** What says where a run lies rather than what it is. */
const PLACES = ['checkpoint.directory'];

/** The settings by which runs differ: for each run those it has, by their paths in the config. */
export function differingSettings(configs: readonly unknown[]): ReadonlyMap<string, string>[] {
  const flat = configs.map((config) => flattened(config));
  const paths = [...new Set(flat.flatMap((settings) => [...settings.keys()]))].filter(
    (path) => !PLACES.includes(path),
  );
  const differing = paths
    .filter((path) => flat.some((settings) => !isDeepStrictEqual(settings.get(path), flat[0].get(path))))
    .sort((a, b) => rank(a) - rank(b));
  return flat.map(
    (settings) =>
      new Map(
        differing
          .filter((path) => settings.has(path))
          .map((path) => [path.replace(/\.(name|kind)$/, ''), textOf(settings.get(path))] as const),
      ),
  );
}

/** Which one comes before how it is set, and the seed last. */
const rank = (path: string): number => (/\.(name|kind)$/.test(path) ? 0 : path === 'seed' ? 2 : 1);

/** Values by path; lists are values. */
function flattened(value: unknown, path = ''): ReadonlyMap<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return path === '' || value === undefined ? new Map() : new Map([[path, value]]);
  return new Map(
    Object.entries(value).flatMap(([name, entry]) => [
      ...flattened(entry, path === '' ? name : `${path}.${name}`),
    ]),
  );
}

const LONGEST = 60;

function textOf(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
  const letters = [...text];
  return letters.length > LONGEST ? `${letters.slice(0, LONGEST).join('')}…` : text;
}
