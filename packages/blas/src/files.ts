/** Names or paths under which the system may know a BLAS, best first. */
const FILES: Record<string, readonly string[] | undefined> = {
  darwin: [
    '/System/Library/Frameworks/Accelerate.framework/Accelerate',
    '/opt/homebrew/opt/openblas/lib/libopenblas.dylib',
    '/usr/local/opt/openblas/lib/libopenblas.dylib',
  ],
  linux: [
    ...['libmkl_rt.so.2', 'libmkl_rt.so.1', 'libmkl_rt.so'],
    // Debian's one name for the build that is preferred; Fedora's for pthreads, OpenMP, one thread.
    ...['libopenblas.so.0', 'libopenblasp.so.0', 'libopenblaso.so.0', 'libopenblas.so'],
    ...['libblis.so.4', 'libblis.so.3', 'libblis-mt.so.4', 'libblis-mt.so.3', 'libblis.so'],
  ],
  win32: ['libopenblas.dll', 'openblas.dll', 'mkl_rt.2.dll', 'mkl_rt.1.dll', 'mkl_rt.dll'],
};

/** Where to look for a BLAS: only at the path in EVENKEEL_BLAS if that is set. */
export function blasFiles(platform: string, env: NodeJS.ProcessEnv): readonly string[] {
  return env.EVENKEEL_BLAS ? [env.EVENKEEL_BLAS] : (FILES[platform] ?? []);
}

const INSTALL: Record<string, string | undefined> = {
  linux:
    'Install OpenBLAS (Debian and Ubuntu: apt install libopenblas0-pthread; Fedora: dnf install openblas)',
  darwin: 'Install OpenBLAS (brew install openblas)',
  win32: 'Put libopenblas.dll into a folder of the PATH',
};

/** What a user does to get a BLAS. */
export function howToGetOne(platform: string): string {
  return `${INSTALL[platform] ?? 'Install OpenBLAS'}, or set EVENKEEL_BLAS to the path of a BLAS.`;
}
