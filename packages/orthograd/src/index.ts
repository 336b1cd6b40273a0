export { type OrthogradOptions, orthograd } from './orthograd.js';
