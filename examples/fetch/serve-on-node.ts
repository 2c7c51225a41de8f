import { createServer } from 'node:http'
import { Readable } from 'node:stream'
import app from './app'

const { PORT = '3000' } = process.env

// Node has no Fetch server of its own. Where there is one, app.ts is served as it is: `bun app.ts`, `deno serve app.ts`.
const server = createServer(async (incoming, outgoing) => {
  const { method = 'GET', url = '/', rawHeaders } = incoming
  const headers = new Headers()
  for (let i = 0; i < rawHeaders.length; i += 2) headers.append(rawHeaders[i] ?? '', rawHeaders[i + 1] ?? '')
  const body = method === 'POST' ? Readable.toWeb(incoming) : null
  const request = new Request(new URL(url, 'http://localhost'), { method, headers, body, duplex: 'half' })
  const response = await app.fetch(request)
  outgoing.writeHead(response.status, Object.fromEntries(response.headers)).end(await response.text())
})

server.listen(Number(PORT), () => console.log(`Listening on http://localhost:${PORT}`))
