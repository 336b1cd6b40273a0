/**
 * Where the units of a symmetry lie in one tensor: unit i is the entries `start + i · size` to `start + (i + 1) · size` of an
 * axis.
 */
export interface Slice {
  /** The tensor's. A list, one tensor per unit, where each unit is a tensor of its own, such as an expert of a mixture. */
  readonly tensor: string | readonly string[];
  /** Which axis the units lie along; −1 is the last. Of a list of tensors, it is that of the units within. */
  readonly axis: number;
  /** Where the first unit begins. Default 0. */
  readonly start?: number;
  /** How many entries a unit has. Default 1. */
  readonly size?: number;
}

/**
 * Units of a model that can change places without changing what the model computes: the hidden units of a layer, the heads of
 * an attention, the channels of a residual stream.
 */
export interface Symmetry {
  /** What the units are called, such as `blocks.0.mlp`. */
  readonly name: string;
  /** How many units there are. */
  readonly units: number;
  /** All that moves with a unit. */
  readonly slices: readonly Slice[];
  /** Units inside of each unit that can change places, too: the query heads that share a key. */
  readonly within?: { readonly units: number; readonly slices: readonly Slice[] };
  /** Where the units lie in what the model's layers give, for `matchActivations`. With `within`, those of the units inside. */
  readonly activations?: readonly Slice[];
}

/** A permutation of a symmetry's units: unit i of the first model belongs to unit `units[i]` of the second. */
export interface Permutation {
  readonly units: readonly number[];
  /** Of the units inside: `within[i]` are those of unit i of the first model, counted inside of unit `units[i]` of the second. */
  readonly within?: readonly (readonly number[])[];
}

/** A permutation for each symmetry, by its name. */
export type Permutations = Readonly<Record<string, Permutation>>;

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** Every unit stays where it is. */
export const identityOf = ({ units, within }: Symmetry): Permutation => ({
  units: range(units),
  ...(within ? { within: range(units).map(() => range(within.units)) } : {}),
});

/** First one permutation, then another of what it led to. */
export const after = (first: Permutation, then: Permutation): Permutation => ({
  units: then.units.map((unit) => first.units[unit]),
  ...(first.within
    ? {
        within: then.units.map((unit, i) => then.within![i].map((inner) => first.within![unit][inner])),
      }
    : {}),
});

/** The places of all units within, in the order of a tensor that holds them unit by unit. */
export const flattened = ({ units, within }: Permutation): number[] =>
  units.flatMap((unit, i) => within![i].map((inner) => unit * within![i].length + inner));
