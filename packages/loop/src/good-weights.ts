import { clone, dispose, keep, type Tensor, type Variable } from '@tensorflow/tfjs-core';

/** The weights that gave the last good loss that was read. A copy shares its memory until the variable changes. */
export class GoodWeights {
  private copies: Tensor[] = [];

  constructor(private readonly variables: () => readonly Variable[]) {}

  keep(): void {
    const copies = this.variables().map((variable) => keep(clone(variable as Tensor)));
    this.dispose();
    this.copies = copies;
  }

  putBack(): void {
    const { copies } = this;
    if (copies.length > 0) for (const [i, variable] of this.variables().entries()) variable.assign(copies[i]);
  }

  dispose(): void {
    dispose(this.copies);
    this.copies = [];
  }
}
