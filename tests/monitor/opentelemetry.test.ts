import { context, propagation, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base'
import { type ClerkSyncOptions, createClerkSync } from 'clerk-mongo-sync'
import { openTelemetry } from 'clerk-mongo-sync/opentelemetry'
import { fixtures, signClerkWebhook } from 'clerk-mongo-sync/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { useDatabase } from '../support/database'

const db = useDatabase('opentelemetry')
const signingSecret = 'whsec_plJ3nmyCDGBKInavdOK15jsl'
const manager = new AsyncLocalStorageContextManager()
beforeAll(() => void context.setGlobalContextManager(manager.enable()))
afterAll(() => {
  context.disable()
  propagation.disable()
})

async function setUp(options: Partial<ClerkSyncOptions> = {}) {
  const exporter = new InMemorySpanExporter()
  const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
  const metricExporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter: metricExporter, exportIntervalMillis: 3_600_000 })
  const meterProvider = new MeterProvider({ readers: [reader] })
  const telemetry = openTelemetry({ tracerProvider, meterProvider })
  const users = await db.users()
  const clerkSync = createClerkSync({ users, signingSecret, logger: false, telemetry, ...options } as ClerkSyncOptions)
  return {
    clerkSync,
    users,
    async deliver(event: Parameters<typeof signClerkWebhook>[0], messageId: string, secret = signingSecret) {
      const { headers, body } = signClerkWebhook(event, { signingSecret: secret, messageId })
      return clerkSync.handler(new Request('http://localhost', { method: 'POST', headers, body }))
    },
    spans: () => exporter.getFinishedSpans(),
    async metrics() {
      await reader.forceFlush()
      const scopes = metricExporter.getMetrics().at(-1)?.scopeMetrics ?? []
      await meterProvider.shutdown()
      return new Map(scopes.flatMap((scope) => scope.metrics).map((metric) => [metric.descriptor.name, metric]))
    },
  }
}

const named = (spans: readonly ReadableSpan[], name: string) => spans.find((span) => span.name === name)

describe('telemetry with OpenTelemetry', () => {
  it('makes one span for a delivery, with verification, write and hook as its children', async () => {
    const { deliver, spans } = await setUp({ on: { 'user.created': () => {} } })
    expect((await deliver(fixtures.userCreated(), 'msg_traced')).status).toBe(200)
    const names = spans().map(({ name }) => name)
    expect(names.sort()).toEqual(['clerk_sync.hook', 'clerk_sync.verify', 'clerk_sync.write', 'process clerk'])
    const delivery = named(spans(), 'process clerk') as ReadableSpan
    expect(delivery.attributes).toEqual({
      'messaging.system': 'svix',
      'messaging.destination.name': 'clerk',
      'messaging.operation.name': 'process',
      'messaging.operation.type': 'process',
      'messaging.message.id': 'msg_traced',
      'clerk.event.type': 'user.created',
      'clerk_sync.outcome': 'created',
    })
    for (const name of ['clerk_sync.hook', 'clerk_sync.verify', 'clerk_sync.write'])
      expect(named(spans(), name)?.parentSpanContext?.spanId).toBe(delivery.spanContext().spanId)
  })

  it('carries the context into the hook', async () => {
    let seen: string | undefined
    const on = {
      'user.created': async () => {
        await new Promise((resolve) => setTimeout(resolve, 5))
        seen = trace.getActiveSpan()?.spanContext().spanId
      },
    }
    const { deliver, spans } = await setUp({ on })
    await deliver(fixtures.userCreated(), 'msg_context')
    expect(seen).toBe(named(spans(), 'clerk_sync.hook')?.spanContext().spanId)
  })

  it('marks what fails with its code, and never with a text of the app', async () => {
    const on = {
      'user.created': () => {
        throw new Error('ada@example.com is private')
      },
    }
    const { deliver, spans } = await setUp({ on })
    expect((await deliver(fixtures.userCreated(), 'msg_failing')).status).toBe(500)
    expect((await deliver(fixtures.userCreated(), 'msg_forged', 'whsec_c2VjcmV0IG9mIHRoZSB0ZXN0')).status).toBe(400)
    const failed = spans().filter(({ name }) => name === 'process clerk')
    expect(failed.map(({ attributes }) => attributes['error.type'])).toEqual(['hook_failed', 'no_matching_signature'])
    expect(failed.map(({ status }) => status.code)).toEqual([2, 2])
    const told = spans().map(({ name, attributes, status, events }) => ({ name, attributes, status, events }))
    expect(JSON.stringify(told)).not.toContain('private')
  })

  it('counts deliveries and their durations, without an id among the labels', async () => {
    const { deliver, clerkSync, metrics } = await setUp()
    const event = fixtures.userCreated()
    for (const _ of [1, 2]) await deliver(event, 'msg_counted')
    await clerkSync.sync(fixtures.userCreated(), { messageId: 'msg_queued' })
    const found = await metrics()
    const consumed = found.get('messaging.client.consumed.messages')
    const counts = consumed?.dataPoints.map(({ attributes, value }) => [attributes['clerk_sync.outcome'], value])
    expect(counts).toEqual([
      ['created', 2],
      ['duplicate', 1],
    ])
    expect(found.get('messaging.process.duration')?.descriptor.unit).toBe('s')
    const labels = [...found.values()].flatMap(({ dataPoints }) => dataPoints.map(({ attributes }) => attributes))
    expect(JSON.stringify(labels)).not.toMatch(/msg_|user_/)
  })

  it('never fails a delivery if it throws', async () => {
    const broken = {
      span: () => {
        throw new Error('broken')
      },
      delivered: () => {
        throw new Error('broken')
      },
    }
    const { deliver } = await setUp({ telemetry: broken })
    expect((await deliver(fixtures.userCreated(), 'msg_broken')).status).toBe(200)
  })

  it('runs the work once, if a span calls it twice or later', async () => {
    const twice = {
      span: async <T>(_: unknown, __: unknown, work: (add: () => void) => Promise<T>) => {
        await new Promise((resolve) => setTimeout(resolve, 1))
        await work(() => {})
        return work(() => {})
      },
    }
    const calls: unknown[] = []
    const { deliver } = await setUp({ telemetry: twice, on: { 'user.created': () => void calls.push(1) } })
    await deliver(fixtures.userCreated(), 'msg_twice')
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(calls).toEqual([1])
  })

  it('makes a span for a job', async () => {
    const { clerkSync, spans } = await setUp()
    await clerkSync.reconcile({ only: ['memberships'] }).catch(() => {})
    expect(spans().map(({ name }) => name)).toEqual(['clerk_sync.reconcile'])
  })
})
