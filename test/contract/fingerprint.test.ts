/** Tests the fingerprint: filling in values does not change it, and any other change does. */
import { Fn, Lazy, Token } from 'aws-cdk-lib';
import * as fc from 'fast-check';
import { deployTimePaths, fingerprintOf, type Path } from '../../src/contract/fingerprint';

/** A value at synthesis and at deployment. The two differ where it has a token. */
interface Both {
  readonly synthesized: unknown;
  readonly resolved: unknown;
}

const attribute = Fn.getAtt('Network', 'Attribute');
const TOKENS: readonly unknown[] = [
  attribute.toString(), `arn:aws:sns:${attribute.toString()}:people`, Token.asNumber(attribute),
  Token.asList(attribute),
];

const known = fc.oneof(
  fc.string(), fc.integer(), fc.boolean(), fc.constantFrom<unknown>(null, '<filled in at deployment>'),
);
const leaf: fc.Arbitrary<Both> = fc.oneof(
  known.map(value => ({ synthesized: value, resolved: value })),
  fc.record({ synthesized: fc.constantFrom(...TOKENS), resolved: fc.oneof(known, fc.array(fc.string())) }),
);
const key = fc.oneof(fc.string(), fc.constantFrom('__proto__', '0', 'constructor'));

const anyBoth: fc.Arbitrary<Both> = fc.letrec<{ any: Both }>(tie => ({
  any: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.array(tie('any'), { maxLength: 4 }).map(members => inBoth(side => members.map(side))),
    fc.uniqueArray(fc.tuple(key, tie('any')), { selector: ([name]) => name, maxLength: 4 }).map(members =>
      inBoth(side => Object.fromEntries(members.map(([name, value]) => [name, side(value)])))),
  ),
})).any;

/** Builds a value from the synthesized members, and the same from the resolved ones. */
function inBoth(made: (side: (member: Both) => unknown) => unknown): Both {
  return { synthesized: made(({ synthesized }) => synthesized), resolved: made(({ resolved }) => resolved) };
}

/** Sends a configuration through JSON text. */
const travelled = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

const pathsOf = (configuration: unknown): Path[] => deployTimePaths(configuration, Token.isUnresolved);

/** Returns the paths of all leaves that are not filled in. */
function knownLeaves({ synthesized, resolved }: Both): Path[] {
  const paths = pathsOf(synthesized);
  const isWithin = (leafPath: Path, path: Path): boolean => path.every((step, index) => leafPath[index] === step);
  return leavesOf(travelled(resolved)).filter(leafPath => !paths.some(path => isWithin(leafPath, path)));
}

function leavesOf(value: unknown): Path[] {
  if (typeof value !== 'object' || value === null) return [[]];
  return Object.entries(value).flatMap(([name, member]) =>
    leavesOf(member).map(path => [Array.isArray(value) ? Number(name) : name, ...path]));
}

/** Returns a copy with one value replaced. */
function changed(value: unknown, path: Path, by: unknown): unknown {
  if (path.length === 0) return by;
  const [step, ...rest] = path;
  if (Array.isArray(value)) return value.map((member, index) => index === step ? changed(member, rest, by) : member);
  return Object.fromEntries(Object.entries(value as object).map(([name, member]) =>
    [name, name === step ? changed(member, rest, by) : member]));
}

describe('the fingerprint', () => {
  test('is the same for any configuration with tokens and with their values', () => {
    fc.assert(fc.property(anyBoth, ({ synthesized, resolved }) => {
      const paths = pathsOf(synthesized);
      expect(fingerprintOf(travelled(resolved), travelled(paths) as Path[])).toBe(fingerprintOf(synthesized, paths));
    }));
  });

  test('is another when a value off the paths is another', () => {
    fc.assert(fc.property(anyBoth, fc.nat(), known, (both, which, by) => {
      const [leaves, paths, resolved] = [knownLeaves(both), pathsOf(both.synthesized), travelled(both.resolved)];
      fc.pre(leaves.length > 0);
      const other = changed(resolved, leaves[which % leaves.length], by);
      fc.pre(JSON.stringify(other) !== JSON.stringify(resolved));
      expect(fingerprintOf(other, paths)).not.toBe(fingerprintOf(both.synthesized, paths));
    }));
  });

  test('changes if more or fewer values are said to be filled in', () => {
    fc.assert(fc.property(anyBoth, both => {
      const [leaves, paths, resolved] = [knownLeaves(both), pathsOf(both.synthesized), travelled(both.resolved)];
      const fingerprint = fingerprintOf(both.synthesized, paths);
      for (const leafPath of leaves) expect(fingerprintOf(resolved, [...paths, leafPath])).not.toBe(fingerprint);
      for (const path of paths) {
        expect(fingerprintOf(resolved, paths.filter(each => each !== path))).not.toBe(fingerprint);
      }
      fc.pre(paths.every(({ length }) => length > 0));
      expect(fingerprintOf(resolved, [...paths, []])).not.toBe(fingerprint);
    }));
  });

  test('is 64 hexadecimal digits, and the same on every machine', () => {
    // The output of sha256sum for [{"a":true,"b":[1,"x"]},[]].
    expect(fingerprintOf({ b: [1, 'x'], a: true }))
      .toBe('913d3072f336a815fd7c01a6759964af8751695076989b6528d71001d1088932');
  });

  test('does not depend on the order of keys, nor on keys that are undefined', () => {
    const one = { a: 1, b: { c: [{ d: 2, e: undefined }], f: null } };
    expect(fingerprintOf({ b: { f: null, c: [{ d: 2 }] }, g: undefined, a: 1 })).toBe(fingerprintOf(one));
  });

  test('depends on the order of lists, on null, and on what is text', () => {
    const fingerprints = [[1, 2], [2, 1], ['1', 2], [1, null], [1], { 0: 1, 1: 2 }].map(each => fingerprintOf(each));
    expect(new Set(fingerprints).size).toBe(fingerprints.length);
  });

  test('does not take a value that is the placeholder for one that is filled in', () => {
    const placeholder = '<filled in at deployment>';
    expect(fingerprintOf({ a: placeholder }, [['a']])).toBe(fingerprintOf({ a: 1 }, [['a']]));
    expect(fingerprintOf({ a: placeholder })).not.toBe(fingerprintOf({ a: 1 }, [['a']]));
  });

  test.each<[path: Path]>([
    [['b']], [['a', 3]], [['a', '0']], [['a', 0, 'x']], [['a', 'length']], [['toString']], [['gone']], [[0]],
  ])('is none where the configuration has nothing at a path: %j', path => {
    const message = `The configuration has nothing at ${JSON.stringify(path)}, which is to be filled in at deployment`;
    expect(() => fingerprintOf({ a: ['x'], gone: undefined }, [path])).toThrow(message);
  });
});

describe('the paths of what is filled in at deployment', () => {
  test('are those of texts, numbers and lists with a token, in order, each as a whole', () => {
    expect(pathsOf({
      plain: 'vpc-1',
      text: attribute.toString(),
      within: { parts: ['a', `before ${attribute.toString()} after`, { number: Token.asNumber(attribute) }] },
      list: Token.asList(attribute),
      lazy: Lazy.string({ produce: () => 'later' }),
      object: attribute,
      absent: undefined,
    })).toEqual([['text'], ['within', 'parts', 1], ['within', 'parts', 2, 'number'], ['list'], ['lazy'], ['object']]);
  });

  test('are none where everything is known', () => {
    expect(pathsOf({ a: [1, 'x', { b: null }], c: [] })).toEqual([]);
  });
});
