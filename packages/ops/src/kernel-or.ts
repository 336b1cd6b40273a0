import { engine, getBackend, getKernel, type NamedTensorMap, type Tensor } from '@tensorflow/tfjs-core';

/** What a kernel is told besides its tensors. */
export type KernelAttributes = Readonly<Record<string, number | string | boolean>>;

/**
 * Runs the kernel of that name if the current backend has one, and the definition if not.
 *
 * Has no gradient of its own: call it inside the forward and backward functions of `tf.customGrad`.
 * While tfjs records, as it does inside a backward function when second derivatives are asked for,
 * the definition runs, since nothing can differentiate a kernel. It also runs for empty tensors.
 *
 * @param name One of {@link KERNELS}, or any kernel name.
 * @param inputs The kernel's tensors by name; those that are undefined are left out.
 * @param attributes All of the kernel's attributes.
 * @param definition The same function in tfjs ops.
 * @returns What the kernel or the definition returns: one tensor, or a list.
 */
export function kernelOr<T extends Tensor | Tensor[]>(
  name: string,
  inputs: Readonly<Record<string, Tensor | undefined>>,
  attributes: KernelAttributes,
  definition: () => T,
): T {
  const present = Object.fromEntries(Object.entries(inputs).filter(([, tensor]) => tensor)) as NamedTensorMap;
  const isEmpty = Object.values(present).some(({ size }) => size === 0);
  if (isEmpty || engine().isTapeOn() || !getKernel(name, getBackend())) return definition();
  return engine().runKernel<T>(name, present, { ...attributes });
}
