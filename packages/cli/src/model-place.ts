import { UsageError } from '@evenkeel/trainer/config';
import { EXPORTED_FILES } from '@evenkeel/trainer/node';
import { entriesOf } from './claim.js';

/** Makes sure that a model is written over nothing but a model, if that is wanted. */
export async function checkModelPlace(out: string, overwrite: boolean | undefined): Promise<void> {
  const entries = await entriesOf(out);
  if (!entries.every((entry) => EXPORTED_FILES.includes(entry))) {
    throw new UsageError(
      `'${out}' holds something else than a model of evenkeel export or merge. Name another folder with --out.`,
    );
  }
  if (entries.length === 0 || overwrite) return;
  throw new UsageError(
    `'${out}' holds a model already. Name another folder with --out, or replace it with --overwrite.`,
  );
}
