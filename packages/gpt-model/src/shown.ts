/** A value of any kind as it reads in a message: JSON, cut short. Values from outside may be anything. */
export function shown(value: unknown): string {
  if (value === undefined || typeof value === 'number') return String(value);
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch {
    // A circle, or a bigint: its type has to do.
  }
  text ??= typeof value;
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
