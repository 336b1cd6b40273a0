export {
  type InstallOptions,
  type InstallReport,
  installWasmKernels,
  uninstallWasmKernels,
} from './install.js';
