import { createServer, type RequestListener, type Server } from 'node:http'

export interface Served {
  url: string
  port: number
  close(): Promise<void>
}

/** A real HTTP server on a free port. */
export const serve = (listener: RequestListener): Promise<Served> => listening(createServer(listener))

/** A server of a framework, on a free port. */
export async function listening(server: Server): Promise<Served> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (typeof address !== 'object' || !address) throw new Error('no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}
