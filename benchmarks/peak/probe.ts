/** Instructions of WebAssembly by their bytes, those of a probe. */
const [LOCAL_GET, LOCAL_SET, LOOP, BR_IF, VOID, END, V128] = [0x20, 0x21, 0x03, 0x0d, 0x40, 0x0b, 0x7b];
const SIMD = 0xfd;
const [SPLAT, ADD, MUL] = [
  [SIMD, 0x13],
  [SIMD, 0xe4, 0x01],
  [SIMD, 0xe6, 0x01],
];
const RELAXED_MADD = [SIMD, 0x85, 0x02];
const [LOAD, STORE] = [
  [SIMD, 0x00, 4, 0],
  [SIMD, 0x0b, 4, 0],
];
const [I32, F32] = [0x7f, 0x7d];

/** Running sums: with the two factors they fit into 16 registers, and hide how long an addition takes. */
const SUMS = 12;
/** Multiply-adds of four lanes per turn of the loop, so that the loop itself does not count. */
const PER_TURN = 4 * SUMS;

/** Floating-point operations of a {@link Probe.multiplyAdd} of so many turns. */
export const flopOf = (turns: number): number => turns * PER_TURN * 4 * 2;

export interface Probe {
  /** Independent multiply-adds in registers, as fast as the engine and the machine can. */
  multiplyAdd(turns: number, x: number): void;
  /** c = a x + b over `bytes` bytes at the three offsets. */
  triad(a: number, b: number, c: number, bytes: number, x: number): void;
}

/** A module written out by hand, since no compiler may be in between. */
export function createProbe(memory: WebAssembly.Memory, relaxedSimd: boolean): Probe {
  const multiplyAdd = (sum: number) =>
    relaxedSimd
      ? [LOCAL_GET, 2, LOCAL_GET, 2, LOCAL_GET, sum, ...RELAXED_MADD, LOCAL_SET, sum]
      : [LOCAL_GET, 2, LOCAL_GET, 2, ...MUL, LOCAL_GET, sum, ...ADD, LOCAL_SET, sum];
  const turn = Array.from({ length: PER_TURN }, (_, i) => multiplyAdd(3 + (i % SUMS))).flat();
  const subtract = (local: number, by: number) => [LOCAL_GET, local, 0x41, by, 0x6b, LOCAL_SET, local];
  const advance = (local: number) => [LOCAL_GET, local, 0x41, 16, 0x6a, LOCAL_SET, local];
  const repeat = (local: number, body: number[]) => [LOOP, VOID, ...body, LOCAL_GET, local, BR_IF, 0, END];
  const functions = [
    {
      parameters: [I32, F32],
      vectors: 1 + SUMS,
      // The sums are stored at offset 0, since engines drop what nobody reads.
      body: [
        ...[LOCAL_GET, 1, ...SPLAT, LOCAL_SET, 2],
        ...repeat(0, [...turn, ...subtract(0, 1)]),
        ...Array.from({ length: SUMS }, (_, i) => [0x41, 0, LOCAL_GET, 3 + i, ...STORE]).flat(),
      ],
    },
    {
      parameters: [I32, I32, I32, I32, F32],
      vectors: 1,
      body: [
        ...[LOCAL_GET, 4, ...SPLAT, LOCAL_SET, 5],
        ...repeat(3, [
          ...[LOCAL_GET, 2, LOCAL_GET, 0, ...LOAD, LOCAL_GET, 5, ...MUL],
          ...[LOCAL_GET, 1, ...LOAD, ...ADD, ...STORE],
          ...[0, 1, 2].flatMap(advance),
          ...subtract(3, 16),
        ]),
      ],
    },
  ];
  const module = new WebAssembly.Module(encode(functions));
  return new WebAssembly.Instance(module, { m: { m: memory } }).exports as unknown as Probe;
}

interface ProbeFunction {
  parameters: number[];
  /** Local vectors, numbered after the parameters. */
  vectors: number;
  body: number[];
}

/** The binary module of functions that return nothing, exported as `multiplyAdd` and `triad`, on imported memory. */
function encode(functions: ProbeFunction[]): Uint8Array<ArrayBuffer> {
  const list = (items: number[][]) => [...leb(items.length), ...items.flat()];
  const sized = (bytes: number[]) => [...leb(bytes.length), ...bytes];
  const name = (text: string) => sized([...new TextEncoder().encode(text)]);
  const section = (id: number, items: number[][]) => [id, ...sized(list(items))];
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(
      1,
      functions.map(({ parameters }) => [0x60, ...sized(parameters), 0]),
    ),
    ...section(2, [[...name('m'), ...name('m'), 2, 0, 1]]),
    ...section(
      3,
      functions.map((_, i) => [i]),
    ),
    ...section(
      7,
      ['multiplyAdd', 'triad'].map((text, i) => [...name(text), 0, i]),
    ),
    ...section(
      10,
      functions.map(({ vectors, body }) => sized([1, vectors, V128, ...body, END])),
    ),
  ]);
}

/** A whole number as WebAssembly writes it: seven bits a byte, the low ones first. */
function leb(n: number): number[] {
  return n < 128 ? [n] : [(n & 127) | 128, ...leb(n >>> 7)];
}
