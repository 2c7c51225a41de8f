import type { Connection } from 'mongoose'
import type { KillPoint } from './plot'

let armed: KillPoint | undefined
let reportKill: (point: KillPoint) => void = () => {}

/** Kills this process when it reaches `point`; an empty point changes nothing. */
export function armKill(point: KillPoint | '', report: (point: KillPoint) => void): void {
  // A kill point set by another request remains.
  if (point === '') return
  armed = point
  reportKill = report
  if (point === 'anywhere') setTimeout(() => reach('anywhere'), Math.random() * 25)
}

/** Kills this process with SIGKILL if this kill point is armed. */
export function reach(point: KillPoint): void {
  if (armed !== point) return
  reportKill(point)
  process.kill(process.pid, 'SIGKILL')
}

const writes = new Set(['update', 'delete', 'findAndModify', 'insert'])

/** Reaches kill points before a command is sent and after its reply. */
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
