/**
 * The style of the page. Every rule names the page's own class, so that it does not affect the rest of the dashboard.
 */
import { type Html, raw } from './html';
import type { PageRequest } from './request';

interface Palette {
  readonly background: string;
  readonly text: string;
  readonly heading: string;
  readonly muted: string;
  readonly line: string;
  readonly subtle: string;
  readonly link: string;
  readonly good: string;
  readonly warning: string;
  readonly bad: string;
  readonly warningBackground: string;
  readonly badBackground: string;
}

/**
 * Colors like those of the console. Each text color has a contrast of at least 4.5 with every background that it
 * appears on.
 */
const PALETTES: Readonly<Record<PageRequest['theme'], Palette>> = {
  light: {
    background: '#ffffff',
    text: '#0f141a',
    heading: '#0f141a',
    muted: '#424650',
    line: '#dedee3',
    subtle: '#f6f6f9',
    link: '#0055b5',
    good: '#00702a',
    warning: '#7a5200',
    bad: '#c40000',
    warningBackground: '#fffbe8',
    badBackground: '#fff5f5',
  },
  dark: {
    background: '#161d26',
    text: '#d1d1d8',
    heading: '#ebebf0',
    muted: '#b4b4bb',
    line: '#3a424e',
    subtle: '#1f2833',
    link: '#6cc5ff',
    good: '#4fd05a',
    warning: '#fbd332',
    bad: '#ff8a8a',
    warningBackground: '#2b2610',
    badBackground: '#34181b',
  },
};

export function style(theme: PageRequest['theme']): Html {
  const { background, text, heading, muted, line, subtle, link, good, warning, bad, warningBackground, badBackground } =
    PALETTES[theme];
  return raw(`<style>
.nh { background: ${background}; color: ${text}; font: 13px/1.45 "Amazon Ember", "Helvetica Neue", Roboto, Arial, sans-serif; padding: 4px 12px 12px; text-align: left; }
.nh, .nh * { box-sizing: border-box; }
.nh * { overflow-wrap: anywhere; }
.nh h2 { color: ${heading}; font-size: 15px; font-weight: 700; line-height: 1.3; margin: 18px 0 2px; }
.nh h2 span { color: ${muted}; font-weight: 400; }
.nh p { margin: 6px 0; }
.nh .muted { color: ${muted}; }
.nh .alert { border-left: 3px solid ${warning}; background: ${warningBackground}; border-radius: 4px; margin: 8px 0; padding: 8px 12px; }
.nh .alert.severe { border-color: ${bad}; background: ${badBackground}; }
.nh .alert p { margin: 0; }
.nh .alert ul { margin: 4px 0 0; padding-left: 18px; }
.nh .info { color: ${link}; }
.nh .good { color: ${good}; }
.nh .warning { color: ${warning}; }
.nh .bad { color: ${bad}; }
.nh .status { font-weight: 700; }
.nh svg { vertical-align: -2px; margin-right: 4px; }
.nh table { width: 100%; table-layout: fixed; border-collapse: collapse; margin: 0; }
.nh caption { caption-side: top; color: ${muted}; text-align: left; padding: 0 0 6px; }
.nh th, .nh td { text-align: left; vertical-align: top; font-weight: 400; padding: 7px 10px 7px 0; border-top: 1px solid ${line}; unicode-bidi: isolate; }
.nh thead th { color: ${muted}; font-weight: 700; font-size: 12px; padding-top: 4px; padding-bottom: 4px; border-top: 0; }
.nh td:last-child, .nh th:last-child { padding-right: 0; }
.nh .line { display: block; unicode-bidi: isolate; }
.nh .strong { color: ${heading}; font-weight: 700; }
.nh .small { font-size: 12px; }
.nh ul.plain { list-style: none; margin: 0; padding: 0; }
.nh ul.plain li + li { margin-top: 4px; }
.nh code { display: block; user-select: all; background: ${subtle}; color: ${text}; border: 1px solid ${line}; border-radius: 4px; padding: 4px 6px; }
.nh code { font: 11px/1.5 Monaco, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
.nh .pages { display: flex; flex-wrap: wrap; align-items: center; gap: 8px; padding: 8px 0 0; border-top: 1px solid ${line}; }
.nh .btn { display: inline-block; color: ${link}; background: ${background}; border: 1px solid ${link}; border-radius: 16px; }
.nh .btn { font-weight: 700; line-height: 1.3; padding: 4px 14px; cursor: pointer; text-decoration: none; user-select: none; }
.nh .btn:hover, .nh .btn:focus { background: ${subtle}; }
.nh .label { display: none; }
.nh.narrow table, .nh.narrow caption, .nh.narrow tbody, .nh.narrow tr, .nh.narrow th, .nh.narrow td { display: block; width: auto; }
.nh.narrow thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.nh.narrow tr { border: 1px solid ${line}; border-radius: 8px; padding: 8px 10px; margin: 0 0 8px; }
.nh.narrow th, .nh.narrow td { border: 0; padding: 0; margin: 0 0 6px; }
.nh.narrow td { position: relative; padding-left: 112px; min-height: 19px; }
.nh.narrow td:last-child { margin: 0; }
.nh.narrow .label { display: block; position: absolute; left: 0; top: 0; width: 108px; color: ${muted}; font-size: 12px; }
.nh.narrow .pages { border: 0; padding-top: 0; }
</style>`);
}

const ICONS = {
  good: '<circle cx="8" cy="8" r="7"/><path d="M4.8 8.2l2.2 2.3 4.2-4.6"/>',
  warning: '<path d="M8 1.5l7 13H1z"/><path d="M8 6v4M8 11.6v1.2"/>',
  info: '<circle cx="8" cy="8" r="7"/><path d="M8 4v4.3l2.8 1.7"/>',
  person: '<circle cx="8" cy="5" r="3"/><path d="M2.5 14.5c.6-6.5 10.4-6.5 11 0"/>',
  bad: '<circle cx="8" cy="8" r="7"/><path d="M5.3 5.3l5.4 5.4M10.7 5.3l-5.4 5.4"/>',
  muted: '<circle cx="8" cy="8" r="7"/><path d="M5 8h6"/>',
} as const;

export type Tone = keyof typeof ICONS;

/** Returns a decorative icon. It stands next to a word that says the same. */
export function icon(tone: Tone): Html {
  return raw(
    `<svg width="14" height="14" viewBox="0 0 16 16" fill="none" stroke="currentColor" stroke-width="1.8" aria-hidden="true" focusable="false">${ICONS[tone]}</svg>`,
  );
}
