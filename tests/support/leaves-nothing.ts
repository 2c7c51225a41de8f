import type { EventEmitter } from 'node:events'
import { isDeepStrictEqual } from 'node:util'
import mongoose from 'mongoose'
import { afterAll, beforeAll, expect, vi } from 'vitest'

/**
 * Test files run one after the other in a worker, which imports mongoose and the library once. Each file must leave what
 * they share as it was: a setting that it forgets would decide how the next file ends. The file that forgets it fails here.
 */
let before: ReturnType<typeof sharedState>
beforeAll(() => {
  before = sharedState()
})
afterAll(() => {
  const now = sharedState()
  const names = Object.keys({ ...before, ...now })
  const changed = names.filter((name) => !isDeepStrictEqual(now[name], before[name]))
  expect(changed, 'what this file leaves changed for the next one').toEqual([])
})

function sharedState(): Record<string, unknown> {
  const { connection, connections, SchemaTypes } = mongoose
  // Not part of its types.
  const { options, plugins } = mongoose as unknown as { options: object; plugins: unknown[] }
  const open = connections.filter(({ readyState }) => readyState !== mongoose.ConnectionStates.disconnected)
  return {
    'the working directory': process.cwd(),
    'fake timers': vi.isFakeTimers(),
    ...named('environment variable', process.env),
    ...named('global', {
      fetch,
      Request,
      Response,
      Headers,
      now: Date.now,
      random: Math.random,
      emitWarning: process.emitWarning,
    }),
    ...named('console', console),
    ...named('listeners of the process', listenersOf(process)),
    ...named('listeners of the connection', listenersOf(connection)),
    ...named('setting of mongoose', options),
    ...named('schema type', Object.fromEntries(Object.entries(SchemaTypes).map(([name, type]) => [name, { ...type }]))),
    'global plugins': [...plugins],
    'models of the default connection': connection.modelNames(),
    'open connections': open.length,
  }
}

function named(kind: string, values: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${kind}: ${name}`, value]))
}

function listenersOf(emitter: EventEmitter): Record<string, number> {
  return Object.fromEntries(emitter.eventNames().map((name) => [String(name), emitter.listenerCount(name)]))
}
