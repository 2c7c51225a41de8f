import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { inject } from 'vitest'

export interface MongoProxy {
  /** The run's server by way of the proxy, with a database name. */
  uri(database: string): string
  /** Every connection breaks, and none is to be had, until `mend`. */
  cut(): void
  /** Commands still arrive, but the first answer to come back breaks its connection instead. */
  loseNextReply(): void
  mend(): void
  close(): Promise<void>
}

/** A wire between driver and server that can be cut. */
export async function startMongoProxy(): Promise<MongoProxy> {
  const target = new URL(inject('mongoUri'))
  const sockets = new Set<Socket>()
  let isCut = false
  let losesReply = false

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
    mend() {
      isCut = false
      losesReply = false
    },
    async close() {
      breakAll()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
