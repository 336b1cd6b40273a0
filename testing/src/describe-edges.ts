import { expect, it } from 'vitest';
import { describeOnBackendsAndKernels } from './describe-on-backends.js';

/** What a package's function does without entries and at the ends of float32's range; or why there is nothing to test. */
export type Edge = string | (() => void);

/**
 * Walks over all that a package exports, on each backend, and on wasm with and without kernels. Fails for an export that is
 * not in the list, so that none is forgotten, and for any tensor that is left behind.
 *
 * @param exports The package's module: `import * as exports from './index.js'`.
 * @param edges A test for each exported function, by name, or a sentence that says why it has none.
 */
export function describeEdges(exports: object, edges: Readonly<Record<string, Edge>>): void {
  const functions = Object.entries(exports).filter(([, value]) => typeof value === 'function');
  it('names every exported function in the test of its edges', () => {
    expect(Object.keys(edges).sort()).toEqual(functions.map(([name]) => name).sort());
  });

  describeOnBackendsAndKernels('at the edges', () => {
    for (const [name, edge] of Object.entries(edges)) if (typeof edge === 'function') it(name, edge);
  });
}
