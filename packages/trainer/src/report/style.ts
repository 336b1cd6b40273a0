import { PALETTE } from './palette.js';

const colours = (lines: readonly string[]): string =>
  lines.map((colour, i) => `--c${i}: ${colour};`).join(' ');

const classes = PALETTE.light.lines.map((_, i) => `.c${i} { --c: var(--c${i}); }`).join('\n');

/** How the page looks. */
export const STYLE = `
:root { color-scheme: light dark; --paper: ${PALETTE.light.paper}; --ink: #1b1b1b; --soft: #595959; --line: #d9d9d9; ${colours(PALETTE.light.lines)} }
@media (prefers-color-scheme: dark) { :root { --paper: ${PALETTE.dark.paper}; --ink: #ededed; --soft: #a8a8a8; --line: #3a3a3a; ${colours(PALETTE.dark.lines)} } }
${classes}
body { font: 16px/1.5 system-ui, sans-serif; max-width: 1200px; margin: 2rem auto; padding: 0 1rem; background: var(--paper); color: var(--ink); }
h1, h2, h3, h4 { line-height: 1.2; overflow-wrap: anywhere; } h1 { font-size: 1.6rem; } h2 { font-size: 1.2rem; } h3 { font-size: 1rem; margin: 0 0 .3rem; } h4 { margin: 1rem 0 .3rem; font-size: .9rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; min-width: 60%; }
caption { text-align: left; color: var(--soft); font-size: .85rem; padding-bottom: .3rem; }
th, td { padding: .35rem .8rem; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; vertical-align: top; }
thead th { color: var(--soft); font-weight: 500; font-size: .85rem; }
tbody th { font-weight: 500; } th:first-child, .text { text-align: left; }
tbody th:first-child, td.text { white-space: normal; overflow-wrap: anywhere; min-width: 9rem; } td.text { min-width: 13rem; }
.setting { display: inline-block; margin-right: .8rem; color: var(--soft); } .setting b { color: var(--ink); font-weight: 500; }
tr.off th, tr.off td { color: var(--soft); }
.key { display: inline-block; width: .8em; height: .8em; border-radius: 50%; margin-right: .5em; background: var(--c); }
input[type="checkbox"] { margin: 0 .5em 0 0; accent-color: var(--ink); }
.controls { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem 1.5rem; margin: 1.2rem 0; padding: .6rem .8rem; border: 1px solid var(--line); border-radius: .4rem; position: sticky; top: 0; z-index: 2; background: var(--paper); }
.controls label { display: inline-flex; align-items: center; gap: .5rem; } .controls output { min-width: 2.5em; font-variant-numeric: tabular-nums; }
.controls input[type="range"] { width: 9rem; accent-color: var(--ink); }
.controls select, .controls button { font: inherit; color: inherit; background: var(--paper); border: 1px solid var(--soft); border-radius: .3rem; padding: .15rem .5rem; }
.controls span { display: inline-flex; gap: .5rem; }
[hidden] { display: none !important; }
.plots { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 350px), 1fr)); gap: 1.6rem 1.2rem; margin: 1.2rem 0; }
figure { margin: 0; position: relative; min-width: 0; }
svg.chart { width: 100%; height: auto; display: block; touch-action: pan-y; }
figcaption, .note { font-size: .85rem; color: var(--soft); margin: .2rem 0 0; overflow-wrap: anywhere; }
.words { position: absolute; width: 1px; height: 1px; margin: 0; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.grid, .mark { fill: none; stroke: var(--line); } .tick { fill: var(--soft); font-size: 12px; }
.line, .raw { fill: none; stroke: var(--c); stroke-width: 1.8; stroke-linejoin: round; } .raw { opacity: .28; stroke-width: 1; }
.band { fill: var(--c); opacity: .16; } .dot { fill: var(--c); }
.line.dash1 { stroke-dasharray: 6 3; } .line.dash2 { stroke-dasharray: 2 3; }
.faded { opacity: .12; }
.cursor { stroke: var(--soft); stroke-dasharray: 3 3; pointer-events: none; } .near { fill: var(--c); stroke: var(--paper); stroke-width: 1.5; pointer-events: none; }
.values { position: absolute; z-index: 3; pointer-events: none; background: var(--paper); border: 1px solid var(--soft); border-radius: .3rem; padding: .3rem .5rem; font-size: .8rem; max-width: 18rem; box-shadow: 0 2px 8px #0003; }
.values p, .values ul { margin: 0; padding: 0; list-style: none; } .values li { display: flex; gap: .3rem; align-items: baseline; } .values .name { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; flex: 1; } .values .key { flex: none; width: .6em; height: .6em; margin: 0; } .values b { font-weight: 500; font-variant-numeric: tabular-nums; white-space: nowrap; }
details { margin: .8rem 0; } summary { cursor: pointer; } summary h2 { display: inline; }
pre { overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere; padding: .8rem; border: 1px solid var(--line); border-radius: .3rem; font-size: .85rem; margin: .4rem 0; }
dl { display: grid; grid-template-columns: max-content max-content; gap: .1rem 1.5rem; font-size: .9rem; } dd { margin: 0; text-align: right; font-variant-numeric: tabular-nums; } dt { overflow-wrap: anywhere; }
:focus-visible { outline: 2px solid var(--ink); outline-offset: 2px; }
.status { color: var(--soft); min-height: 1.5em; }
@media (max-width: 500px) { th, td { padding: .3rem .5rem .3rem 0; } tbody th:first-child { min-width: 6rem; } td.text { min-width: 8rem; } .setting { font-size: .85rem; } dl { grid-template-columns: 1fr max-content; } .controls { position: static; } }
@media print { .controls { display: none; } }
`;
