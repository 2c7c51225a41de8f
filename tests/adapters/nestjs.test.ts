import { type INestApplication, Inject, Module, type Type } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { ExpressAdapter, type NestExpressApplication } from '@nestjs/platform-express'
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify'
import type { ClerkSync } from 'clerk-mongo-sync'
import { ClerkSyncModule, ClerkSyncService } from 'clerk-mongo-sync/nestjs'
import { fixtures, signClerkWebhook } from 'clerk-mongo-sync/testing'
import express from 'express'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { adapterContract, expectRefusal, send } from '../contracts/adapters'
import { createSubject, signingSecret } from '../contracts/adapters-subject'

const delivery = () => signClerkWebhook(fixtures.userCreated(), { signingSecret })
const silent = { logger: false, abortOnError: false } as const

/** A module without code of its own. */
function moduleOf(imports: NonNullable<Parameters<typeof Module>[0]['imports']>, providers: Type[] = []): Type {
  class AppModule {}
  Module({ imports, providers })(AppModule)
  return AppModule
}

async function listen(app: INestApplication) {
  await app.listen(0, '127.0.0.1')
  const { port } = app.getHttpServer().address()
  const close = async () => {
    app.getHttpServer().closeAllConnections()
    await app.close()
  }
  return { url: `http://127.0.0.1:${port}`, close }
}

const express5 = (module: Type, rawBody = true) =>
  NestFactory.create<NestExpressApplication>(module, new ExpressAdapter(), { ...silent, rawBody })
const fastify5 = (module: Type) => NestFactory.create<NestFastifyApplication>(module, new FastifyAdapter(), silent)

type Subjects = Parameters<Parameters<typeof adapterContract>[1]>[0]
const contractModule = (subjects: Subjects) =>
  moduleOf(Object.entries(subjects).map(([path, subject]) => ClerkSyncModule.forRoot(subject, path)))

adapterContract('NestJS on Express', async (subjects) => {
  const app = await express5(contractModule(subjects))
  app.useBodyParser('json', { limit: '2mb' })
  return listen(app)
})

adapterContract('NestJS on Fastify', async (subjects) => listen(await fastify5(contractModule(subjects))))

describe.each([
  ['Express', express5],
  ['Fastify', fastify5],
])('ClerkSyncModule on %s', (_, create) => {
  let server: Awaited<ReturnType<typeof listen>> | undefined
  afterEach(async () => {
    await server?.close()
    server = undefined
  })

  test('serves the usual path by default, below the global prefix', async () => {
    const app = await create(moduleOf([ClerkSyncModule.forRoot(createSubject())]))
    app.setGlobalPrefix('v1')
    server = await listen(app)
    const answer = await send(`${server.url}/v1/api/webhooks/clerk`, delivery())
    expect(answer).toMatchObject({ status: 200, body: { outcome: 'created' } })
  })

  test('makes the ClerkSync of injected parts, and has it injected anywhere', async () => {
    class Store {}
    class Profiles {
      constructor(readonly clerkSync: ClerkSync) {}
    }
    Inject(ClerkSyncService)(Profiles, undefined as never, 0)
    const subject = createSubject()
    const useFactory = vi.fn(async (_store: Store) => subject)
    const stores = moduleOf([], [Store])
    Module({ providers: [Store], exports: [Store] })(stores)
    const profiles = moduleOf([], [Profiles])
    const root = ClerkSyncModule.forRootAsync({ imports: [stores], inject: [Store], useFactory, path: '/clerk' })
    const app = await create(moduleOf([profiles, root]))
    server = await listen(app)
    expect(useFactory.mock.calls).toEqual([[expect.any(Store)]])
    expect(app.get(Profiles, { strict: false }).clerkSync).toBe(subject)
    expect(await send(`${server.url}/clerk`, delivery())).toMatchObject({ status: 200, body: { outcome: 'created' } })
  })

  test('keeps two apps of one module apart', async () => {
    const made: ClerkSync[] = []
    const root = ClerkSyncModule.forRootAsync({
      useFactory: () => {
        const subject = createSubject()
        made.push(subject)
        return subject
      },
    })
    const [first, second] = [await create(moduleOf([root])), await create(moduleOf([root]))]
    expect([first.get(ClerkSyncService), second.get(ClerkSyncService)]).toEqual(made)
    const event = delivery()
    for (const app of [first, second]) {
      server = await listen(app)
      const answer = await send(`${server.url}/api/webhooks/clerk`, event)
      expect(answer).toMatchObject({ status: 200, body: { outcome: 'created' } })
      await server.close()
    }
    server = undefined
  })
})

describe('on Express', () => {
  let server: Awaited<ReturnType<typeof listen>> | undefined
  afterEach(() => server?.close())

  const mistakes: Record<string, (module: Type) => Promise<NestExpressApplication>> = {
    'no rawBody': (module) => express5(module, false),
    'express.json() in front': async (module) => {
      const app = await express5(module)
      return app.use(express.json())
    },
  }
  test.each(Object.entries(mistakes))('logs what to change in main.ts: %s', async (_, create) => {
    const error = vi.fn()
    const logger = { debug() {}, info() {}, warn() {}, error }
    server = await listen(await create(moduleOf([ClerkSyncModule.forRoot(createSubject({ logger }))])))
    expectRefusal(await send(`${server.url}/api/webhooks/clerk`, delivery()), 500, 'raw_body_unavailable')
    expect(error.mock.calls[0]?.[0]).toMatchObject({
      error: expect.stringContaining(
        'Pass { rawBody: true } to NestFactory.create(), and replace app.use(express.json())',
      ),
    })
  })

  test('has a limit of 100 kB, unless main.ts raises it', async () => {
    const event = fixtures.userCreated(fixtures.user({ public_metadata: { pad: 'x'.repeat(120_000) } }))
    server = await listen(await express5(moduleOf([ClerkSyncModule.forRoot(createSubject())])))
    const { headers, body } = signClerkWebhook(event, { signingSecret })
    const answer = await fetch(`${server.url}/api/webhooks/clerk`, { method: 'POST', headers, body })
    expect([answer.status, await answer.json()]).toEqual([413, expect.objectContaining({ statusCode: 413 })])
  })
})
