import { emitKeypressEvents } from 'node:readline'
import type { FakeClerk } from '../../testing/fake-clerk/create-fake-clerk'
import type { Io } from '../terminal/io'
import { messageOf } from '../terminal/text'

/** Text for `--help`. */
export const keysHelp = `
Keys in a terminal:
  c       creates a user
  u       changes the newest user
  d       deletes the newest user
  r       sends the last message again
  Ctrl-C  stops it`

/**
 * On a terminal, reads keys that trigger events: c creates a user, u changes the newest, d deletes it, r sends the last
 * message again. @returns A function that restores the terminal.
 */
export function listenForKeys(io: Io, clerk: FakeClerk): () => void {
  const { stdin } = io
  if (!io.isInteractive) return () => {}
  io.out(
    `\nKeys: ${io.colors.bold('c')}reate a user, ${io.colors.bold('u')}pdate or ${io.colors.bold('d')}elete the newest, ${io.colors.bold('r')}esend the last message, Ctrl-C to stop\n`,
  )
  const onKey = (_text: string | undefined, key: { name?: string; ctrl?: boolean }) => {
    // In raw mode, the terminal does not turn Ctrl-C into a signal.
    if (key.ctrl && key.name === 'c') process.emit('SIGINT')
    else if (key.name !== undefined && !key.ctrl) attempt(io, () => press(clerk, key.name ?? ''))
  }
  emitKeypressEvents(stdin)
  stdin.setRawMode(true).on('keypress', onKey).resume()
  return () => void stdin.off('keypress', onKey).setRawMode(false).pause()
}

function attempt(io: Io, action: () => void): void {
  try {
    action()
  } catch (error) {
    io.err(`${io.errColors.red('error')} ${messageOf(error)}`)
  }
}

function press(clerk: FakeClerk, key: string): void {
  if (key === 'c') return void clerk.users.create(newcomer())
  if (key === 'r') {
    const last = clerk.events().at(-1)
    if (last) clerk.resend(last.messageId)
    return
  }
  const newest = [...clerk.users.values()].at(-1)
  if (!newest) return
  if (key === 'u') clerk.users.update(newest.id, { last_name: `Lovelace ${Math.floor(Math.random() * 1_000)}` })
  if (key === 'd') clerk.users.delete(newest.id)
}

function newcomer() {
  const number = Date.now().toString(36)
  return { email_address: [`ada.${number}@example.com`], first_name: 'Ada', last_name: 'Lovelace' }
}
