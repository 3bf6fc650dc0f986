/** The page's style sheet, served at /page.css. Every colour pair keeps a contrast of 4.5 : 1 or more (WCAG 2.2 AA), light and dark. */
export const PAGE_CSS = `:root {
  color-scheme: light dark;
  --bg: #f7f8f9; --card: #fff; --ink: #1b2229; --soft: #56616c; --line: #e1e5e9; --bar: #e8ecef; --fill: #3367b0; --day-up: #2f9e5b; --day-warn: #e0a11b; --day-down: #d0342c;
  --up: #12703a; --up-bg: #e5f4ea; --down: #b3261e; --down-bg: #fce9e7; --warn: #845300; --warn-bg: #fdf1dc; --calm: #48535e; --calm-bg: #eceff2;
}
@media (prefers-color-scheme: dark) {
  :root {
    --bg: #12161a; --card: #1a2026; --ink: #e7ebee; --soft: #a0abb5; --line: #2c343c; --bar: #2a323a; --fill: #7fb0f2; --day-up: #3fae6c; --day-warn: #e6b23c; --day-down: #ef5b50;
    --up: #74d69a; --up-bg: #16301f; --down: #ff9d94; --down-bg: #3c1a17; --warn: #f2be66; --warn-bg: #382a10; --calm: #b4bec7; --calm-bg: #262e35;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--bg); color: var(--ink); font: 16px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, 'PingFang SC', 'Microsoft YaHei', 'Noto Sans SC', sans-serif; }
.wrap { max-width: 60rem; margin: 0 auto; padding: 2rem 1.25rem 3rem; }
.skip { position: absolute; left: -100rem; }
.skip:focus { left: 1rem; top: 1rem; background: var(--card); padding: .5rem 1rem; z-index: 1; }
a { color: inherit; }
:focus-visible { outline: 3px solid var(--fill); outline-offset: 2px; border-radius: 4px; }
h1 { font-size: 1rem; font-weight: 600; margin: 0 0 1rem; color: var(--soft); }
h2 { font-size: 1.05rem; font-weight: 600; margin: 2.5rem 0 .75rem; }
h3 { font-size: 1.05rem; margin: 0; }
p { margin: 0; }
.soft, caption, .why { color: var(--soft); }
.small, .why, time { font-size: .875rem; }
time { white-space: nowrap; font-variant-numeric: tabular-nums; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 12px; }
.banner { display: flex; gap: 1rem; align-items: center; padding: 1.4rem 1.5rem; border-radius: 14px; font-size: 1.35rem; font-weight: 600; line-height: 1.3; }
.banner .mark { font-size: 1.5rem; width: 1.6em; text-align: center; flex: none; }
.notice { padding: .7rem 1rem; border-radius: 10px; margin-top: 1rem; }
.up { color: var(--up); } .down { color: var(--down); } .warn { color: var(--warn); } .calm { color: var(--calm); }
.banner.up, .pill.up { background: var(--up-bg); } .banner.down, .pill.down { background: var(--down-bg); }
.banner.warn, .pill.warn, .notice.warn { background: var(--warn-bg); } .banner.calm, .pill.calm { background: var(--calm-bg); }
.pill { display: inline-block; padding: .1rem .6rem; border-radius: 99px; font-size: .875rem; font-weight: 600; white-space: nowrap; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
caption { text-align: left; font-size: .875rem; padding-bottom: .35rem; }
th, td { text-align: left; padding: .7rem 1rem; border-top: 1px solid var(--line); vertical-align: top; }
thead th { border-top: 0; font-size: .8rem; font-weight: 600; color: var(--soft); white-space: nowrap; }
tbody th { font-weight: 600; }
.mptcp { font-size: .8rem; font-weight: 400; color: var(--soft); }
td.num { white-space: nowrap; font-variant-numeric: tabular-nums; }
.sites { display: grid; gap: 1rem; }
.site { padding: 1.25rem 1.5rem; display: grid; gap: .9rem; }
.head { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: baseline; justify-content: space-between; }
.carries { font-size: 1.1rem; }
.bars { list-style: none; margin: 0; padding: 0; display: grid; gap: .5rem; }
.bars li { display: grid; grid-template-columns: minmax(6rem, 12rem) 1fr 4rem; gap: .9rem; align-items: center; }
.bars svg { width: 100%; height: .6rem; border-radius: 99px; display: block; }
.bars .track { fill: var(--bar); } .bars .part { fill: var(--fill); }
.bars b { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; font-weight: 600; }
.past { list-style: none; margin: 0; padding: 0; }
.past > li { padding: 1rem 1.25rem .8rem; border-top: 1px solid var(--line); }
.past > li:first-child { border-top: 0; }
.past .num { font-variant-numeric: tabular-nums; font-size: .875rem; color: var(--soft); }
.past svg { display: block; width: 100%; height: 2rem; margin-top: .5rem; }
.past path { stroke-width: 2.8; fill: none; }
.past path.up { stroke: var(--day-up); } .past path.warn { stroke: var(--day-warn); } .past path.down { stroke: var(--day-down); }
.past path.kept { stroke: var(--fill); } .past path.none { stroke: var(--bar); } .past rect { fill: transparent; } .past rect:hover { fill: var(--line); fill-opacity: .5; }
.ends { display: flex; justify-content: space-between; font-size: .75rem; color: var(--soft); }
.legend { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; list-style: none; margin: 0; padding: .7rem 1.25rem; border-top: 1px solid var(--line); font-size: .8rem; color: var(--soft); }
.legend i { display: inline-block; padding: 0; width: .7rem; height: .7rem; border-radius: 2px; margin-right: .4rem; }
.legend .up { background: var(--day-up); } .legend .warn { background: var(--day-warn); } .legend .down { background: var(--day-down); } .legend .kept { background: var(--fill); } .legend .none { background: var(--bar); }
.facts { display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; font-size: .875rem; color: var(--soft); margin: 0; padding: 0; list-style: none; }
.site table { border: 1px solid var(--line); border-radius: 8px; border-collapse: separate; border-spacing: 0; }
.site th, .site td { padding: .4rem .8rem; font-size: .875rem; }
.rows { list-style: none; margin: 0; padding: 0; }
.rows > li { display: grid; grid-template-columns: 12.5rem 1fr; gap: .1rem 1rem; padding: .8rem 1.25rem; border-top: 1px solid var(--line); }
.rows > li:first-child { border-top: 0; }
.rows .what { font-weight: 600; overflow-wrap: anywhere; }
.why { overflow-wrap: anywhere; }
td .why { min-width: 14rem; }
details summary { padding: .8rem 1.25rem; cursor: pointer; color: var(--soft); border-top: 1px solid var(--line); }
.none { padding: 1rem 1.25rem; color: var(--soft); }
footer { margin-top: 2.5rem; color: var(--soft); font-size: .875rem; }
@media (max-width: 40rem) {
  .wrap { padding: 1.25rem .9rem 2rem; }
  .banner { font-size: 1.15rem; padding: 1.1rem; }
  .site { padding: 1rem; }
  #servers-table thead { position: absolute; left: -100rem; }
  #servers-table tr { display: flex; flex-wrap: wrap; padding: .6rem 0; border-top: 1px solid var(--line); }
  #servers-table th, #servers-table td { border: 0; padding: .15rem 1rem; }
  #servers-table tbody th, #servers-table td[data-health] { width: 100%; }
  #servers-table .num::before { content: attr(data-vantage) ' '; color: var(--soft); }
  .rows > li { grid-template-columns: 1fr; padding: .8rem 1rem; }
  .bars li { grid-template-columns: 1fr 4rem; }
  .bars svg { grid-row: 2; grid-column: 1 / -1; }
}
@media (forced-colors: active) { .pill, .banner { border: 1px solid; } .bars .part { fill: Highlight; } }
@media print { body { background: #fff; } .skip { display: none; } }
`;
