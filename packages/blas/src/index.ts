export { type BlasInfo, describeBlas } from './in-use.js';
export { type BlasOptions, type BlasReport, installBlas, uninstallBlas } from './install.js';
