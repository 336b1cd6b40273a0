export {
  type InstallOptions,
  type InstallReport,
  installWasmKernels,
  uninstallWasmKernels,
} from './install.js';
export { type Multiply, type Product, replaceProducts } from './products.js';
