export { WorkerPool } from './pool.js';
export { serveGradients } from './serve.js';
