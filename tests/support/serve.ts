import { createServer, type RequestListener, type Server } from 'node:http'

export interface Served {
  url: string
  port: number
  close(): Promise<void>
}

/** A real HTTP server. @param port By default a free one. */
export const serve = (listener: RequestListener, port = 0): Promise<Served> => listening(createServer(listener), port)

/** The same for a server that a framework has made. */
export async function listening(server: Server, port = 0): Promise<Served> {
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
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
