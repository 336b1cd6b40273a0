import { DEFAULTS, RANGES, type Settings } from '../shared/settings.js';
import { CHOICES } from './choices.js';

/** Both runs, by the letters that a link has for them. */
export interface BothSettings {
  readonly a: Settings;
  readonly b: Settings;
}

/** What a link asks for, as far as it can be, and a sentence on each thing that cannot. */
export interface ReadLink {
  readonly settings: BothSettings;
  readonly complaints: readonly string[];
}

/**
 * A link that opens the lab with the settings of both runs: `?a.task=ecclesiastes&…&b.seed=0`. It has all of them, so that it
 * means the same when other ones are usual.
 */
export function linkTo(page: string, both: BothSettings): string {
  const url = new URL(page);
  url.hash = '';
  url.search = '';
  for (const run of ['a', 'b'] as const) {
    for (const name of NAMES) url.searchParams.set(`${run}.${name}`, String(both[run][name]));
  }
  return url.href;
}

/**
 * Reads a link, which may come from anyone: what is no setting, or no value of one, is left as it was and said.
 *
 * @param query The part of the address from the question mark on. What is not of a run is none of ours.
 * @param before What holds where the link says nothing.
 */
export function readLink(query: string, before: BothSettings): ReadLink {
  const settings = { a: { ...before.a }, b: { ...before.b } };
  const complaints: string[] = [];
  const seen = new Set<string>();
  for (const [key, value] of new URLSearchParams(query)) {
    const [, run, name] = /^([ab])\.(.*)$/s.exec(key) ?? [];
    if (run === undefined) continue;
    const complaint = seen.has(key)
      ? `“${short(key)}” is there twice; the first one counts.`
      : complaintOn(key, value, before[run as 'a' | 'b']);
    seen.add(key);
    if (complaint) complaints.push(complaint);
    else Object.assign(settings[run as 'a' | 'b'], { [name]: isNumber(name) ? Number(value) : value });
  }
  return { settings, complaints };
}

const NAMES = Object.keys(DEFAULTS) as readonly (keyof Settings)[];
const isNumber = (name: string): name is keyof typeof RANGES => Object.hasOwn(RANGES, name);

/** Why a value is not taken; nothing if it is. */
function complaintOn(key: string, value: string, before: Settings): string | undefined {
  const name = key.slice('a.'.length);
  if (!Object.hasOwn(DEFAULTS, name)) return `“${short(key)}” is no setting; there are ${NAMES.join(', ')}.`;
  const kept = before[name as keyof Settings];
  if (isNumber(name)) {
    const { min, max, step } = RANGES[name];
    const isGood =
      /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value) && Number(value) >= min && Number(value) <= max;
    if (isGood && (step === 'any' || Number.isInteger(Number(value)))) return undefined;
    const kind = step === 'any' ? 'a number' : 'a whole number';
    return `“${key}” is “${short(value)}”; it must be ${kind} from ${min} to ${max}. It stays ${kept}.`;
  }
  const choices: Readonly<Record<string, string>> = CHOICES[name as keyof typeof CHOICES];
  if (Object.hasOwn(choices, value)) return undefined;
  return `“${key}” is “${short(value)}”; it can be ${Object.keys(choices).join(', ')}. It stays ${kept}.`;
}

/** What anyone may have written, in a sentence of ours. */
const short = (words: string): string => (words.length > 40 ? `${words.slice(0, 40)}…` : words);
