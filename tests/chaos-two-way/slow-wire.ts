import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export interface SlowWire {
  url: string
  close(): Promise<void>
}

/** A proxy to a local server that delays data in both directions, like the network to Clerk. */
export async function laySlowWire(port: number, delayMs: () => number): Promise<SlowWire> {
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1')
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from)
      let last = Promise.resolve()
      // Keeps the order of data.
      const later = (what: () => void) => {
        const arrived = new Promise<void>((resolve) => setTimeout(resolve, delayMs()))
        last = Promise.all([last, arrived]).then(what)
      }
      from.on('data', (chunk) => later(() => void (to.destroyed || to.write(chunk))))
      from.on('error', () => {})
      from.once('close', () => later(() => to.destroy()))
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
