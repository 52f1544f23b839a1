/**
 * Draws the demo's chart: small graphs in rows, as SVG. Labels, marks and line styles distinguish the series, so color
 * is not needed.
 */

export interface Point {
  /** The number of days since the first sweep. */
  readonly day: number;
  readonly value: number;
}

export interface Series {
  readonly label: string;
  readonly color: string;
  readonly points: readonly Point[];
}

export interface Panel {
  readonly title: string;
  readonly unit: string;
  /** `line` for a value that holds until the next sweep, `bars` for what a sweep did. */
  readonly kind: 'line' | 'bars';
  /** One or two series. */
  readonly series: readonly Series[];
}

/** Each color has a contrast of at least 4.5 with white. */
export const COLORS = {
  blue: '#0055b5',
  brown: '#8f3c00',
  green: '#00702a',
  red: '#c40000',
  text: '#0f141a',
  muted: '#424650',
} as const;

const GRID = '#d5d5dc';
const [COLUMNS, PANEL_WIDTH, PANEL_HEIGHT, HEADER] = [3, 410, 250, 60];

/** The position of the plot within its panel. */
const PLOT = { left: 56, right: 300, top: 50, bottom: 194 } as const;

/** @throws when a series has no points, or one that is not a number */
export function chart(title: string, panels: readonly Panel[]): string {
  const [width, height] = [COLUMNS * PANEL_WIDTH, HEADER + Math.ceil(panels.length / COLUMNS) * PANEL_HEIGHT];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`,
    '  font-family="Helvetica Neue, Roboto, Arial, sans-serif" font-size="12">',
    `<title>${escape(title)}</title>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    text(title, [20, 32], { 'fill': COLORS.text, 'font-size': 18, 'font-weight': 700 }),
    ...panels.map(
      (panel, index) =>
        `<g transform="translate(${(index % COLUMNS) * PANEL_WIDTH} ${HEADER + Math.floor(index / COLUMNS) * PANEL_HEIGHT})">\n${drawn(panel)}\n</g>`,
    ),
    '</svg>\n',
  ].join('\n');
}

interface Scale {
  readonly x: (day: number) => number;
  readonly y: (value: number) => number;
}

function drawn(panel: Panel): string {
  for (const series of panel.series) {
    const isWhole =
      series.points.length > 0
      && series.points.every(({ day, value }) => Number.isFinite(day) && Number.isFinite(value));
    if (!isWhole) throw new Error(`${panel.title}: there is no data for ${series.label}, or some that is no number`);
  }
  const points = panel.series.flatMap(series => series.points);
  const ticks = valueTicks(Math.max(...points.map(({ value }) => value)));
  // Leaves room for the width of bars on either side.
  const [lastDay, margin] = [Math.max(1, ...points.map(({ day }) => day)), 14];
  const scale: Scale = {
    x: day => round(PLOT.left + margin + day / lastDay * (PLOT.right - PLOT.left - 2 * margin)),
    y: value => round(PLOT.bottom - value / ticks[ticks.length - 1] * (PLOT.bottom - PLOT.top)),
  };
  const days = [...new Set(points.map(({ day }) => Math.round(day)))];
  const middle = (PLOT.top + PLOT.bottom) / 2;
  return [
    text(panel.title, [20, 22], { 'fill': COLORS.text, 'font-size': 14, 'font-weight': 700 }),
    ...ticks.flatMap(value => [
      `<line x1="${PLOT.left}" x2="${PLOT.right}" y1="${scale.y(value)}" y2="${scale.y(value)}" stroke="${value === 0 ? COLORS.muted : GRID}"/>`,
      text(String(value), [PLOT.left - 8, scale.y(value) + 4], { 'fill': COLORS.muted, 'text-anchor': 'end' }),
    ]),
    ...days.map(day =>
      text(String(day), [scale.x(day), PLOT.bottom + 18], { 'fill': COLORS.muted, 'text-anchor': 'middle' }),
    ),
    text('Day', [(PLOT.left + PLOT.right) / 2, PLOT.bottom + 36], { 'fill': COLORS.muted, 'text-anchor': 'middle' }),
    text(panel.unit, [24, middle], {
      'fill': COLORS.muted,
      'text-anchor': 'middle',
      'transform': `rotate(-90 24 ${middle})`,
    }),
    ...(panel.kind === 'line' ? lines(panel.series, scale) : bars(panel.series, scale)),
  ].join('\n');
}

function lines(series: readonly Series[], { x, y }: Scale): string[] {
  const ends = spread(series.map(({ points }) => y(points[points.length - 1].value)));
  return series.flatMap(({ label, color, points }, index) => [
    `<polyline points="${points.map(({ day, value }) => `${x(day)},${y(value)}`).join(' ')}" fill="none" stroke="${color}" stroke-width="2"${index > 0 ? ' stroke-dasharray="5 3"' : ''}/>`,
    ...points.map(({ day, value }) => mark(x(day), y(value), color, index)),
    mark(PLOT.right + 8, ends[index], color, index),
    text(`${label} ${points[points.length - 1].value}`, [PLOT.right + 18, ends[index] + 4], { fill: color }),
  ]);
}

/** Draws a disc for the first series, and a diamond for the second. */
function mark(x: number, y: number, color: string, index: number): string {
  return index === 0
    ? `<circle cx="${x}" cy="${y}" r="4" fill="${color}"/>`
    : `<path d="M${x} ${y - 5}l5 5-5 5-5-5z" fill="none" stroke="${color}" stroke-width="2"/>`;
}

const BAR_WIDTH = 9;

/**
 * Draws full bars for the first series, and empty ones for the second. A zero is drawn, too, because it means that a
 * sweep looked.
 */
function bars(series: readonly Series[], { x, y }: Scale): string[] {
  const bar = (left: number, top: number, height: number, color: string, index: number): string =>
    `<rect x="${left}" y="${top}" width="${BAR_WIDTH - 1}" height="${height}" fill="${index === 0 ? color : '#ffffff'}" stroke="${color}" stroke-width="1.5"/>`;
  return series.flatMap(({ label, color, points }, index) => [
    ...points.flatMap(({ day, value }) => {
      const left = round(x(day) + (index - series.length / 2) * BAR_WIDTH);
      return [
        bar(left, y(value), round(PLOT.bottom - y(value)), color, index),
        text(String(value), [left + BAR_WIDTH / 2, y(value) - 4], { 'fill': color, 'text-anchor': 'middle' }),
      ];
    }),
    bar(PLOT.right + 4, PLOT.top + index * 20, 8, color, index),
    text(label, [PLOT.right + 18, PLOT.top + 8 + index * 20], { fill: color }),
  ]);
}

/** Moves labels apart, because each needs 14 pixels. */
function spread(heights: readonly number[]): number[] {
  const order = heights.map((_, index) => index).sort((a, b) => heights[b] - heights[a]);
  const result = [...heights];
  order.forEach((index, rank) => {
    if (rank > 0) result[index] = Math.min(heights[index], result[order[rank - 1]] - 14);
  });
  return result;
}

/** Returns at most six round numbers from 0. The last is not below the largest value. */
function valueTicks(most: number): number[] {
  const steps = [1, 10, 100, 1000, 10_000].flatMap(power => [power, 2 * power, 5 * power]);
  const step = steps.find(each => most / each <= 5) ?? most;
  return Array.from({ length: Math.max(1, Math.ceil(most / step)) + 1 }, (_, index) => index * step);
}

const round = (value: number): number => Math.round(value * 10) / 10;

function text(
  content: string,
  [x, y]: readonly [x: number, y: number],
  attributes: Readonly<Record<string, string | number>>,
): string {
  return `<text x="${x}" y="${y}" ${Object.entries(attributes)
    .map(([name, value]) => `${name}="${escape(String(value))}"`)
    .join(' ')}>${escape(content)}</text>`;
}

const escape = (value: string): string => value.replace(/[&<>"]/g, character => `&#${character.charCodeAt(0)};`);
