import type { IncomingMessage, ServerResponse } from 'node:http'
import type { WebhookHandler } from './_handler'
import { answer } from './_node'

/** The part of a Fastify instance that the plugin uses. */
interface FastifyInstance {
  removeAllContentTypeParsers(): unknown
  addContentTypeParser(
    contentType: '*',
    options: { parseAs: 'buffer'; bodyLimit: number },
    parser: (request: unknown, body: Buffer, done: (error: null, body: Buffer) => void) => void,
  ): unknown
  all(path: '/', handler: (request: FastifyRequest, reply: FastifyReply) => Promise<void>): unknown
}

interface FastifyRequest {
  raw: IncomingMessage
  body: unknown
}

interface FastifyReply {
  raw: ServerResponse
  hijack(): unknown
}

/**
 * Creates a plugin for Fastify 5, to be registered with the path of the route as its `prefix`. The route has a parser and
 * a body limit (1 MiB) of its own; those of the app do not change.
 *
 * @example
 * app.register(toFastifyPlugin(clerkSync), { prefix: '/api/webhooks/clerk' })
 */
export function toFastifyPlugin(clerkSync: WebhookHandler): (app: FastifyInstance) => Promise<void> {
  const remedy = 'Register toFastifyPlugin(clerkSync) outside of the plugin whose hook replaces request.body.'
  return async (app) => {
    app.removeAllContentTypeParsers()
    // Fastify reads, because only then do other readers, such as fastify-raw-body, get the same bytes.
    app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: 1024 * 1024 }, (_, body, done) => done(null, body))
    app.all('/', async ({ raw, body }, reply) => {
      await answer(clerkSync, Object.assign(raw, { body, complete: true }), reply.raw, remedy)
      // Not before, so that Fastify answers an error.
      reply.hijack()
    })
  }
}
