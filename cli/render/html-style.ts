import { html } from '../../lambda/core/report/findings-page/html';

/** Text colors have a contrast of at least 4.5 with the background, in both schemes. */
export const STYLE = html`
:root { color-scheme: light dark; --background: #ffffff; --text: #0f141a; --muted: #424650; --line: #dedee3; }
:root { --bad: #c40000; --warn: #7a5200; --good: #00702a; }
@media (prefers-color-scheme: dark) {
  :root { --background: #161d26; --text: #d1d1d8; --muted: #b4b4bb; --line: #3a424e; }
  :root { --bad: #ff8a8a; --warn: #fbd332; --good: #4fd05a; }
}
body { background: var(--background); color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
body { margin: 0 auto; max-width: 100rem; padding: 1rem; }
h1 { font-size: 1.5rem; }
h2 { font-size: 1.15rem; margin-top: 2rem; }
h1, h2, p, td, th { overflow-wrap: anywhere; }
p { margin: 0.25rem 0; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; margin: 0.75rem 0; width: 100%; }
caption { color: var(--muted); padding-bottom: 0.25rem; text-align: left; }
th, td { border-bottom: 1px solid var(--line); padding: 0.4rem 1rem 0.4rem 0; text-align: left; vertical-align: top; }
.id { white-space: nowrap; }
.bad { color: var(--bad); }
.warn { color: var(--warn); }
.good { color: var(--good); }
.quiet { color: var(--muted); }
`;
