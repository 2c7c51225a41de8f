import type { DriftKind, DriftReport, ReconcileReport } from '../../jobs/reconcile/reconcile-report'
import { printFailures } from '../terminal/failures'
import type { Io } from '../terminal/io'
import { count } from '../terminal/text'

/** Each kind of drift in words, after its number. */
const words: Record<DriftKind, string> = {
  missing: 'at Clerk, not here',
  stale: 'an older version here',
  changed: "fields that are Clerk's were changed here",
  deletedInClerk: 'here, no longer at Clerk',
  deletedHere: 'deleted here, alive at Clerk; --revive <id…> brings them back',
  duplicate: 'live documents that share an e-mail address; not mended by itself',
}

/** Whether no difference was found. */
export function isInStep({ drift }: DriftReport): boolean {
  return Object.values(drift).every((n) => n === 0)
}

/** Prints what was found, what was repaired, and what remains. */
export function printReport(io: Io, report: ReconcileReport): void {
  const { bold } = io.colors
  printLook(io, report.complete ? '' : 'Not complete: ', report)
  if (report.repaired) {
    const mended = Object.entries(report.repaired).filter(([, n]) => n > 0)
    io.out(`\n${bold('Mended')}${mended.length === 0 ? ': nothing' : ''}`)
    for (const [kind, n] of mended) io.out(`  ${count(n, 'user')}: ${words[kind as DriftKind].replace(/;.*/, '')}`)
  }
  const { unstored } = report
  if (unstored) printFailures(io, 'Could not be stored so far', unstored.causes, unstored.count)
  printFailures(io, 'Could not be put in step', report.causes ?? [], report.failures?.length ?? 0)
  if (report.unknown?.length) {
    io.out(`\n${bold('On neither side')}, misspelt perhaps, or users of another instance`)
    io.out(`  ${io.colors.yellow(report.unknown.map((id) => id || '(empty)').join(', '))}`)
  }
  if (report.after) {
    io.out()
    printLook(io, 'A second look: ', report.after)
  } else if (!report.repaired && mendable(report)) io.out('\nreconcile --apply mends what can be mended.')
}

function mendable({ drift }: DriftReport): boolean {
  return drift.missing + drift.stale + drift.changed + drift.deletedInClerk > 0
}

function printLook(io: Io, title: string, report: DriftReport): void {
  const { checked, inStep, drift, examples } = report
  io.out(io.colors.bold(`${title}${inStep.toLocaleString('en')} of ${count(checked, 'user')} in step`))
  for (const kind of Object.keys(words) as DriftKind[]) {
    if (drift[kind] === 0) continue
    const noun = kind === 'duplicate' ? 'shared address' : 'user'
    const n = kind === 'duplicate' && drift[kind] !== 1 ? `${drift[kind]} shared addresses` : count(drift[kind], noun)
    io.out(`  ${io.colors.yellow(n)}: ${words[kind]}`)
    const more = drift[kind] > examples[kind].length ? ', …' : ''
    if (examples[kind].length > 0) io.out(io.colors.dim(`    ${examples[kind].join(', ')}${more}`))
  }
}
