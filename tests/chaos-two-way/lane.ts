import type { RequestListener } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import mongoose from 'mongoose'
import { type ChaosDatabase, databaseUri } from '../chaos/database'
import { layWire, type Wire } from '../chaos/wire'
import { type Served, serve } from '../support/serve'
import type { LibraryExports } from './faster-time'
import { retryUntilDone } from './retry-until-done'
import { type ShapeName, shapeNames } from './shape'
import {
  type App,
  type AppModel,
  appOf,
  collectionsOf,
  connectionOptions,
  type HookedUser,
  modelOf,
  type Setup,
} from './subject'
import { type Worker, workerHere, workerProcess } from './workers'

/** Runs one history at a time: its collections, two instances of the app and its workers, each with its own connection. */
export interface Lane {
  number: number
  library: LibraryExports
  workers: Worker[]
  wires: Wire[]
  /** The webhook endpoint. */
  url: string
  /** Starts the apps for one history, with empty collections. The lists of hooks grow while it runs. */
  prepare(at: Setup, isPushing: boolean): Promise<StageBefore>
  close(): Promise<void>
}

/** The apps of a history, and the hooks that ran. */
export interface Stage {
  /** One model per app. */
  models: AppModel[]
  apps: App[]
  /** Users and versions whose `user.updated` hook ran. */
  hooks: { userId: string; version: number }[]
  /** Users whose `user.deleted` hook ran. */
  deletionHooks: string[]
}

/** An app that starts without push. */
export interface StageBefore extends Stage {
  /** Replaces it by the app that pushes, after its requests have ended. */
  switchOn(): Promise<Pick<Stage, 'models' | 'apps'>>
}

const APPS = 2
const WORKERS = 3

/** @param script Bundle of the worker process; `undefined` runs workers in this process. */
export async function openLane(
  library: LibraryExports,
  database: ChaosDatabase,
  number: number,
  script: string | undefined,
): Promise<Lane> {
  const wires = await Promise.all(Array.from({ length: APPS + WORKERS }, () => layWire(database.port)))
  const connections = await Promise.all(
    wires
      .slice(0, APPS)
      .map((wire) => mongoose.createConnection(databaseUri(wire.port), connectionOptions).asPromise()),
  )
  const modelsOf = (shape: ShapeName, isPushing: boolean) =>
    connections.map((connection) => modelOf(library, connection, number, shape, isPushing))
  for (const shape of shapeNames)
    for (const model of [...modelsOf(shape, true), ...modelsOf(shape, false)]) await model.init()
  const workers: Worker[] = []
  for (const wire of wires.slice(APPS)) {
    workers.push(await (script ? workerProcess(script, wire, number) : workerHere(library, wire, number)))
  }
  let listeners: RequestListener[] = []
  let turn = 0
  let underWay = 0
  const served: Served = await serve((request, response) => {
    const listener = listeners[turn++ % APPS]
    // The app is being replaced; the message is redelivered.
    if (!listener) return void response.writeHead(503).end()
    underWay++
    response.once('close', () => underWay--)
    listener(request, response)
  })
  return {
    number,
    library,
    workers,
    wires,
    url: served.url,
    async prepare(at, isPushing) {
      for (const name of Object.values(collectionsOf(number, at.shape))) {
        await retryUntilDone(() => database.connection.collection(name).deleteMany({}))
      }
      const hooks: { userId: string; version: number }[] = []
      const deletionHooks: string[] = []
      const noting = {
        updated: ({ id = '', updated_at = 0 }: HookedUser) => void hooks.push({ userId: id, version: updated_at }),
        deleted: ({ id = '' }: HookedUser) => void deletionHooks.push(id),
      }
      const open = (isOn: boolean) => {
        const models = modelsOf(at.shape, isOn)
        const apps = models.map((model) => appOf(library, model, at, noting))
        listeners = apps.map((app) => library.toNodeHandler(app))
        return { models, apps }
      }
      return {
        ...open(isPushing),
        hooks,
        deletionHooks,
        async switchOn() {
          listeners = []
          while (underWay > 0) await sleep(5)
          return open(true)
        },
      }
    },
    async close() {
      for (const worker of workers) await worker.close()
      for (const connection of connections) await connection.close()
      await served.close()
      for (const wire of wires) await wire.close()
    },
  }
}
