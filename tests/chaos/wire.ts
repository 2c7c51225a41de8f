import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A proxy between one handler and the database that can break connections. */
export interface Wire {
  port: number
  /** Breaks every connection and refuses new ones for the given time. */
  cut(milliseconds: number): void
  /** Breaks the connections of the next replies instead of forwarding them. */
  loseReplies(count: number): void
  mend(): void
  close(): Promise<void>
}

export async function layWire(targetPort: number): Promise<Wire> {
  const sockets = new Set<Socket>()
  let cutUntil = 0
  let toLose = 0
  const server = createServer((client) => {
    if (Date.now() < cutUntil) return void client.destroy()
    const upstream = connect(targetPort, '127.0.0.1')
    const end = () => {
      client.destroy()
      upstream.destroy()
      sockets.delete(client)
    }
    sockets.add(client)
    client
      .on('data', (chunk) => upstream.write(chunk))
      .on('close', end)
      .on('error', end)
    upstream.on('close', end).on('error', end)
    upstream.on('data', (chunk) => {
      if (toLose <= 0) return void client.write(chunk)
      toLose--
      end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const breakAll = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    port: (server.address() as AddressInfo).port,
    cut(milliseconds) {
      cutUntil = Date.now() + milliseconds
      breakAll()
    },
    loseReplies(count) {
      toLose = count
    },
    mend() {
      cutUntil = 0
      toLose = 0
    },
    async close() {
      breakAll()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
