/** What people's controls add to the status page's style sheet, served at /admin/page.css. */
export const ADMIN_CSS = `nav { display: flex; flex-wrap: wrap; gap: .4rem 1.25rem; align-items: center; margin-bottom: 1.5rem; }
nav a { text-decoration: none; padding: .3rem 0; border-bottom: 2px solid transparent; }
nav a[aria-current] { border-color: var(--fill); font-weight: 600; }
nav form { margin-left: auto; }
form { margin: 0; }
.row { display: flex; flex-wrap: wrap; gap: .6rem .75rem; align-items: end; }
label { display: grid; gap: .2rem; font-size: .8rem; color: var(--soft); }
input, select, textarea, button { font: inherit; color: var(--ink); border: 1px solid var(--edge); border-radius: 8px; background: var(--card); padding: .45rem .7rem; min-height: 2.6rem; max-width: 100%; }
:root { --edge: #8a949e; } @media (prefers-color-scheme: dark) { :root { --edge: #6b7681; } }
button { cursor: pointer; font-weight: 600; background: var(--bar); }
button:hover { border-color: var(--ink); }
button.main { background: #2b5797; border-color: #2b5797; color: #fff; }
button.main:hover { background: #1f4580; }
button.risk { color: var(--down); border-color: var(--down); background: var(--card); }
button.plain { background: none; border-color: transparent; font-weight: 400; text-decoration: underline; }
thead td { border: 0; }
textarea { width: 100%; min-height: 26rem; font: .85rem/1.5 ui-monospace, Menlo, Consolas, monospace; white-space: pre; overflow: auto; tab-size: 2; }
.notice.up { background: var(--up-bg); } .notice.down { background: var(--down-bg); }
.notice + main, .notice + .notice { margin-top: 1rem; }
.sign { max-width: 26rem; margin: 3rem auto; padding: 1.75rem; display: grid; gap: 1rem; }
.sign form { display: grid; gap: .8rem; } .sign input { width: 100%; }
.site details summary, td details summary { border: 0; padding: .35rem 0; min-height: 0; }
.site details form, td details form { padding: .4rem 0; display: grid; gap: .5rem; justify-items: start; }
.split { display: flex; flex-wrap: wrap; gap: .75rem 2rem; align-items: center; justify-content: space-between; }
.secret { display: block; padding: .8rem 1rem; margin: .5rem 0 0; border-radius: 8px; background: var(--card); color: var(--ink); font: .9rem/1.5 ui-monospace, Menlo, Consolas, monospace; overflow-wrap: anywhere; user-select: all; }
code { font-family: ui-monospace, Menlo, Consolas, monospace; font-size: .85rem; overflow-wrap: anywhere; }
.stack { display: grid; gap: 1rem; }
.pad { padding: 1.25rem 1.5rem; }
ul.plain { margin: .3rem 0 0; padding-left: 1.2rem; }
@media (max-width: 40rem) { nav form { margin-left: 0; } .row label, .row select, .row input { width: 100%; } .pad { padding: 1rem; } }
`;
