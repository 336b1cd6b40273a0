import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { findWebgpu } from '@evenkeel/testing/webgpu';
import * as tf from '@tensorflow/tfjs';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { findAdapter, startBackend } from '../index.js';

const adapter = await findWebgpu();

describe.skipIf(!adapter)('webgpu', () => {
  beforeEach(() => startBackend('webgpu'));
  afterEach(() => tf.removeBackend('webgpu'));
  afterAll(() => tf.setBackend('cpu'));

  const device = () => (tf.backend() as unknown as { device: { destroy(): void } }).device;

  it('says what computes, what it can hold, and whether it is a program', async () => {
    const { adapter, warning } = await startBackend('webgpu');
    expect(adapter).toEqual((await findAdapter()).adapter);
    expect(adapter!.name).not.toBe('');
    expect(adapter!.largestTensor).toBeGreaterThanOrEqual(2 ** 27);
    expect(adapter!.workgroupSize).toBeGreaterThanOrEqual(128);
    if (adapter!.isSoftware) expect(warning).toMatch(/a program and no GPU.*slower than wasm.*driver/s);
    else expect(warning).toBeUndefined();
  });

  it('goes on with its tensors where it is started again', async () => {
    const nine = tf.square(tf.scalar(3));
    await startBackend('cpu');
    await startBackend('webgpu');
    expect((await nine.data())[0]).toBe(9);
    nine.dispose();
  });

  it('computes, and is read asynchronously', async () => {
    const before = tf.memory().numTensors;
    tf.engine().startScope();
    const product = tf.matMul(tf.eye(3), tf.ones([3, 2]));
    expect(() => product.dataSync()).toThrow(/^dataSync: .*expected.*await tensor.data\(\)/);
    expect([...(await product.data())]).toEqual([1, 1, 1, 1, 1, 1]);
    expect([...product.dataSync()]).toEqual([1, 1, 1, 1, 1, 1]); // which tfjs keeps once it has read
    expect(tf.tensor1d(['a', 'b'], 'string').dataSync()).toEqual(['a', 'b']);
    tf.engine().endScope();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('reads nothing any more once the GPU has refused a tensor', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    const small = tf.square(tf.scalar(3));
    const tooLarge = adapter!.largestTensor / 4 + 1024;
    const sum = tf.sum(tf.fill([tooLarge], 1));
    await expect(sum.data()).rejects.toThrow(
      /^webgpu: the GPU has no room.*expected.*smaller batch.*last checkpoint/,
    );
    await expect(small.data()).rejects.toThrow('webgpu: the GPU has no room');
  });

  it('says of an operation that it refuses what it was', async () => {
    const many = Array.from({ length: 40 }, (_, i) => tf.square(tf.scalar(i)));
    await expect(tf.addN(many).data()).rejects.toThrow(
      /^webgpu: the GPU refused an operation \(The number of storage buffers/,
    );
  });

  it('says that the GPU was lost, also to who waits for it', async () => {
    const waiting = tf.square(tf.ones([1000])).data();
    device().destroy();
    await expect(waiting).rejects.toThrow(/^webgpu: the GPU was lost.*expected.*last checkpoint/);
    await expect(tf.scalar(1).square().data()).rejects.toThrow('webgpu: the GPU was lost');
  });

  it.each(['ends', 'throws', 'exits in the middle'])('lets a program end that %s', async (how) => {
    const program = fileURLToPath(new URL('../../test/program.ts', import.meta.url));
    const args = ['--conditions=@evenkeel/source', '--import', 'tsx', program, how];
    const ended = await promisify(execFile)(process.execPath, args, { timeout: 60_000 }).catch(
      (error) => error,
    );
    expect(ended.signal ?? null).toBeNull();
    expect(ended.stdout).toBe('4\n');
    expect(ended.code ?? 0).toBe({ ends: 0, throws: 1 }[how] ?? 3);
  });
});

describe('without an adapter', () => {
  it('says what to install', async () => {
    const program = fileURLToPath(new URL('../../test/program.ts', import.meta.url));
    const args = ['--conditions=@evenkeel/source', '--import', 'tsx', program];
    const env = { ...process.env, VK_ICD_FILENAMES: '/nowhere.json', VK_DRIVER_FILES: '/nowhere.json' };
    const { code, stderr } = await promisify(execFile)(process.execPath, args, { env }).catch(
      (error) => error,
    );
    expect(code).toBe(1);
    expect(stderr).toContain('startBackend: webgpu does not start: WebGPU finds no adapter on this machine.');
    if (process.platform === 'linux') expect(stderr).toMatch(/apt install libvulkan1.*VK_ICD_FILENAMES=/);
  });
});
