// The app's webhook endpoint in a process of its own: prints a line of JSON for each delivery.

import { createServer } from 'node:http'
import { toNodeHandler } from 'clerk-mongo-sync/node'
import { clerkSync, commands } from './app'

const handle = toNodeHandler(clerkSync)
createServer((request, response) => {
  const [started, before] = [performance.now(), commands.sent]
  response.once('close', () => {
    const seconds = (performance.now() - started) / 1000
    console.log(JSON.stringify({ status: response.statusCode, seconds, commands: commands.sent - before }))
  })
  return handle(request, response)
}).listen(Number(process.env.PORT), '127.0.0.1')
