import koffi from 'koffi';
import { describe } from 'vitest';
import { blasFiles } from '../src/files.js';
import { loadBlas } from '../src/library.js';

/** The machine's BLAS, if it has one. */
export const blas = blasFiles(process.platform, process.env)
  .map((file) => loadBlas(koffi, file, true))
  .find((library) => library !== null);

if (!blas && process.env.EVENKEEL_REQUIRE_BLAS) {
  throw new Error(
    'EVENKEEL_REQUIRE_BLAS is set, and no BLAS was found, expected one. Try apt install libopenblas0-pthread.',
  );
}

/** A suite that needs a BLAS: skipped without one, except in CI, which sets EVENKEEL_REQUIRE_BLAS. */
export const describeWithBlas = describe.skipIf(!blas);
