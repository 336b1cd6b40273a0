import { describe, expect, it } from 'vitest';
import { currentNames } from './current-names.js';

const names = (saved: string[], step: string[], alive: string[]) =>
  Object.fromEntries(currentNames('test', new Set(saved), step, alive));

describe('currentNames', () => {
  it.each<[string, string[], string[], string[], Record<string, string>]>([
    ['stand in the process that saved them', ['a', 'b'], ['a'], ['a', 'b'], { a: 'a', b: 'b' }],
    ['stand while only a parameter without state has a gradient', ['a'], ['b'], ['a', 'b'], { a: 'a' }],
    [
      'stand for heads in turns, also where they are called alike',
      ['head_1/kernel'],
      ['head_2/kernel'],
      ['head_1/kernel', 'head_2/kernel'],
      { 'head_1/kernel': 'head_1/kernel' },
    ],
    [
      'follow a build',
      ['h/kernel'],
      ['h/kernel_2', 'o/kernel_2'],
      ['h/kernel_2', 'o/kernel_2'],
      { 'h/kernel': 'h/kernel_2' },
    ],
    [
      'follow a build while the first is alive and one weight has no gradient yet',
      ['h/kernel', 'o/kernel'],
      ['o/kernel_1'],
      ['h/kernel', 'o/kernel', 'h/kernel_1', 'o/kernel_1'],
      { 'h/kernel': 'h/kernel_1', 'o/kernel': 'o/kernel_1' },
    ],
    [
      'follow weights of one name in their order, also where builds overlap',
      ['a/w', 'a/w_1'],
      ['a/w_1'],
      ['a/w_2', 'a/w_1'],
      { 'a/w': 'a/w_1', 'a/w_1': 'a/w_2' },
    ],
    [
      'follow a model of this project beside another that is frozen',
      ['gpt/a.weight', 'gpt/b.weight'],
      ['gpt_1/a.weight'],
      ['teacher/a.weight', 'teacher/b.weight', 'gpt_1/a.weight', 'gpt_1/b.weight'],
      { 'gpt/a.weight': 'gpt_1/a.weight', 'gpt/b.weight': 'gpt_1/b.weight' },
    ],
    [
      'follow two models that are trained together',
      ['gpt/a.weight', 'mlp/a.weight'],
      ['mlp_1/a.weight', 'gpt_1/a.weight'],
      ['mlp_1/a.weight', 'gpt_1/a.weight'],
      { 'gpt/a.weight': 'gpt_1/a.weight', 'mlp/a.weight': 'mlp_1/a.weight' },
    ],
    ['leave out what is not there', ['a', 'gone'], ['a'], ['a'], { a: 'a' }],
  ])('%s', (_, saved, step, alive, expected) => {
    expect(names(saved, step, alive)).toEqual(expected);
  });

  it('throws where several variables could be meant', () => {
    const alive = ['dense_Dense2/k', 'dense_Dense3/k'];
    expect(() => names(['dense_Dense1/k'], alive, alive)).toThrow(
      "test: the restored state of 'dense_Dense1/k' could belong to any of 'dense_Dense2/k', 'dense_Dense3/k', expected as many",
    );
  });
});
