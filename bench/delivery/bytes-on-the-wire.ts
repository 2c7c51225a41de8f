import { subscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'

const sockets = new Set<Socket>()
subscribe('net.client.socket', (message) => {
  sockets.add((message as { socket: Socket }).socket)
})

/** Bytes sent and received so far by the connections that this process opened: those to the database. */
export const bytesOnTheWire = (): number =>
  [...sockets].reduce((sum, { bytesRead, bytesWritten }) => sum + bytesRead + bytesWritten, 0)
