import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { inject } from 'vitest'

export interface MongoProxy {
  /** The run's server by way of the proxy, with a database name. */
  uri(database: string): string
  /** Breaks every connection and refuses new ones until `mend`. */
  cut(): void
  /** Forwards commands, but breaks the connection of the next reply. */
  loseNextReply(): void
  /** Forwards commands, and holds replies back until `mend`. */
  stall(): void
  mend(): void
  /** Connections of the driver that are open. */
  connections(): number
  close(): Promise<void>
}

/** A proxy between driver and server that can break connections. */
export async function startMongoProxy(): Promise<MongoProxy> {
  const target = new URL(inject('mongoUri'))
  const sockets = new Set<Socket>()
  let isCut = false
  let losesReply = false
  let held: (() => void)[] | undefined

  const server = createServer((client) => {
    if (isCut) return void client.destroy()
    const upstream = connect(Number(target.port || 27017), target.hostname)
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
      if (held) return void held.push(() => client.write(chunk))
      if (!losesReply) return void client.write(chunk)
      losesReply = false
      end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const breakAll = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    uri(database) {
      const url = new URL(target)
      url.host = `127.0.0.1:${port}`
      url.pathname = `/${database}`
      url.searchParams.set('retryWrites', 'false')
      url.searchParams.set('directConnection', 'true')
      return url.href
    },
    cut() {
      isCut = true
      breakAll()
    },
    loseNextReply() {
      losesReply = true
    },
    stall() {
      held = []
    },
    mend() {
      isCut = false
      losesReply = false
      const answers = held ?? []
      held = undefined
      for (const answer of answers) answer()
    },
    connections: () => sockets.size,
    async close() {
      breakAll()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
