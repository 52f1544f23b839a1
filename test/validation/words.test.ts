/** Tests how errors show values and name what was meant. */
import { runInNewContext } from 'node:vm';
import { CfnParameter, Duration, Fn, Lazy } from 'aws-cdk-lib';
import { SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import fc from 'fast-check';
import { Reader } from '../../src/contract/reader';
import { shown, unknownName, wrong } from '../../src/validation/words';
import { aStack } from '../support/synthesized-stack';

describe('a value is shown', () => {
  class Options {
    public readonly title = 'Open';
  }

  it.each<[string, unknown, string]>([
    ['a text', 'web', '"web"'],
    ['a text with a quote', 'a"b', '"a\\"b"'],
    ['no number', Number.NaN, 'NaN'],
    ['a number without an end', -Infinity, '-Infinity'],
    ['a fraction', 1.5, '1.5'],
    ['a large integer', 5n, '5n'],
    ['true', true, 'true'],
    ['null', null, 'null'],
    ['undefined', undefined, 'undefined'],
    ['a function', () => 1, 'a function'],
    ['a class', SecurityGroup, 'a function'],
    ['a symbol', Symbol('web'), 'Symbol(web)'],
    ['a date', new Date(0), 'an object of the class Date'],
    ['a date that is none', new Date(Number.NaN), 'an object of the class Date'],
    ['a map', new Map([['a', 1]]), 'an object of the class Map'],
    ['a stack, which CDK takes for a token', aStack(), 'an object of the class Stack'],
    ['a Duration', Duration.days(7), 'an object of the class Duration'],
    ['an object of a class', new Options(), 'an object of the class Options'],
    ['an object of a class without a name', new class {}(), 'an object of a class without a name'],
    ['an object', { a: 1, b: Number.NaN, c: undefined, d: null }, '{"a":1,"b":NaN,"d":null}'],
    ['an object without a prototype', Object.assign(Object.create(null) as object, { a: 1 }), '{"a":1}'],
    ['an object of another realm', runInNewContext('({ a: [1] })'), '{"a":[1]}'],
    ['a list', [1, 'a', undefined, [Infinity]], '[1,"a",undefined,[Infinity]]'],
    ['a list with a hole', [1, , 2], '[1,undefined,2]'], // eslint-disable-line no-sparse-arrays
    ['an empty list', [], '[]'],
    ['something deep', [[[[[[1]]]]]], '[[[[[[…]]]]]]'],
    ['something else deep', [[[[[{ a: 1 }, {}]]]]], '[[[[[{…},{}]]]]]'],
    ['a long text', 'x'.repeat(101), `"${'x'.repeat(99)}…`],
  ])('that is %s', (_, value, text) => {
    expect(shown(value)).toBe(text);
    expect(wrong('path', value, 'another').message).toBe(`path: got ${text}; give another`);
  });

  it('that holds itself', () => {
    const value: { own?: unknown; list: unknown[] } = { list: [] };
    value.own = value;
    value.list.push(value);
    expect(shown(value)).toMatch(/^\{"list":\[\{"list":/);
  });

  it('that holds a construct, which is no text of a hundred pages', () => {
    expect(shown({ group: SecurityGroup.fromSecurityGroupId(aStack(), 'Web', 'sg-1') })).toMatch(
      /^\{"group":an object of the class \w+\}$/,
    );
  });

  const parameter = new CfnParameter(aStack(), 'Parameter', { type: 'Number' });

  it.each<[string, unknown]>([
    ['a text', parameter.valueAsString],
    ['a text', `sg-${parameter.valueAsString}`],
    ['a number', parameter.valueAsNumber],
    ['a list', Fn.split(',', parameter.valueAsString)],
    ['a value', parameter.value],
    ['a value', Lazy.any({ produce: () => 1 })],
  ])('that is %s that is known at deployment only', (called, token) => {
    expect(shown(token)).toBe(`${called} that is known at deployment only`);
    expect(shown({ CidrIp: token })).toBe(`{"CidrIp":${called} that is known at deployment only}`);
  });

  it('as the handler shows it, where JSON has it', () => {
    fc.assert(fc.property(fc.jsonValue({ maxDepth: 3 }), value => {
      // JSON has one zero.
      const json = JSON.parse(JSON.stringify(value)) as unknown;
      expect(`: got ${shown(json)}; give`).toBe(
        /: got .*; give/su.exec(new Reader('path', json).error('give').message)?.[0],
      );
    }));
  });
});

describe('a name that is unknown', () => {
  const KNOWN = ['dryRun', 'enabled', 'ipv4PrefixLength', 'ipv6PrefixLength', 'staleAfter', 'tags', 'types'];

  it.each([
    ['dryrun', '"dryRun"'],
    ['DRYRUN', '"dryRun"'],
    ['dryRuns', '"dryRun"'],
    ['dyrRun', '"dryRun"'],
    ['enable', '"enabled"'],
    ['tag', '"tags"'],
    ['type', '"types"'],
    ['IPv4PrefixLen', undefined],
    ['ipvPrefixLength', '"ipv4PrefixLength" or "ipv6PrefixLength"'],
    ['ip4PrefixLenght', '"ipv4PrefixLength"'],
    ['staleafter', '"staleAfter"'],
    ['staleAfterSeconds', undefined],
    ['x', undefined],
    ['', undefined],
    ['constructor', undefined],
  ])('"%s" has been meant as %s', (name, meant) => {
    expect(unknownName(name, KNOWN)).toBe(
      `"${name}" is unknown. ${meant === undefined ? `Known here: ${KNOWN.join(', ')}` : `Did you mean ${meant}?`}`,
    );
  });
});
