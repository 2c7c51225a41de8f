import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import mongoose from 'mongoose'
import { databaseUri } from '../chaos/database'
import type { Wire } from '../chaos/wire'
import type { LibraryExports } from './edited'
import { type ClerkAt, connectionOptions, modelOf, NOT_STARTED, startWorker } from './subject'

/** One that pushes, and can be stopped, killed and started again. */
export interface Worker {
  /** How often it ended by itself once it had started, as nothing should make it. Exit codes. */
  crashes: readonly number[]
  start(at: ClerkAt): Promise<void>
  /** Lets it finish. */
  stop(): Promise<void>
  /** In this process it can only be stopped. @returns whether it was killed. */
  kill(): boolean
  close(): Promise<void>
}

/** What a worker's process is told. */
export type WorkerOrder = { start: ClerkAt } | { stop: true }
export interface WorkerPlace {
  databaseUri: string
  lane: number
}

/** A worker in this process, by a wire of its own. */
export async function workerHere(library: LibraryExports, wire: Wire, lane: number): Promise<Worker> {
  const connection = await mongoose.createConnection(databaseUri(wire.port), connectionOptions).asPromise()
  await modelOf(library, connection, lane).init()
  let stop = async () => {}
  return {
    crashes: [],
    async start(at) {
      stop = startWorker(library, connection, lane, at)
    },
    stop: () => stop(),
    kill: () => false,
    async close() {
      await stop()
      await connection.close()
    },
  }
}

/** A worker in a process of its own, started again when it dies. */
export async function workerProcess(script: string, wire: Wire, lane: number): Promise<Worker> {
  const place: WorkerPlace = { databaseUri: databaseUri(wire.port), lane }
  let child: ChildProcess | undefined
  let wanted: ClerkAt | undefined
  let isClosed = false
  const crashes: number[] = []
  const boot = async (): Promise<void> => {
    const booted = fork(script, [JSON.stringify(place)], {
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    child = booted
    // What is said to one that is just dying does not arrive; the next is told when it has started.
    booted.on('error', () => {})
    booted.once('exit', (code) => {
      if (code !== null && code !== NOT_STARTED && !isClosed) crashes.push(code)
      // As a supervisor would have it do.
      if (!isClosed) setTimeout(() => void boot(), code ? 100 : 0)
    })
    await Promise.race([once(booted, 'message'), once(booted, 'exit')])
    if (wanted && booted.connected) booted.send({ start: wanted } satisfies WorkerOrder)
  }
  await boot()
  return {
    crashes,
    async start(at) {
      wanted = at
      if (child?.connected) child.send({ start: at } satisfies WorkerOrder)
    },
    async stop() {
      wanted = undefined
      if (!child?.connected) return
      const heard = new AbortController()
      const stopped = Promise.race(['message', 'exit'].map((name) => once(child as ChildProcess, name, heard)))
      child.send({ stop: true } satisfies WorkerOrder)
      await stopped
      heard.abort()
    },
    kill: () => child?.kill('SIGKILL') ?? false,
    async close() {
      isClosed = true
      if (!child || child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    },
  }
}
