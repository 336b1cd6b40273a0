export { type BlasOptions, type BlasReport, installBlas, uninstallBlas } from './install.js';
