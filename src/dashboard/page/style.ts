/** The style sheet of every page. Inline in the page, and allowed by its hash. */
export const style = `
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #fff; --line: #e3e5ea; --text: #1b1d23; --quiet: #5b6170; --accent: #4b49c8; --on-accent: #fff;
  --ok: #147a4b; --ok-soft: #e3f5ec; --warn: #8a5200; --warn-soft: #fdf0d8; --bad: #b3261e; --bad-soft: #fde8e6;
  --idle: #4a5568; --idle-soft: #e9ecf2;
  --stored: #1f9d66; --unchanged: #7d9ad0; --ignored: #b4bac7; --conflict: #d98a0b; --failing: #d3362d;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #101218; --card: #181b23; --line: #2a2e39; --text: #eceef3; --quiet: #a0a7b7; --accent: #a5a4ff; --on-accent: #14142b;
    --ok: #5fd39a; --ok-soft: #12301f; --warn: #f2b84b; --warn-soft: #35270d; --bad: #ff9188; --bad-soft: #3d1614;
    --idle: #b4bccb; --idle-soft: #232834;
    --stored: #35b87d; --unchanged: #5f7fbb; --ignored: #565d6d; --conflict: #e5a53a; --failing: #ef5f55;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--text);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; -webkit-text-size-adjust: 100%;
}
main, .bar { max-width: 72rem; margin: 0 auto; padding: 0 1.25rem; }
main { padding-bottom: 3rem; }
h1, h2, h3, p, dl, dd, ul { margin: 0; padding: 0; }
h2 { font-size: 1rem; font-weight: 650; letter-spacing: -.005em; }
h3 { font-size: .875rem; font-weight: 600; }
ul { list-style: none; }
a { color: var(--accent); text-underline-offset: .15em; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
a.code, a.id { text-underline-offset: .35em; }
code, .id { font: .8125rem/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; overflow-wrap: anywhere; }
.quiet { color: var(--quiet); }
.small { font-size: .8125rem; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.skip { position: absolute; left: -999rem; }
.skip:focus { left: 1rem; top: .5rem; background: var(--card); padding: .5rem 1rem; z-index: 1; }

.bar { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem 1.25rem; min-height: 4rem; padding-top: .75rem; padding-bottom: .75rem; }
.bar h1 { font-size: .9375rem; font-weight: 650; }
.bar h1 a { color: inherit; text-decoration: none; }
.bar .search { margin-left: auto; }
.bar .live { min-width: 3.25rem; text-align: right; color: var(--quiet); font-size: .8125rem; }
.bar .live::before { content: ""; display: inline-block; width: .5rem; height: .5rem; border-radius: 50%; margin-right: .5rem; background: var(--ok); }
.bar .live[data-state=paused]::before { background: var(--ignored); }
.bar .live[data-state=lost] { color: var(--bad); }
.bar .live[data-state=lost]::before { background: var(--bad); }

.headline { border-radius: 14px; padding: 1.25rem 1.5rem; border: 1px solid transparent; display: grid; grid-template-columns: auto 1fr; gap: .25rem 1rem; align-items: center; }
.headline .sign { width: 2.25rem; height: 2.25rem; }
.headline .sentence { font-size: 1.25rem; line-height: 1.35; font-weight: 450; letter-spacing: -.01em; text-wrap: pretty; }
.headline .sentence strong { font-weight: 700; }
.headline ul { grid-column: 2; display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; font-size: .9375rem; }
.headline a { color: inherit; }
.headline.ok { background: var(--ok-soft); color: var(--ok); }
.headline.warn { background: var(--warn-soft); color: var(--warn); }
.headline.bad { background: var(--bad-soft); color: var(--bad); }
.headline.idle { background: var(--idle-soft); color: var(--idle); }
.headline .sentence span { color: var(--text); }

.notice { border-radius: 10px; padding: .75rem 1rem; margin-bottom: 1rem; background: var(--idle-soft); }
.notice.ok { background: var(--ok-soft); color: var(--ok); }
.notice.warn { background: var(--warn-soft); color: var(--warn); }
.notice.bad { background: var(--bad-soft); color: var(--bad); }

.card { background: var(--card); border: 1px solid var(--line); border-radius: 14px; padding: 1.25rem 1.5rem; margin-top: 1rem; min-width: 0; }
.card > header { display: flex; flex-wrap: wrap; align-items: baseline; gap: .25rem 1rem; margin-bottom: 1rem; }
.card > header > :last-child:not(h2) { margin-left: auto; }
.two { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(24rem, 100%), 1fr)); gap: 0 1rem; align-items: start; }
.two > .card { height: calc(100% - 1rem); }

.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(9rem, 100%), 1fr)); gap: 1rem; margin-top: 1rem; }
.figure { background: var(--card); border: 1px solid var(--line); border-radius: 14px; padding: 1rem 1.25rem; }
.figure dt { color: var(--quiet); font-size: .8125rem; }
.figure dd { font-size: 1.625rem; line-height: 1.25; font-weight: 600; letter-spacing: -.02em; font-variant-numeric: tabular-nums; }
.figure dd + dd { font-size: .8125rem; line-height: 1.5; font-weight: 400; letter-spacing: 0; color: var(--quiet); }

.chart { display: block; width: 100%; height: 10rem; border-bottom: 1px solid var(--line); }
.chart .grid { stroke: var(--line); stroke-width: 1; vector-effect: non-scaling-stroke; }
.axis { display: flex; justify-content: space-between; color: var(--quiet); font-size: .75rem; margin-top: .375rem; }
.top { color: var(--quiet); font-size: .75rem; margin-bottom: .25rem; }
.stored { fill: var(--stored); background: var(--stored); } .unchanged { fill: var(--unchanged); background: var(--unchanged); }
.ignored { fill: var(--ignored); background: var(--ignored); } .conflict { fill: var(--conflict); background: var(--conflict); }
.failing { fill: var(--failing); background: var(--failing); }
.hit { fill: transparent; }
.hit:hover { fill: var(--text); fill-opacity: .07; }
.legend { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; font-size: .8125rem; color: var(--quiet); }
.legend b { color: var(--text); font-weight: 600; font-variant-numeric: tabular-nums; }
.swatch { display: inline-block; width: .625rem; height: .625rem; border-radius: 3px; margin-right: .375rem; }
.share { display: block; width: 100%; height: .5rem; border-radius: 4px; background: var(--line); margin: .75rem 0; }
.share .active { fill: var(--stored); } .share .pending { fill: var(--unchanged); } .share .error { fill: var(--failing); }
.share .deleted { fill: var(--ignored); } .share .local { fill: var(--conflict); fill-opacity: .45; }

.counts { display: grid; grid-template-columns: 1fr auto; gap: .125rem 1rem; font-size: .875rem; }
.counts dt { color: var(--quiet); }
.counts dd { font-variant-numeric: tabular-nums; text-align: right; }
.total { display: flex; justify-content: space-between; align-items: baseline; }
.total b { font-size: 1.375rem; font-weight: 600; line-height: 1.2; letter-spacing: -.02em; font-variant-numeric: tabular-nums; }
.resources { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(15rem, 100%), 1fr)); gap: 1.5rem 2.5rem; }

.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .875rem; }
th { text-align: left; font-weight: 500; color: var(--quiet); font-size: .8125rem; white-space: nowrap; }
th, td { padding: .625rem .75rem .625rem 0; border-top: 1px solid var(--line); vertical-align: top; }
thead th { border-top: 0; padding-top: 0; }
td:last-child, th:last-child { padding-right: 0; }
td.act { text-align: right; white-space: nowrap; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
td p + p { margin-top: .25rem; }
.badge { display: inline-block; border-radius: 999px; padding: .0625rem .5625rem; font-size: .75rem; font-weight: 600; background: var(--idle-soft); color: var(--idle); white-space: nowrap; }
.badge.ok { background: var(--ok-soft); color: var(--ok); }
.badge.warn { background: var(--warn-soft); color: var(--warn); }
.badge.bad { background: var(--bad-soft); color: var(--bad); }

form { display: inline; }
.search { display: flex; gap: .5rem; width: 26rem; max-width: 100%; }
.search input { flex: 1; min-width: 0; }
.actions { display: flex; flex-wrap: wrap; gap: .5rem; }
button, input { font: inherit; border-radius: 8px; border: 1px solid var(--line); padding: .375rem .75rem; min-height: 2.25rem; background: var(--card); color: var(--text); }
input { border-color: var(--quiet); }
button { cursor: pointer; font-weight: 550; font-size: .875rem; white-space: nowrap; }
button:hover { border-color: var(--quiet); }
button.main { background: var(--accent); border-color: var(--accent); color: var(--on-accent); }
button[disabled] { opacity: .6; cursor: progress; }
.empty { color: var(--quiet); padding: .25rem 0; }
details > summary { cursor: pointer; color: var(--quiet); font-size: .8125rem; margin-top: .75rem; width: fit-content; }
details[open] > summary { margin-bottom: .75rem; }
.facts { display: grid; grid-template-columns: minmax(7rem, auto) 1fr; gap: .5rem 1.5rem; font-size: .9375rem; }
.facts dt { color: var(--quiet); }
.facts dd { overflow-wrap: anywhere; min-width: 0; }
.stack > * + * { margin-top: 1rem; }
h3 + table, p + table { margin-top: .75rem; }
.back { margin-bottom: 1rem; }
footer { color: var(--quiet); font-size: .8125rem; margin-top: 1.5rem; }

@media (min-width: 60rem) { .rows .id { white-space: nowrap; } }
@media (max-width: 40rem) {
  main, .bar { padding-left: 1rem; padding-right: 1rem; }
  .headline { padding: 1rem; grid-template-columns: auto 1fr; gap: .5rem .75rem; }
  .headline .sign { width: 1.75rem; height: 1.75rem; }
  .headline .sentence { font-size: 1.0625rem; }
  .headline ul { grid-column: 1 / -1; flex-direction: column; }
  .card { padding: 1rem; }
  .figures { grid-template-columns: 1fr 1fr; gap: .75rem; }
  .figure { padding: .75rem 1rem; }
  .figure dd { font-size: 1.375rem; }
  .chart { height: 8rem; }
  .rows thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .rows tr { display: block; border-top: 1px solid var(--line); padding: .75rem 0; }
  .rows tr:first-child { border-top: 0; padding-top: 0; }
  .rows td { display: block; border: 0; padding: .125rem 0; }
  .rows td.act { text-align: left; padding-top: .5rem; }
  .bar .live { margin-left: auto; }
  .bar .search { order: 1; width: 100%; }
  .facts { grid-template-columns: 1fr; gap: 0; }
  .facts dd + dt { margin-top: .5rem; }
}
@media (prefers-reduced-motion: no-preference) { html { scroll-behavior: smooth; } }
`
