/**
 * Long flags as a command names them, however their words are joined: `--maxTokens` for `--max-tokens`,
 * `--optimizer.learning-rate` for `--optimizer.learningRate`. What is no flag of the command stays as it is.
 *
 * @param args Arguments of the command line.
 * @param flags The command's long flags.
 */
export function spelled(args: readonly string[], flags: Iterable<string>): string[] {
  const byWords = new Map([...flags].map((flag) => [hyphenated(flag), flag]));
  const end = args.includes('--') ? args.indexOf('--') : args.length;
  return args.map((arg, i) => {
    if (i >= end || !arg.startsWith('--')) return arg;
    const [flag] = arg.split('=', 1);
    return (byWords.get(hyphenated(flag)) ?? flag) + arg.slice(flag.length);
  });
}

const hyphenated = (flag: string): string => flag.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
