import {
  type Attributes,
  type MeterProvider,
  metrics,
  type Span,
  SpanKind,
  SpanStatusCode,
  type TracerProvider,
  trace,
} from '@opentelemetry/api'
import { durationBounds } from '../telemetry/delivery-counters'
import type { FinishedDelivery, Telemetry, TelemetryFacts, TelemetryStep } from '../telemetry/telemetry'

/** Options of `openTelemetry`. */
export interface OpenTelemetryOptions {
  /** @default the provider that the app has registered */
  tracerProvider?: TracerProvider
  /** @default the provider that the app has registered */
  meterProvider?: MeterProvider
}

const SCOPE = 'clerk-mongo-sync'
/** Svix delivers the messages of Clerk. https://opentelemetry.io/docs/specs/semconv/messaging/ */
const messaging = { 'messaging.system': 'svix', 'messaging.destination.name': 'clerk' } as const
const processing = { ...messaging, 'messaging.operation.name': 'process' } as const

const spanNames: Record<TelemetryStep, string> = {
  delivery: 'process clerk',
  verify: 'clerk_sync.verify',
  write: 'clerk_sync.write',
  hook: 'clerk_sync.hook',
  backfill: 'clerk_sync.backfill',
  reconcile: 'clerk_sync.reconcile',
  push: 'clerk_sync.push',
}

/**
 * Creates spans and metrics with `@opentelemetry/api`: one span for each delivery, with its verification, write and hook
 * as children, and one for each job. Calls that a hook makes belong to its span.
 *
 * @example
 * createClerkSync({ users: User, telemetry: openTelemetry() })
 */
export function openTelemetry({ tracerProvider, meterProvider }: OpenTelemetryOptions = {}): Required<Telemetry> {
  const tracer = (tracerProvider ?? trace).getTracer(SCOPE)
  const meter = (meterProvider ?? metrics).getMeter(SCOPE)
  const consumed = meter.createCounter('messaging.client.consumed.messages', {
    unit: '{message}',
    description: 'Deliveries of Clerk that were answered.',
  })
  const duration = meter.createHistogram('messaging.process.duration', {
    unit: 's',
    description: 'How long it took to answer deliveries of Clerk.',
    advice: { explicitBucketBoundaries: [...durationBounds] },
  })
  return {
    span(step, facts, work) {
      const isDelivery = step === 'delivery'
      const attributes = isDelivery
        ? { ...processing, 'messaging.operation.type': 'process', ...attributesOf(facts) }
        : attributesOf(facts)
      const kind = isDelivery ? SpanKind.CONSUMER : SpanKind.INTERNAL
      return tracer.startActiveSpan(spanNames[step], { kind, attributes }, async (span) => {
        try {
          return await work((more) => addTo(span, more))
        } catch (error) {
          fail(span, codeOf(error))
          throw error
        } finally {
          span.end()
        }
      })
    },
    delivered(delivery) {
      const labels = labelsOf(delivery)
      consumed.add(1, labels)
      duration.record(delivery.durationMs / 1000, labels)
    },
  }
}

/** Attributes of metrics. None is an id: each value is one of few. */
function labelsOf({ type, outcome, code }: FinishedDelivery): Attributes {
  return {
    ...processing,
    'clerk.event.type': type,
    ...(outcome !== undefined && { 'clerk_sync.outcome': outcome }),
    ...(code !== undefined && { 'error.type': code }),
  }
}

function addTo(span: Span, facts: TelemetryFacts): void {
  span.setAttributes(attributesOf(facts))
  // A delivery that fails is answered, so that its span ends without an exception.
  if (facts.code !== undefined && facts.outcome === undefined) fail(span, String(facts.code))
}

/** The names of attributes, for the facts that have one. */
const names: Readonly<Record<string, string>> = {
  type: 'clerk.event.type',
  messageId: 'messaging.message.id',
  outcome: 'clerk_sync.outcome',
  code: 'error.type',
}

function attributesOf(facts: TelemetryFacts): Attributes {
  const attributes: Attributes = {}
  // A loop, because this runs for every span.
  for (const [name, value] of Object.entries(facts))
    if (value !== undefined) attributes[names[name] ?? `clerk_sync.${name}`] = value
  return attributes
}

function fail(span: Span, code: string): void {
  span.setAttribute('error.type', code)
  // Not the message: an error of the app may quote a user.
  span.setStatus({ code: SpanStatusCode.ERROR, message: code })
}

function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' && /^\w{1,64}$/.test(code) ? code : 'unexpected'
}
