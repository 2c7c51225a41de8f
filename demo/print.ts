import type { Finding, RawUser } from './check'
import type { Call, Delivery } from './script'

type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan'

const codes: Record<Style, number> = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 }
const columns = { event: 30, story: 41, status: 4, result: 9 } as const

export interface Printer {
  line(text?: string): void
  chapter(title: string): void
  delivery(delivery: Delivery, answer: { status: number; result: string }, holds: string[]): void
  call(call: Call, said: string, holds: string[]): void
  users(users: readonly RawUser[]): void
  findings(findings: readonly Finding[]): void
}

export interface Output {
  isTTY?: boolean
  write(text: string): unknown
}

/** Prints in colour to a terminal, and without escape codes otherwise. */
export function createPrinter(output: Output, noColor?: string): Printer {
  const colourful = output.isTTY === true && !noColor
  const paint = (style: Style, text: string) => (colourful ? `\u001b[${codes[style]}m${text}\u001b[0m` : text)
  const line = (text = '') => void output.write(`${text.trimEnd()}\n`)
  const header = `${cells({ event: 'EVENT', story: 'WHAT', status: 'HTTP', result: 'OUTCOME' })}MONGODB HOLDS`

  return {
    line,
    chapter(title) {
      line()
      line(paint('bold', title))
      line(paint('dim', header))
    },
    delivery({ message, story, status, result }, answer, holds) {
      const isExpected = answer.status === status && answer.result === result
      const isAccepted = answer.status === 200
      const style: Style = !isExpected ? 'red' : isAccepted ? 'green' : 'yellow'
      const row = cells({ event: message.event.type, story })
      const reply = cells({
        status: String(answer.status),
        result: isAccepted ? answer.result : answer.status < 500 ? 'refused' : 'failed',
      })
      const [first = '', ...more] = isAccepted ? holds : [...holds, `(${answer.result})`]
      line(`${row}${paint(style, reply)}${first}`)
      for (const held of more) line(`${indent}${held}`)
      if (!isExpected) line(`${indent}${paint('red', `expected: ${status} ${result}`)}`)
    },
    call({ name, story, says }, said, holds) {
      line(`${cells({ event: name, story })}${paint(said === says ? 'green' : 'red', said)}`)
      for (const held of holds) line(`${indent}${held}`)
      if (said !== says) line(`${indent}${paint('red', `expected: ${says}`)}`)
    },
    users: (users) => {
      for (const user of users) line(`  ${describe(user)}`)
    },
    findings(findings) {
      for (const { claim, problems } of findings) {
        const mark = problems.length === 0 ? paint('green', 'ok  ') : paint('red', 'FAIL')
        line(`  ${mark}  ${claim}${problems.length > 0 ? `: ${problems.join('; ')}` : ''}`)
      }
    },
  }
}

/** A short description of a document. */
export function describe(user: RawUser | undefined): string {
  if (!user) return 'no document'
  const ended = user.clerkDeletedAt ? ' · DELETED' : ''
  if (user.role !== undefined) return `member · ${String(user.role)}${ended}`
  if (user.slug !== undefined) return `${String(user.name)} · /${String(user.slug)}${ended}`
  const { email, username, firstName, lastName, phone, plan } = user
  const name = [firstName, lastName].filter(Boolean).join(' ') || '(no name)'
  const state = user.clerkDeletedAt ? 'DELETED' : user.authProvider === 'local' ? 'local' : undefined
  return [name, email ?? '(no e-mail)', username && `@${username}`, phone, plan !== 'free' && plan, state]
    .filter(Boolean)
    .join(' · ')
}

type Column = keyof typeof columns

const widthOf = (column: Column) => columns[column] + 2
const indent = ' '.repeat(Object.values(columns).reduce((sum, width) => sum + width + 2, 0))

function cells(row: Partial<Record<Column, string>>): string {
  const entries = Object.entries(row) as [Column, string][]
  return entries.map(([column, text]) => text.padEnd(widthOf(column))).join('')
}
