import { createRequire } from 'node:module';
import { cpus, totalmem } from 'node:os';
import { findAdapter, startBackend, whyNoTensorflow } from '@evenkeel/backends';
import * as tf from '@tensorflow/tfjs';
import { Command } from 'commander';
import pc from 'picocolors';
import { outputOf } from '../output.js';

/** What one looks at, and how it is. */
interface Finding {
  readonly name: string;
  /** Whether it is there; undefined: one can do without. */
  readonly ok: boolean | undefined;
  readonly detail: string;
  /** What to do about it. */
  readonly advice?: string;
}

const OPTIONAL = [
  ['@huggingface/hub', 'loads models from the hub by their id'],
  ['koffi', 'maps token files into memory, and MPI'],
  ['@resvg/resvg-js', 'turns plots into PNG'],
] as const;

export function doctorCommand(finish: (code: number) => void): Command {
  return new Command('doctor')
    .summary('looks at what this machine has')
    .description('Looks at Node, backends, SIMD, kernels and optional packages, and says what to install.')
    .option('--json', 'one JSON object per finding')
    .addHelpText('after', '\nExamples:\n  $ evenkeel doctor\n  $ evenkeel doctor --json')
    .action(async (options: { json?: boolean }) => {
      const output = outputOf(options);
      const findings = [
        machine(),
        await cpuBackend(),
        ...(await wasmBackend()),
        await blas(),
        await webgpuBackend(),
        tensorflowBackend(),
        ...OPTIONAL.map(([name, use]) => optional(name, use)),
      ];
      for (const { name, ok, detail, advice } of findings) {
        const mark = ok ? pc.green('✓') : ok === false ? pc.red('✗') : pc.yellow('–');
        output.say(`${mark} ${pc.bold(name)}: ${detail}${advice ? `\n    ${advice}` : ''}`);
        output.emit({ name, ok: ok ?? null, detail, advice });
      }
      finish(findings.some(({ ok }) => ok === false) ? 1 : 0);
    });
}

function machine(): Finding {
  const [major] = process.versions.node.split('.').map(Number);
  const ok = major >= 20;
  return {
    name: 'Node',
    ok,
    detail: `${process.versions.node} on ${process.platform} ${process.arch}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB`,
    ...(ok ? {} : { advice: 'Evenkeel needs Node 20 or newer.' }),
  };
}

async function cpuBackend(): Promise<Finding> {
  await startBackend('cpu');
  return {
    name: 'backend cpu',
    ok: await computes(),
    detail: `plain JavaScript, tfjs ${tf.version_core}: right, but slow`,
  };
}

async function wasmBackend(): Promise<Finding[]> {
  try {
    await startBackend('wasm', { kernels: false });
  } catch (error) {
    return [
      {
        name: 'backend wasm',
        ok: false,
        detail: (error as Error).message.split('\n')[0],
        advice: 'npm install @tensorflow/tfjs-backend-wasm',
      },
    ];
  }
  const { installWasmKernels } = await import('@evenkeel/wasm-kernels');
  const report = await installWasmKernels();
  const ok = await computes();
  report.uninstall();
  const simd = report.relaxedSimd
    ? 'SIMD and relaxed SIMD'
    : report.simd
      ? 'SIMD, no relaxed SIMD'
      : 'no SIMD';
  return [
    {
      name: 'backend wasm',
      ok,
      detail: simd,
      ...(report.relaxedSimd
        ? {}
        : { advice: 'A newer Node has relaxed SIMD: products are about 1.4 times as fast.' }),
    },
    {
      name: 'kernels',
      ok: report.installed,
      detail: report.installed
        ? `${report.kernels.length} of @evenkeel/wasm-kernels`
        : `not installed: ${report.reason}`,
    },
  ];
}

/** A program does without one: it is slower then, not wrong. */
async function blas(): Promise<Finding> {
  const { installBlas } = await import('@evenkeel/blas');
  const { installed, summary, file, reason, uninstall } = await installBlas().catch((error: Error) => ({
    ...{ installed: false, summary: undefined, file: undefined, reason: error.message, uninstall() {} },
  }));
  uninstall();
  if (installed) return { name: 'BLAS', ok: true, detail: `${summary} (${file})` };
  return { name: 'BLAS', ok: undefined, detail: 'none: products are computed in wasm', advice: reason };
}

/** One can do without a GPU, and a program in its place is for tests. */
async function webgpuBackend(): Promise<Finding> {
  const name = 'backend webgpu';
  const { adapter, reason } = await findAdapter();
  if (!adapter) {
    return {
      name,
      ok: undefined,
      detail: `not there: ${reason}`,
      advice: 'It computes on any GPU (--backend webgpu).',
    };
  }
  const { vendor, architecture, isSoftware, largestTensor, workgroupBytes, workgroupSize } = adapter;
  const mebibytes = Math.floor(largestTensor / 2 ** 20).toLocaleString('en');
  const detail = `${adapter.name} (${[vendor, architecture].filter(Boolean).join(', ')}), tensors up to ${mebibytes} MiB, workgroups of ${workgroupSize} with ${workgroupBytes / 1024} KiB`;
  try {
    const { warning } = await startBackend('webgpu');
    const ok = await computes();
    tf.removeBackend('webgpu');
    return isSoftware && ok ? { name, ok: undefined, detail, advice: warning } : { name, ok, detail };
  } catch (error) {
    return { name, ok: false, detail: `${detail}: ${(error as Error).message}` };
  }
}

function tensorflowBackend(): Finding {
  const finding = optional('@tensorflow/tfjs-node', 'tfjs on libtensorflow (--backend tensorflow)');
  const reason = whyNoTensorflow();
  return reason ? { name: finding.name, ok: undefined, detail: `not for this Node: ${reason}.` } : finding;
}

/** Whether the current backend multiplies. */
async function computes(): Promise<boolean> {
  const product = tf.tidy(() => tf.matMul(tf.tensor2d([[1, 2]]), tf.tensor2d([[3], [4]])));
  const [number] = await product.data();
  product.dispose();
  return number === 11;
}

function optional(name: string, use: string): Finding {
  try {
    createRequire(import.meta.url).resolve(name);
    return { name, ok: true, detail: `there: ${use}` };
  } catch {
    return { name, ok: undefined, detail: `not there: ${use}`, advice: `npm install ${name}` };
  }
}
