export { linear } from './linear.js';
export { sumOfSquares } from './sum-of-squares.js';
