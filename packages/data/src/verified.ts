import type { ByteSource } from '@evenkeel/files';

/** The files that were found to be what their sidecars say, each with its version and that sidecar's hash. */
const verified = new Set<string>();

/**
 * Verifies what is read from a source, or remembers that this process has: a file that nobody has written to since is not read
 * again. What is no file always is.
 */
export async function verifyOnce(
  { version }: ByteSource,
  sha256: string,
  verify: () => Promise<void>,
): Promise<void> {
  const key = `${version} ${sha256}`;
  if (version !== undefined && verified.has(key)) return;
  await verify();
  if (version !== undefined) verified.add(key);
}
