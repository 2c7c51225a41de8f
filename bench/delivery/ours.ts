import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { BasicTracerProvider, BatchSpanProcessor, type SpanExporter } from '@opentelemetry/sdk-trace-base'
import { type ClerkSyncOptions, createClerkSync } from 'clerk-mongo-sync'
import { clerkSyncPlugin } from 'clerk-mongo-sync/mongoose'
import { toNodeHandler } from 'clerk-mongo-sync/node'
import { openTelemetry } from 'clerk-mongo-sync/opentelemetry'
import { Schema } from 'mongoose'
import { signingSecret } from './deliveries'
import { appFields, type SubjectMaker } from './subject'

/** The library as an app uses it, with these options. */
const withOptions =
  (options: Omit<ClerkSyncOptions, 'users'>): SubjectMaker =>
  async (connection) => {
    const schema = new Schema(appFields, { timestamps: true })
    schema.plugin(clerkSyncPlugin)
    const users = connection.model('User', schema)
    const clerkSync = createClerkSync({ users, signingSecret, ...options })
    await users.init()
    return { fetch: clerkSync.handler, node: toNodeHandler(clerkSync) }
  }

const hook = async () => {}

/** Real SDKs that keep all spans and metrics and send them nowhere. */
const telemetry = () =>
  openTelemetry({
    tracerProvider: new BasicTracerProvider({ spanProcessors: [new BatchSpanProcessor(nowhere)] }),
    meterProvider: new MeterProvider({
      readers: [
        new PeriodicExportingMetricReader({ exporter: new InMemoryMetricExporter(AggregationTemporality.DELTA) }),
      ],
    }),
  })

const nowhere: SpanExporter = {
  export: (_, done) => done({ code: 0 }),
  shutdown: async () => {},
}

/** The library, and what each of its options costs. */
export const ours: Record<string, SubjectMaker> = {
  ours: withOptions({}),
  'ours, log': withOptions({ deliveries: true }),
  'ours, telemetry': withOptions({ telemetry: telemetry() }),
  'ours, hooks': withOptions({ on: { 'user.created': hook, 'user.updated': hook, 'user.deleted': hook } }),
}
