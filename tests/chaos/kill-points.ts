import type { Connection } from 'mongoose'
import type { KillPoint } from './plot'

let armed: KillPoint | undefined
let lastWords: (point: KillPoint) => void = () => {}

/** From now on this process dies at `point`; nowhere, if that is empty. */
export function armKill(point: KillPoint | '', tell: (point: KillPoint) => void): void {
  // Another request's order stands.
  if (point === '') return
  armed = point
  lastWords = tell
  if (point === 'anywhere') setTimeout(() => reach('anywhere'), Math.random() * 25)
}

/** Dies here, if that was ordered: as with `kill -9`, nothing more is done, sent or written. */
export function reach(point: KillPoint): void {
  if (armed !== point) return
  lastWords(point)
  process.kill(process.pid, 'SIGKILL')
}

const writes = new Set(['update', 'delete', 'findAndModify', 'insert'])

/** Marks the moments before a command is sent, and after its answer has come. */
export function watchCommands(connection: Connection): void {
  const kinds = new Map<number, 'Write' | 'Log'>()
  const client = connection.getClient()
  client.on('commandStarted', ({ requestId, commandName, command }) => {
    if (!writes.has(commandName)) return
    const kind = String(command[commandName]).startsWith('deliveries') ? 'Log' : 'Write'
    kinds.set(requestId, kind)
    reach(`before${kind}`)
  })
  client.on('commandSucceeded', ({ requestId }) => {
    const kind = kinds.get(requestId)
    kinds.delete(requestId)
    if (kind) reach(`after${kind}`)
  })
  client.on('commandFailed', ({ requestId }) => void kinds.delete(requestId))
}
