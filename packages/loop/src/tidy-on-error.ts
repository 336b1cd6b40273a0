import { engine, type Tensor } from '@tensorflow/tfjs-core';
import { freeTape } from './free-tape.js';

/** Calls a function, and frees the tensors that it has made if it throws. What it keeps, and variables, stay. */
export function tidyOnError<T>(call: () => T): T {
  const { state } = engine() as unknown as { state: { activeScope: { track: Tensor[] } } };
  engine().startScope();
  const scope = state.activeScope;
  let made: Tensor[] = [];
  try {
    const result = call();
    made = scope.track.filter(({ isDisposed }) => !isDisposed);
    return result;
  } catch (error) {
    freeTape();
    throw error;
  } finally {
    // What is handed to the end of a scope goes on to the scope around it.
    engine().endScope(made);
  }
}
