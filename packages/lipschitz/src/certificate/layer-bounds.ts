/** Bounds of one layer; a residual step counts with its shortcut. */
export interface LayerBounds {
  /** `layers.0`, `blocks.2.attention`, `blocks.2.mlp`, `head`. */
  name: string;
  log10Lipschitz: number;
  log10OutputRms: number;
  /** Bounds on the norms of the layer's matrices, RMS to RMS: √(in/out) · σ₁. */
  norms: Record<string, number>;
  /** Bounds on σ₁ of each head's rows of query, key and value. */
  headNorms?: Record<'query' | 'key' | 'value', number[]>;
}
