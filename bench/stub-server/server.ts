// A server that speaks MongoDB's wire protocol and answers at once, so that a measurement shows what the client costs.

import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { answerParent } from '../shared/answer-parent'
import { answer } from './answer'
import { MessageReader } from './wire'

let port = 0
const server = createServer((socket) => {
  const reader = new MessageReader()
  socket.setNoDelay()
  socket.on('error', () => {})
  socket.on('data', (bytes) => {
    for (const { command, reply } of reader.read(bytes)) socket.write(reply(answer(command, port)))
  })
})
answerParent(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  port = (server.address() as AddressInfo).port
  return { uri: `mongodb://127.0.0.1:${port}` }
})
