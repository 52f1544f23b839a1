/** Reads the demo's chart back from its SVG. */
import { chart, COLORS, type Panel, type Point } from '../../scripts/demo-chart';

const RISING: readonly Point[] = [{ day: 0, value: 0 }, { day: 4, value: 5 }, { day: 8, value: 10 }];
const FLAT: readonly Point[] = RISING.map(({ day }) => ({ day, value: 10 }));

function aPanel(overrides: Partial<Panel> = {}): Panel {
  return {
    title: 'Stale rules',
    unit: 'Rules',
    kind: 'line',
    series: [{ label: 'Ingress', color: COLORS.blue, points: RISING }],
    ...overrides,
  };
}

const twoSeries = (a: readonly Point[], b: readonly Point[]): Panel['series'] =>
  [{ label: 'Up', color: COLORS.green, points: a }, { label: 'Down', color: COLORS.red, points: b }];

interface Text {
  readonly content: string;
  readonly x: number;
  readonly y: number;
  readonly fill: string;
}

const attribute = (element: string, name: string): string => new RegExp(` ${name}="([^"]*)"`).exec(element)?.[1] ?? '';

function textsOf(svg: string): Text[] {
  return [...svg.matchAll(/(<text[^>]*>)([^<]*)<\/text>/g)].map(([, element, content]) => ({
    content,
    x: Number(attribute(element, 'x')),
    y: Number(attribute(element, 'y')),
    fill: attribute(element, 'fill'),
  }));
}

function textOf(svg: string, content: string): Text {
  const found = textsOf(svg).filter(text => text.content === content);
  if (found.length !== 1) throw new Error(`${found.length} texts say ${content}`);
  return found[0];
}

/** The contrast with white, as WCAG defines it. */
function contrast(color: string): number {
  const [r, g, b] = [1, 3, 5].map(at => parseInt(color.slice(at, at + 2), 16) / 255)
    .map(channel => channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4);
  return 1.05 / (0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05);
}

describe('a panel', () => {
  test('has a title, what its numbers count, and the days on which there was a sweep, with no others', () => {
    const contents = textsOf(chart('Chart', [aPanel()])).map(({ content }) => content);
    expect(contents).toEqual(expect.arrayContaining(['Chart', 'Stale rules', 'Rules', 'Day', '0', '4', '8']));
    expect(contents).not.toContain('3');
  });

  test('shows a value at the height that its axis says, and above a smaller one', () => {
    const svg = chart('Chart', [aPanel()]);
    const [first, , last] = [...svg.matchAll(/<circle[^>]*>/g)].map(([circle]) => Number(attribute(circle, 'cy')));
    const [top, bottom] = ['10', '0'].map(content => textsOf(svg).filter(text => text.content === content)[0].y - 4);
    expect([first, last]).toEqual([bottom, top]);
    expect(last).toBeLessThan(first);
  });

  test.each([0, 1, 7, 25, 26, 123_456])(
    'has at most seven round numbers on its axis, the last not below the most, which is %d',
    value => {
      const svg = chart('Chart', [
        aPanel({ series: [{ label: 'Ingress', color: COLORS.blue, points: [{ day: 0, value }] }] }),
      ]);
      const axis = [...svg.matchAll(/<text[^>]*text-anchor="end"[^>]*>([^<]*)</g)].map(([, content]) =>
        Number(content),
      );
      expect(axis.length).toBeGreaterThanOrEqual(2);
      expect(axis.length).toBeLessThanOrEqual(7);
      expect(axis[0]).toBe(0);
      expect(axis[axis.length - 1]).toBeGreaterThanOrEqual(Math.max(value, 1));
    },
  );

  test.each([
    ['ends alike', FLAT, FLAT],
    ['ends apart', RISING, FLAT.map(({ day }) => ({ day, value: 0 }))],
  ])('of two lines names each beside its end, in a place of its own: %s', (_, a, b) => {
    const svg = chart('Chart', [aPanel({ series: twoSeries(a, b) })]);
    const labels = textsOf(svg).filter(({ content }) => /^(Up|Down) \d+$/.test(content));
    expect(labels.map(({ content }) => content)).toEqual([`Up ${a[2].value}`, `Down ${b[2].value}`]);
    expect(Math.abs(labels[0].y - labels[1].y)).toBeGreaterThanOrEqual(14);
  });

  test('of two lines tells them apart by more than colour', () => {
    const [up, down] = [
      ...chart('Chart', [aPanel({ series: twoSeries(RISING, FLAT) })]).matchAll(/<polyline[^>]*>/g),
    ].map(([line]) => line);
    expect(attribute(up, 'stroke-dasharray')).toBe('');
    expect(attribute(down, 'stroke-dasharray')).not.toBe('');
  });

  test('of bars says each value, a zero too, and what the bars are', () => {
    const svg = chart('Chart', [
      aPanel({ kind: 'bars', series: twoSeries([{ day: 0, value: 0 }], [{ day: 0, value: 7 }]) }),
    ]);
    expect(textsOf(svg).filter(({ content, fill }) => content === '0' && fill === COLORS.green)).toHaveLength(1);
    expect(textsOf(svg).filter(({ content, fill }) => content === '7' && fill === COLORS.red)).toHaveLength(1);
    expect(textOf(svg, 'Up').y).not.toBe(textOf(svg, 'Down').y);
  });

  test.each([
    ['no data', []],
    ['a value that is no number', [{ day: 0, value: NaN }]],
    ['a day that is no number', [{ day: NaN, value: 0 }]],
  ])('is not drawn with %s', (_, points) => {
    expect(() => chart('Chart', [aPanel({ series: twoSeries(RISING, points) })])).toThrow(
      'Stale rules: there is no data for Down',
    );
  });
});

describe('the chart', () => {
  const svg = chart('A & B <script>', [
    aPanel(),
    aPanel({ title: '"quoted"', kind: 'bars' }),
    aPanel({ series: twoSeries(RISING, FLAT) }),
  ]);

  test('has a contrast of 4.5 or more in every text', () => {
    const pale = textsOf(svg).filter(({ fill }) => !(contrast(fill) >= 4.5));
    expect(textsOf(svg).length).toBeGreaterThan(20);
    expect(pale).toEqual([]);
    expect(Object.values(COLORS).filter(color => !(contrast(color) >= 4.5))).toEqual([]);
  });

  test('runs nothing, and loads nothing', () => {
    expect(svg).not.toMatch(/<(script|style|image|use|foreignObject)|href|url\(|\son\w+=/i);
  });

  test('shows any text as text', () => {
    expect(svg).toContain('<title>A &#38; B &#60;script&#62;</title>');
    expect(svg).toContain('>&#34;quoted&#34;</text>');
  });

  test('closes what it opens', () => {
    const open: string[] = [];
    for (const [, end, name, self] of svg.matchAll(/<(\/?)(\w+)[^>]*?(\/?)>/g)) {
      if (end) expect(open.pop()).toBe(name);
      else if (!self) open.push(name);
    }
    expect(open).toEqual([]);
  });
});
