import { type ChildProcess, fork } from 'node:child_process'
import mongoose from 'mongoose'
import { databaseUri } from '../chaos/database'
import type { Wire } from '../chaos/wire'
import type { LibraryExports } from './faster-time'
import { shapeNames } from './shape'
import { connectionOptions, modelOf, NOT_STARTED, type Setup, startWorker } from './subject'

/** A push worker that can be stopped, killed and restarted. */
export interface Worker {
  /** Exit codes of unexpected exits after a successful start. */
  crashes: readonly number[]
  start(at: Setup): Promise<void>
  /** Stops it after its current work. */
  stop(): Promise<void>
  /** Kills its process. @returns `false` for a worker in this process. */
  kill(): boolean
  close(): Promise<void>
}

/** A message to a worker process. */
export type WorkerOrder = { start: Setup } | { stop: true }
export interface WorkerPlace {
  databaseUri: string
  lane: number
}

/** A worker in this process, with its own connection. */
export async function workerHere(library: LibraryExports, wire: Wire, lane: number): Promise<Worker> {
  const connection = await mongoose.createConnection(databaseUri(wire.port), connectionOptions).asPromise()
  for (const shape of shapeNames) await modelOf(library, connection, lane, shape).init()
  let stop = async () => {}
  return {
    crashes: [],
    async start(at) {
      // Two restarts may overlap. A worker left running would push to the Clerk of an earlier history.
      const ended = stop()
      stop = startWorker(library, connection, lane, at)
      await ended
    },
    stop: () => stop(),
    kill: () => false,
    async close() {
      await stop()
      await connection.close()
    },
  }
}

/** A worker in its own process, restarted when it exits. */
export async function workerProcess(script: string, wire: Wire, lane: number): Promise<Worker> {
  const place: WorkerPlace = { databaseUri: databaseUri(wire.port), lane }
  let child: ChildProcess
  let wanted: Setup | undefined
  let isClosed = false
  const crashes: number[] = []
  const boot = async (): Promise<void> => {
    // Closed before the restart.
    if (isClosed) return
    const booted = fork(script, [JSON.stringify(place)], {
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    child = booted
    booted.once('exit', (code) => {
      if (code !== null && code !== NOT_STARTED && !isClosed) crashes.push(code)
      // Restarts like a supervisor.
      setTimeout(() => void boot(), code ? 100 : 0)
    })
    await firstOf(booted, 'message', 'exit')
    if (wanted) send(booted, { start: wanted })
  }
  await boot()
  return {
    crashes,
    async start(at) {
      wanted = at
      send(child, { start: at })
    },
    async stop() {
      wanted = undefined
      if (!child.connected) return
      const stopped = firstOf(child, 'message', 'exit')
      send(child, { stop: true })
      await stopped
    },
    kill: () => child.kill('SIGKILL'),
    async close() {
      isClosed = true
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = firstOf(child, 'exit')
      child.kill('SIGKILL')
      await ended
    },
  }
}

/** Ignores a process that is exiting: the next one receives its order when it has started. */
function send(child: ChildProcess, order: WorkerOrder): void {
  if (child.connected) child.send(order, () => {})
}

/** Never rejects, unlike `once` of Node, which rejects on an error of the child. */
function firstOf(child: ChildProcess, ...names: ('message' | 'exit')[]): Promise<void> {
  return new Promise((resolve) => {
    const onEvent = () => {
      for (const name of names) child.off(name, onEvent)
      resolve()
    }
    for (const name of names) child.on(name, onEvent)
  })
}
