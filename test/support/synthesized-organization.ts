/** The synthesized construct of an organization. */
import { SynthesizedHub } from './synthesized-hub';

let definition: object | undefined;

/** Returns the definition of the state machine, with a function of the hub. */
export function definitionOfRuns(): object {
  definition ??= SynthesizedHub.of().definition;
  return definition;
}
