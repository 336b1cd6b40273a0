import { isNode } from '../node-modules.js';
import { forgetGpu, provideGpu } from './dawn.js';

/** A GPU, or a program that stands in for one. */
export interface GpuAdapter {
  /** What its driver calls it, such as 'SwiftShader driver 5.0.0'. */
  readonly name: string;
  /** Such as 'nvidia', and its generation, such as 'ampere'. */
  readonly vendor: string;
  readonly architecture: string;
  /** Whether processors compute in its place: hundreds of times slower than the wasm backend. */
  readonly isSoftware: boolean;
  /** The largest buffer, and so the largest tensor, in bytes. */
  readonly largestTensor: number;
  /** Bytes that a workgroup shares, and invocations of one. */
  readonly workgroupBytes: number;
  readonly workgroupSize: number;
}

/** What {@link findAdapter} found: an adapter, or why there is none and what to install. */
export type FoundAdapter =
  | { readonly adapter: GpuAdapter; readonly reason?: undefined }
  | { readonly adapter?: undefined; readonly reason: string };

/** Looks for what the webgpu backend would compute on. Starts nothing. */
export async function findAdapter(): Promise<FoundAdapter> {
  try {
    return { adapter: describeAdapter(await requestAdapter()) };
  } catch (error) {
    return { reason: (error as Error).message };
  }
}

/** @throws If there is no WebGPU, or no adapter. */
export async function requestAdapter(): Promise<GPUAdapter> {
  const gpu = await provideGpu();
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (adapter) return adapter;
  forgetGpu();
  const advice = isNode() ? howToGetOne(process.platform) : 'Try another browser, or take the wasm backend';
  throw new Error(`WebGPU finds no adapter on this machine. ${advice}`);
}

/** The types that tfjs brings are older than this field. */
export const infoOf = (adapter: GPUAdapter) =>
  (adapter as unknown as { info: GPUAdapterInfo & { isFallbackAdapter: boolean } }).info;

export function describeAdapter(adapter: GPUAdapter): GpuAdapter {
  const { vendor, architecture, device, description, isFallbackAdapter } = infoOf(adapter);
  const { limits } = adapter;
  return {
    name: description || device || 'an adapter without a name',
    vendor,
    architecture,
    isSoftware: isFallbackAdapter,
    largestTensor: Math.min(limits.maxBufferSize, limits.maxStorageBufferBindingSize),
    workgroupBytes: limits.maxComputeWorkgroupStorageSize,
    workgroupSize: limits.maxComputeInvocationsPerWorkgroup,
  };
}

/** A driver is all that is missing: Dawn brings the rest. */
function howToGetOne(platform: string): string {
  if (platform !== 'linux') return "Install the driver of the GPU's vendor, or take the wasm backend.";
  return (
    "It needs the loader of Vulkan and a driver: apt install libvulkan1, with NVIDIA's driver, or mesa-vulkan-drivers for " +
    'AMD and Intel. Without a GPU, tests can run on the slow SwiftShader: apt install libvulkan1 chromium, then set ' +
    'VK_ICD_FILENAMES=/usr/lib/chromium/vk_swiftshader_icd.json'
  );
}
