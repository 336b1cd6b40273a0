import type { Override } from '@evenkeel/trainer/config';
import {
  choiceOf,
  closest,
  type Field,
  fieldMeant,
  remarkOn,
  runConfigFields,
  UsageError,
} from '@evenkeel/trainer/config';
import { type Command, Option } from 'commander';
import { onUnknownFlag } from '../arguments.js';

/**
 * Flags of commands that take a run config: every field of it, by its path. Collects what came.
 *
 * @param only The parts of a config that a command takes, and what its help says of each; default all, said elsewhere.
 */
export function addConfigFlags(command: Command, only?: Readonly<Record<string, string>>): () => Override[] {
  const all = runConfigFields();
  const fields = new Map([...all].filter(([path]) => !only || Object.hasOwn(only, path.split('.')[0])));
  const seen = new Map<string, Override>();
  const take = (field: Field, text: string) => {
    const name = choiceOf(field);
    const before = seen.get(name);
    if (before && before.text !== text) {
      throw new UsageError(
        `--${field.path} came twice, as '${before.text}' and '${text}', expected it once. Losses, optimizers and constraints exclude each other.`,
      );
    }
    seen.set(name, { field, text });
  };
  for (const field of fields.values()) {
    const isSwitch = field.types.has('boolean') || field.types.has('any');
    const value = isSwitch ? '[value]' : '<value>';
    const inHelp = only?.[field.path];
    command.addOption(
      new Option(`--${field.path} ${value}`, inHelp ?? field.description)
        .hideHelp(inHelp === undefined)
        .argParser((text: string) => take(field, text))
        .preset('true'),
    );
    if (isSwitch) {
      command.addOption(new Option(`--no-${field.path}`).hideHelp().argParser(() => take(field, 'false')));
    }
  }
  suggestFlags(command, fields, all);
  return () => [...seen.values()];
}

/** Says which flag was probably meant. */
function suggestFlags(
  command: Command,
  fields: ReadonlyMap<string, Field>,
  all: ReadonlyMap<string, Field>,
): void {
  onUnknownFlag(command, (flag) => {
    if (all.has(flag.replace(/^--(no-)?/, ''))) {
      return `${flag} has no effect here, expected one that ${command.name()} --help names, or of its kind. Leave it out.`;
    }
    const name = flag.slice(2);
    const meant = fieldMeant(name, fields.keys());
    const near = meant
      ? `--${meant}`
      : closest(
          flag,
          command.options.flatMap(({ long }) => long ?? []),
        );
    return `${flag} is unknown${near ? `, did you mean ${near}?${remarkOn(name)}` : '.'} evenkeel train --help-config explains all fields of a config.`;
  });
}
