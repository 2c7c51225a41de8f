import type { FailureCause } from '../../jobs/run/failure-tally'
import { counted } from '../../monitor/counted'
import { remedyFor } from '../../monitor/remedies'
import type { Io } from './io'
import { printPages } from './print-pages'

type Title = string | { title: string; noun: string }

/**
 * Prints what a job could not synchronize, by cause: count, some ids, reason and remedy.
 * @param title In front of the list; with the noun of what is counted, by default `user`.
 */
export function printFailures(io: Io, title: Title, causes: readonly FailureCause[], total: number): void {
  if (causes.length === 0) return
  io.out()
  printCauses(io, title, causes, total)
}

/** Like `printFailures`, without an empty line before it. */
export function printCauses(io: Io, given: Title, causes: readonly FailureCause[], total: number): void {
  const { title, noun } = typeof given === 'string' ? { title: given, noun: 'user' } : given
  const { bold, yellow, cyan } = io.colors
  io.out(bold(title))
  for (const { code, path, message, count: users, examples } of causes) {
    const more = users > examples.length ? ', …' : ''
    const who = `${examples.join(', ')}${more}`
    io.out(`  ${yellow(counted(users, noun))}  ${code}${path === undefined ? '' : ` at ${path}`}  ${who}`)
    io.out(`    ${message}`)
    const remedy = remedyFor(code)
    if (remedy !== undefined) io.out(`    ${cyan('→')} ${remedy}`)
  }
  const named = causes.reduce((sum, { count: users }) => sum + users, 0)
  if (total > named) io.out(`  and ${(total - named).toLocaleString('en')} more ${noun}s, for other reasons`)
  printPages(
    io,
    causes.map(({ code }) => code),
  )
}
