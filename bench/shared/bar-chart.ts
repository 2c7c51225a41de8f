/** Bars that stand together beneath a heading. */
export interface BarGroup {
  label: string
  bars: readonly { label: string; value: number }[]
}

const [WIDTH, LABELS, VALUES, BAR, GAP, HEADING] = [720, 150, 70, 18, 6, 34]

/**
 * Draws horizontal bars as an SVG that reads well on a light and on a dark page. All bars have one scale.
 * @param title What the values are, with their unit.
 */
export function barChart(title: string, groups: readonly BarGroup[]): string {
  const largest = Math.max(...groups.flatMap(({ bars }) => bars.map(({ value }) => value)))
  const lines: string[] = []
  let y = HEADING
  for (const { label, bars } of groups) {
    lines.push(text(0, y + 12, label, 'heading'))
    y += BAR + GAP
    for (const bar of bars) {
      const width = Math.max(1, ((WIDTH - LABELS - VALUES) * bar.value) / largest)
      const colour = bar.label.startsWith('ours') ? 'ours' : 'rival'
      lines.push(text(0, y + 13, bar.label))
      lines.push(`<rect class="${colour}" x="${LABELS}" y="${y}" width="${width.toFixed(1)}" height="${BAR}" rx="2"/>`)
      lines.push(text(LABELS + width + 6, y + 13, Math.round(bar.value).toLocaleString('en')))
      y += BAR + GAP
    }
    y += GAP * 2
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" role="img" aria-label="${escaped(title)}">
<style>
text { font: 13px system-ui, sans-serif; fill: #24292f }
.heading { font-weight: 600 }
.ours { fill: #6c47ff }
.rival { fill: #9aa4af }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .ours { fill: #9d85ff } .rival { fill: #5d6873 } }
</style>
${text(0, 14, title, 'heading')}
${lines.join('\n')}
</svg>
`
}

const text = (x: number, y: number, words: string, style?: string): string =>
  `<text x="${x.toFixed(1)}" y="${y}"${style ? ` class="${style}"` : ''}>${escaped(words)}</text>`

const escaped = (words: string): string => words.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)
