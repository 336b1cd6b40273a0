export { innerProduct } from './inner-product.js';
export { linear } from './linear.js';
export { sumOfSquares } from './sum-of-squares.js';
