import { Raw } from './hostile.js';

interface Change {
  readonly how: number;
  readonly at: number;
  readonly other: number;
  readonly value: unknown;
}

type Tree = Record<string, unknown>;
/** Where a value stands: what holds it, and under which name. */
type Place = readonly [holder: Tree, key: string];

/** JSON with one value replaced, removed, moved or renamed; undefined for a text that is no JSON, or has been made too deep. */
export function editJson(text: string, change: Change): string | undefined {
  let root: Tree;
  try {
    root = { '': JSON.parse(text) };
  } catch {
    return undefined;
  }
  const places = placesIn(root);
  if (typeof root[''] !== 'object' || !places) return undefined;
  const [holder, key] = places[change.at % places.length];
  const [otherHolder, otherKey] = places[change.other % places.length];
  switch (change.how % 6) {
    case 0:
      remove(holder, key);
      break;
    case 1:
      set(holder, key, structuredClone(otherHolder[otherKey]));
      break;
    case 2: // another name for it
      if (Array.isArray(holder)) break;
      set(holder, typeof change.value === 'string' ? change.value : otherKey, holder[key]);
      remove(holder, key);
      break;
    default:
      set(holder, key, change.value);
  }
  return written(root['']);
}

const DEEPEST = 100;

function placesIn(root: Tree): Place[] | undefined {
  const places: Place[] = [];
  const look = (holder: Tree, depth: number): boolean =>
    depth < DEEPEST &&
    Object.entries(holder).every(([key, value]) => {
      places.push([holder, key]);
      return typeof value !== 'object' || value === null || look(value as Tree, depth + 1);
    });
  return look(root, 0) ? places : undefined;
}

/** Without calling the setter of `__proto__`. */
function set(holder: Tree, key: string, value: unknown): void {
  if (Array.isArray(holder) && !/^\d+$/.test(key)) return;
  Object.defineProperty(holder, key, { value, enumerable: true, writable: true, configurable: true });
}

function remove(holder: Tree, key: string): void {
  if (Array.isArray(holder)) holder.splice(Number(key), 1);
  else delete holder[key];
}

function written(value: unknown): string {
  const raws: string[] = [];
  const text = JSON.stringify(value, (_key, part) =>
    part instanceof Raw ? `\u0001raw ${raws.push(part.text) - 1}\u0001` : part,
  );
  return (text ?? '').replace(/"\\u0001raw (\d+)\\u0001"/g, (_, i) => raws[Number(i)]);
}
