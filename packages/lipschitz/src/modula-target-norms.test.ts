import { goldenCases } from '@evenkeel/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import targetNorms from '../fixtures/f8_gpt_target_norms.json' with { type: 'json' };
import { type ModulaTargetNorms, modulaTargetNorms } from './index.js';

/** A module of Modula: its share of the work, how much it amplifies, and what target norms it hands to its weights. */
interface Module {
  mass: number;
  sensitivity: number;
  dualize(target: number): Record<string, number>;
}

const bond = (sensitivity = 1): Module => ({ mass: 0, sensitivity, dualize: () => ({}) });
const atom = (name: string, mass = 1): Module => ({
  mass,
  sensitivity: 1,
  dualize: (target) => ({ [name]: target }),
});
const after = (m1: Module, m0: Module): Module => {
  const mass = m0.mass + m1.mass;
  return {
    mass,
    sensitivity: m0.sensitivity * m1.sensitivity,
    dualize: (target) =>
      mass === 0
        ? {}
        : {
            ...m0.dualize((target * m0.mass) / mass / m1.sensitivity),
            ...m1.dualize((target * m1.mass) / mass),
          },
  };
};
/** Left to right as written in the paper: the last one comes first. */
const compose = (...modules: Module[]) => modules.reduce(after);
const tuple = (...modules: Module[]): Module => {
  const mass = modules.reduce((sum, m) => sum + m.mass, 0);
  return {
    mass,
    sensitivity: modules.reduce((sum, m) => sum + m.sensitivity, 0),
    dualize: (target) => Object.assign({}, ...modules.map((m) => m.dualize((target * m.mass) / (mass || 1)))),
  };
};

interface Scales {
  blocksMass: number;
  softmaxScale: number;
  valueScale: number;
  residualScale: number;
  finalScale: number;
  layers: number;
}

/** Modula's GPT by the rules of the reference: masses, sensitivities and dualize, module by module. */
function reference(scales: Scales): Record<string, number> {
  const { blocksMass, softmaxScale, valueScale, residualScale, finalScale, layers } = scales;
  const alpha = residualScale / (2 * layers);
  const mass = blocksMass / (6 * layers);
  const residual = (inner: Module) => compose(bond(), tuple(bond(1 - alpha), compose(bond(alpha), inner)));
  let blocks = bond();
  for (let i = layers - 1; i >= 0; i--) {
    const of = (name: string) => atom(`${name}${i}`, mass);
    const scores = compose(bond(softmaxScale), bond(), tuple(of('query'), of('key')));
    const attention = compose(of('output'), bond(valueScale), tuple(of('value'), scores));
    const mlp = compose(of('mlpOut'), bond(), of('mlpIn'));
    blocks = compose(blocks, compose(residual(mlp), residual(attention)));
  }
  return compose(bond(finalScale), atom('head'), blocks, atom('embedding')).dualize(1);
}

describe('modulaTargetNorms', () => {
  const cases = goldenCases<
    unknown,
    {
      blocks_mass: number;
      num_blocks: number;
      softmax_scale?: number;
      final_scale?: number;
      residual_scale?: number;
    },
    { weight_order: string[]; target_norms: number[] }
  >(targetNorms);
  const OURS: Record<string, keyof ModulaTargetNorms> = {
    embed: 'embedding',
    out: 'head',
    q: 'query',
    k: 'key',
    v: 'value',
    w: 'output',
    mlp_in: 'mlpIn',
    mlp_out: 'mlpOut',
  };
  it.each(cases)('matches the reference: $name', ({ hyper, expected }) => {
    expected.weight_order.forEach((name, i) => {
      const index = /\d+$/.exec(name)?.[0];
      const norms = modulaTargetNorms({
        blocksMass: hyper.blocks_mass,
        softmaxScale: hyper.softmax_scale,
        finalScale: hyper.final_scale,
        residualScale: hyper.residual_scale,
        layers: hyper.num_blocks,
        layer: index === undefined ? undefined : Number(index),
      });
      expect(norms[OURS[name.replace(/\d+$/, '')]]).toBeCloseTo(expected.target_norms[i], 12);
    });
  });

  it("follows Modula's rules for any scales, every block by itself", () => {
    const scale = fc.double({ min: 0.1, max: 8, noNaN: true });
    const scales = fc.record({
      blocksMass: scale,
      softmaxScale: scale,
      valueScale: scale,
      residualScale: fc.double({ min: 0.1, max: 1, noNaN: true }),
      finalScale: scale,
      layers: fc.integer({ min: 1, max: 5 }),
    });
    fc.assert(
      fc.property(scales, (scales) => {
        const expected = reference(scales);
        for (let layer = 0; layer < scales.layers; layer++) {
          for (const [name, norm] of Object.entries(modulaTargetNorms({ ...scales, layer }))) {
            const want = expected[name] ?? expected[`${name}${layer}`];
            expect(norm / want, name).toBeCloseTo(1, 9);
          }
        }
      }),
    );
  });

  it('counts the scales of the model: softmax 2, final 4, residual 0.5', () => {
    const published = modulaTargetNorms({ blocksMass: 7 });
    const scales = { blocksMass: 7, softmaxScale: 2, finalScale: 4, residualScale: 0.5, layers: 1 };
    expect(published.query).toBeCloseTo(7 / 9, 12);
    expect(modulaTargetNorms(scales).query).toBeCloseTo(7 / 36, 12);
    expect(modulaTargetNorms({ ...scales, layers: 3 }).query).toBeCloseTo(7 / 36, 12);
    expect(modulaTargetNorms({ ...scales, layers: 3, layer: 0 }).query).toBeLessThan(0.18);
  });

  it('says what it needs', () => {
    expect(() => modulaTargetNorms({ softmaxScale: 2 })).toThrow(
      'modulaTargetNorms: layers is undefined, expected a whole number ≥ 1',
    );
    expect(() => modulaTargetNorms({ finalScale: 0 })).toThrow('modulaTargetNorms: finalScale is 0');
    expect(() => modulaTargetNorms({ layers: 2, layer: 2 })).toThrow('modulaTargetNorms: layer is 2');
    expect(modulaTargetNorms({ finalScale: 2 }).head).toBe(1 / 14);
  });
});
