/** Tests that the data can be read back, and shown in a terminal. */
import * as fc from 'fast-check';
import { aDocument, anyText, HOSTILE, OBEYED } from './documents';
import { jsonText } from '../../../cli/render/json';

const textOf = (data: unknown): string => jsonText(aDocument({ data }));

test('the data is indented by two spaces', () => {
  expect(textOf({ due: 2, rules: ['sgr-1'] })).toBe('{\n  "due": 2,\n  "rules": [\n    "sgr-1"\n  ]\n}\n');
});

test('no data is null, which is JSON', () => {
  expect(textOf(undefined)).toBe('null\n');
});

test('letters of any language are left as they are', () => {
  expect(textOf('für 日本 😀')).toBe('"für 日本 😀"\n');
});

const expectSafe = (data: unknown): void => {
  const text = textOf(data);
  expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(data)));
  expect(text).not.toMatch(OBEYED);
  expect(text).toMatch(/[^\n]\n$/);
};

test.each(HOSTILE.map(text => [text.slice(0, 40), text]))('%j is read back, and obeyed by nothing', (_, text) => {
  expectSafe({ [text]: [text] });
});

test('any data is read back, and obeyed by nothing', () => {
  fc.assert(fc.property(fc.jsonValue({ stringUnit: 'binary' }), anyText, (data, text) => {
    expectSafe(data);
    expectSafe([text, { [text]: text }]);
  }));
});
