import { counted } from '../../monitor/counted'
import type { Finding } from '../../store/finding'
import type { Colors } from '../terminal/colors'
import type { Io } from '../terminal/io'

const marks: Record<Finding['verdict'], (colors: Colors) => string> = {
  ok: ({ green }) => green('✓'),
  warning: ({ yellow }) => yellow('!'),
  problem: ({ red }) => red('✗'),
  skipped: ({ dim }) => dim('-'),
}

/** Prints a line per check with its remedy, and a summary. */
export function printFindings({ out, colors }: Io, findings: readonly Finding[]): void {
  for (const { verdict, message, remedy, isFixed, docs } of findings) {
    const [first = '', ...more] = message.split('\n')
    out(`${marks[verdict](colors)} ${first}${isFixed ? colors.green(' (fixed)') : ''}`)
    for (const line of more) out(`    ${line}`)
    if (remedy !== undefined) out(`    ${colors.cyan('→')} ${remedy}`)
    if (docs !== undefined) out(colors.dim(`    ${docs}`))
  }
  const [problems, warnings] = (['problem', 'warning'] as const).map((wanted) => {
    return findings.filter(({ verdict }) => verdict === wanted).length
  }) as [number, number]
  out()
  const skipped = findings.filter(({ verdict }) => verdict === 'skipped').length
  if (problems + warnings + skipped === 0) out(colors.green('No problems found.'))
  else if (problems + warnings === 0) out(`${colors.green('No problems found')}; ${counted(skipped, 'check')} skipped.`)
  else out(`${colors.bold(counted(problems, 'problem'))}, ${counted(warnings, 'warning')}.`)
}
