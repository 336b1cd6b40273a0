import { type Command, InvalidArgumentError } from 'commander';

/** For commander: a whole number from `atLeast` on. */
export const wholeFrom =
  (atLeast: number) =>
  (text: string): number => {
    if (/^(0|[1-9]\d*)$/.test(text) && Number(text) >= atLeast) return Number(text);
    throw new InvalidArgumentError(`expected a whole number ≥ ${atLeast}`);
  };

/** For commander: any number. */
export const numberFlag = (text: string): number => {
  if (text.trim() !== '' && Number.isFinite(Number(text))) return Number(text);
  throw new InvalidArgumentError('expected a number');
};

/** Says of a flag that a command does not know what is to be done; commander thinks only of the flags in its help. */
export function onUnknownFlag(command: Command, message: (flag: string) => string): void {
  (command as unknown as { unknownOption(flag: string): never }).unknownOption = (flag) =>
    command.error(message(flag.replace(/=.*$/, '')));
}
