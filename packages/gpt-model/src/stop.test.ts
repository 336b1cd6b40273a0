import { describe, expect, it } from 'vitest';
import { type Stop, StopWatch } from './stop.js';

/** Each token is its character. */
const decode = (tokens: number[]) => String.fromCharCode(...tokens);

/** What is shown after each character, and at which one it ends. */
function watch(text: string, stop: Stop): { shown: string[]; end: number } {
  const watch = new StopWatch(stop, decode);
  const shown: string[] = [];
  for (let i = 0; i < text.length; i++) {
    const { show, done } = watch.push(text.charCodeAt(i));
    shown.push(decode(show));
    if (done) return { shown, end: i };
  }
  shown.push(decode(watch.flush()));
  return { shown, end: text.length };
}

describe('StopWatch', () => {
  it('shows tokens at once without stop strings, and not the stop token', () => {
    expect(watch('abc', [98])).toEqual({ shown: ['a', ''], end: 1 });
  });

  it('holds back what may begin a stop string', () => {
    expect(watch('a\n\nb', '\n\n')).toEqual({ shown: ['a', '', ''], end: 2 });
    expect(watch('a\nb', '\n\n').shown).toEqual(['a', '', '\nb', '']);
  });

  it('shows held tokens when a stop token ends it', () => {
    expect(watch('ab!', ['bc', 33])).toEqual({ shown: ['a', '', 'b'], end: 2 });
  });

  it('stops at the first of several strings, also overlapping ones', () => {
    expect(watch('aababc', ['abc', 'zz']).shown.join('')).toBe('aab');
    expect(watch('xaab', ['aab', 'ab']).shown.join('')).toBe('x');
  });

  it('shows the rest at the end', () => {
    expect(watch('ab', 'bc').shown).toEqual(['a', '', 'b']);
  });

  it('refuses strings without decode, and empty ones', () => {
    expect(() => new StopWatch('x')).toThrow("stop contains 'x' and decode did not come");
    expect(() => new StopWatch('', decode)).toThrow("stop contains '', expected text");
  });
});
