/** Tests how files that tests leave in the temporary folder are reported. */
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { describeLeft, leftBehind, TOOL_PREFIXES } from './left-behind';

describe('what is left', () => {
  test('is what was not there before', () => {
    expect(leftBehind(['old'], ['new', 'old', 'another'])).toEqual(['another', 'new']);
  });

  test('is nothing when a folder is as it was, or has lost something', () => {
    expect(leftBehind(['one', 'two'], ['two', 'one'])).toEqual([]);
    expect(leftBehind(['one', 'two'], ['two'])).toEqual([]);
  });

  test('is only what our tools make, where other programs have their files, too', () => {
    const ours = ['cdk-network-hygiene-AbCdEf', 'cdk.outAbCdEf', 'jsii-kernel-AbCdEf', 'tsx-1000'];
    expect(leftBehind([], ['my-cdk.out', ...ours, 'systemd-private'], TOOL_PREFIXES)).toEqual(ours);
  });
});

describe('the message', () => {
  test('names each kind once, with how many there are', () => {
    expect(describeLeft(['cdk.outAAAAAA', 'cdk.outBBBBBB', 'dynamodb-AAAAAA'])).toBe([
      '  2 of the kind "cdk.out…": cdk.outAAAAAA, cdk.outBBBBBB',
      '  1 of the kind "dynamodb-…": dynamodb-AAAAAA',
    ].join('\n'));
  });

  test('lists the first names alone when there are many', () => {
    const names = ['A', 'B', 'C', 'D', 'E'].map(letter => `cdk.out${letter.repeat(6)}`);
    expect(describeLeft(names)).toBe(`  5 of the kind "cdk.out…": ${names.slice(0, 3).join(', ')}, and 2 more`);
  });

  test('has a short name whole', () => {
    expect(describeLeft(['x'])).toContain('"x…": x');
  });
});

describe('the temporary folder of a test file', () => {
  test('is its own, inside the one of the run', () => {
    expect(basename(tmpdir())).toMatch(/^f-/);
    expect(basename(dirname(tmpdir()))).toMatch(/^nh-/);
  });

  test('is the one that its child processes are told of', () => {
    expect(process.env.TMPDIR).toBe(tmpdir());
  });

  test('is where CDK puts an app that is given no folder', () => {
    expect(dirname(new App().outdir)).toBe(tmpdir());
  });

  test('takes what a test makes and removes', () => {
    rmdirSync(mkdtempSync(join(tmpdir(), 'removed-')));
  });
});
