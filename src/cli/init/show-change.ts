import { createTwoFilesPatch } from 'diff'
import type { Colors } from '../terminal/colors'
import type { Change } from './plan'

/**
 * Formats a change as a unified diff. For environment files, shows only the added names, because their values are
 * secret.
 */
export function showChange({ path, action, before, after, names }: Change, colors: Colors): string[] {
  if (names) return painted([`--- ${path}`, `+++ ${path}`, ...names.map((name) => `+${name}=`)], colors)
  const from = action === 'create' ? '/dev/null' : path
  const patch = createTwoFilesPatch(from, path, before, after, undefined, undefined, { context: 3 })
  return painted(patch.slice(patch.indexOf('---')).trimEnd().split('\n'), colors)
}

function painted(lines: readonly string[], { bold, green, red, cyan }: Colors): string[] {
  return lines.map((line) => {
    if (/^(---|\+\+\+) /.test(line)) return bold(line)
    if (line.startsWith('@@')) return cyan(line)
    if (line.startsWith('+')) return green(line)
    return line.startsWith('-') ? red(line) : line
  })
}
