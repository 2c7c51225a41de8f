import { type ChildProcess, fork } from 'node:child_process'
import mongoose from 'mongoose'
import { databaseUri } from '../chaos/database'
import type { Wire } from '../chaos/wire'
import type { LibraryExports } from './faster-time'
import { shapeNames } from './shape'
import { connectionOptions, modelOf, NOT_STARTED, type Setup, startWorker } from './subject'

/** One that pushes, and can be stopped, killed and started again. */
export interface Worker {
  /** How often it ended by itself once it had started, as nothing should make it. Exit codes. */
  crashes: readonly number[]
  start(at: Setup): Promise<void>
  /** Lets it finish. */
  stop(): Promise<void>
  /** In this process it can only be stopped. @returns whether it was killed. */
  kill(): boolean
  close(): Promise<void>
}

/** What a worker's process is told. */
export type WorkerOrder = { start: Setup } | { stop: true }
export interface WorkerPlace {
  databaseUri: string
  lane: number
}

/** A worker in this process, by a wire of its own. */
export async function workerHere(library: LibraryExports, wire: Wire, lane: number): Promise<Worker> {
  const connection = await mongoose.createConnection(databaseUri(wire.port), connectionOptions).asPromise()
  for (const shape of shapeNames) await modelOf(library, connection, lane, shape).init()
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
  let child: ChildProcess
  let wanted: Setup | undefined
  let isClosed = false
  const crashes: number[] = []
  const boot = async (): Promise<void> => {
    // Closed while the last one lay dead.
    if (isClosed) return
    const booted = fork(script, [JSON.stringify(place)], {
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    child = booted
    booted.once('exit', (code) => {
      if (code !== null && code !== NOT_STARTED && !isClosed) crashes.push(code)
      // As a supervisor would have it do.
      setTimeout(() => void boot(), code ? 100 : 0)
    })
    await firstOf(booted, 'message', 'exit')
    if (wanted) tell(booted, { start: wanted })
  }
  await boot()
  return {
    crashes,
    async start(at) {
      wanted = at
      tell(child, { start: at })
    },
    async stop() {
      wanted = undefined
      if (!child.connected) return
      const stopped = firstOf(child, 'message', 'exit')
      tell(child, { stop: true })
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

/** What is said to one that is just dying does not arrive, which is no error: the next is told when it has started. */
function tell(child: ChildProcess, order: WorkerOrder): void {
  if (child.connected) child.send(order, () => {})
}

/** Rejects never, unlike `once` of Node, which an error of the child would make reject where nobody waits any more. */
function firstOf(child: ChildProcess, ...names: ('message' | 'exit')[]): Promise<void> {
  return new Promise((resolve) => {
    const heard = () => {
      for (const name of names) child.off(name, heard)
      resolve()
    }
    for (const name of names) child.on(name, heard)
  })
}
