import { type Field, runConfigFields } from '@evenkeel/trainer/config';
import pc from 'picocolors';

/** All fields of a config with what they take and their defaults. */
export function configHelp(): string {
  const fields = [...runConfigFields().values()];
  const groups = new Map<string, Field[]>();
  for (const field of fields) {
    const [group] = field.path.split('.');
    groups.set(group, [...(groups.get(group) ?? []), field]);
  }
  const width = Math.max(...fields.map(({ path }) => path.length)) + 4;
  const lines = [...groups].map(([group, members]) =>
    [
      pc.bold(group),
      ...members.map((field) => `  --${field.path.padEnd(width)} ${about(field)}`.trimEnd()),
    ].join('\n'),
  );
  return `Fields of a run config. In a file they are nested, as flags they have dots:\n  { "optimizer": { "name": "muon" } }   --optimizer muon\n\n${lines.join('\n\n')}`;
}

function about({ values, types, description, defaults, isNeeded }: Field): string {
  const takes =
    values.size > 0 ? [...values].join(' | ') : [...types].filter((type) => type !== 'any').join(' | ');
  const usual = [...defaults].map(
    ([variety, value]) => `${variety ? `${variety}: ` : ''}${JSON.stringify(value)}`,
  );
  const common = new Set([...defaults.values()].map((value) => JSON.stringify(value)));
  const shown = common.size === 1 ? [...common] : usual;
  return [takes, description, ending(shown, isNeeded)].filter(Boolean).join('  ');
}

function ending(defaults: readonly string[], isNeeded: boolean): string {
  if (defaults.length > 0) return pc.dim(`(default ${defaults.join(', ')})`);
  return isNeeded ? pc.dim('(must be given)') : '';
}
