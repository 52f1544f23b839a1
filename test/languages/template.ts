/**
 * Compares the templates that the apps synthesized. Everything must be equal, even the asset hashes, because each
 * package has the same handler.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** @param cloudAssembly the folder that CDK_OUTDIR named */
export function readTemplate(cloudAssembly: string): unknown {
  return JSON.parse(readFileSync(join(cloudAssembly, 'Network.template.json'), 'utf8')) as unknown;
}

/** @returns a line for each difference */
export function differences(expected: unknown, other: unknown, path = ''): string[] {
  if (Object.is(expected, other)) return [];
  const [expectedJson, otherJson] = [parsed(expected), parsed(other)];
  if (expectedJson !== undefined && otherJson !== undefined) {
    const found = differences(expectedJson, otherJson, `${path} (JSON)`);
    // A different text is an update for CloudFormation, and so another sweep.
    return found.length > 0 ? found : [`${path}: the same JSON with its keys in another order`];
  }
  if (!isContainer(expected) || !isContainer(other) || Array.isArray(expected) !== Array.isArray(other)) {
    return [`${path}: expected ${shown(expected)}, got ${shown(other)}`];
  }
  const keys = new Set([...Object.keys(expected), ...Object.keys(other)]);
  return [...keys].flatMap(key => differences(expected[key], other[key], path === '' ? key : `${path}.${key}`));
}

/** @returns the value of a text that is a JSON object or list */
function parsed(text: unknown): unknown {
  if (typeof text !== 'string' || !/^[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function isContainer(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function shown(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}
