import { existsSync } from 'node:fs';
import { findAdapter, type GpuAdapter } from '@evenkeel/backends';

/** The driver of a program that Chromium brings, in the usual places. */
const SWIFTSHADER = [
  '/usr/lib/chromium/vk_swiftshader_icd.json',
  '/opt/google/chrome/vk_swiftshader_icd.json',
];

/**
 * The machine's GPU, or else SwiftShader, for this process and those that it starts; undefined where there is neither.
 *
 * @throws If there is neither and EVENKEEL_REQUIRE_WEBGPU is 1, as in CI.
 */
export async function findWebgpu(): Promise<GpuAdapter | undefined> {
  const { adapter } = await findAdapter();
  if (adapter) return adapter;
  const file = SWIFTSHADER.find((path) => existsSync(path));
  if (file && !process.env.VK_ICD_FILENAMES) {
    process.env.VK_ICD_FILENAMES = file;
    const { adapter } = await findAdapter();
    if (adapter) return adapter;
    delete process.env.VK_ICD_FILENAMES;
  }
  if (process.env.EVENKEEL_REQUIRE_WEBGPU !== '1') return undefined;
  throw new Error(`findWebgpu: EVENKEEL_REQUIRE_WEBGPU is 1 and no adapter was found, expected one. ${HOW}`);
}

export const HOW = 'Try apt-get install chromium libvulkan1.';
