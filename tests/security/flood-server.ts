import { once } from 'node:events'
import { createServer } from 'node:http'
import { createClerkSync } from 'clerk-mongo-sync'
import { clerkModel, clerkSyncPlugin, connectOnce } from 'clerk-mongo-sync/mongoose'
import { toNodeHandler } from 'clerk-mongo-sync/node'
import { Schema } from 'mongoose'

/** A small app in its own process, so that its memory can be measured. Its parent process controls it by messages. */
const { DATABASE_URI = '', SIGNING_SECRET = '' } = process.env
const userSchema = new Schema({ email: { type: String, unique: true, sparse: true } })
userSchema.plugin(clerkSyncPlugin)
const User = clerkModel('User', userSchema)
const clerkSync = createClerkSync({
  users: User,
  connect: () => connectOnce(DATABASE_URI),
  signingSecret: SIGNING_SECRET,
  logger: false,
})

const server = createServer(toNodeHandler(clerkSync)).listen(0, '127.0.0.1')
await once(server, 'listening')
const address = server.address()
const port = typeof address === 'object' ? address?.port : undefined
const megabytes = () => ({ peak: process.resourceUsage().maxRSS / 1024, now: process.memoryUsage().rss / 2 ** 20 })
process.on('message', () => process.send?.(megabytes()))
process.on('disconnect', () => process.exit())
process.send?.({ port })
