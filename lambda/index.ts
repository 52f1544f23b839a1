/** The handlers of the functions that sweep: `index.handler` and `index.change`. Both are in one file of the asset. */
export { change } from './change';
export { handler } from './handler';
