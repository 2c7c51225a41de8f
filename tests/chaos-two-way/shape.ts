import { demanding } from './demanding-shape'
import type { LibraryExports } from './faster-time'
import { plain } from './plain-shape'
import type { AppModel, LocalPath } from './subject'

export type Doc = Record<string, unknown>
export type LocalHow = 'save' | 'updateOne' | 'updateMany' | 'bulkWrite' | 'findOneAndUpdate'

/** What a shape needs to build its schema. */
export interface Surroundings {
  library: LibraryExports
  /** Name of the users collection. */
  collection: string
  /** Options of the plugin. */
  options: object
  /** The model of the schema, for rules that query it. */
  users(): AppModel
}

/** One way to model users, with what the suite needs to check it. */
export interface Shape {
  /** The schema of the app, with the plugin applied. */
  schema(around: Surroundings): unknown
  /** Whether some users have a document before their first event, left by another system. */
  hasEarlierRows: boolean
  /** Paths and values that the app writes for these leaves; `undefined` unsets. */
  pathsOf(changes: Doc, index: number): Doc
  /** Whether such a write may remove values that Clerk owns, which only reconcile restores. */
  mayClear(how: LocalHow, changes: Doc): boolean
  /** A value of a document as it was written, decrypted and at its own path. */
  read(doc: Doc, leaf: LocalPath | 'firstName'): unknown
  /** What else is wrong with a document after all work is done. @param states All states of the user at Clerk, oldest first. */
  faultsOf(doc: Doc, states: readonly Doc[]): string[]
}

export const shapes = { plain, demanding } satisfies Record<string, Shape>
export type ShapeName = keyof typeof shapes
export const shapeNames = Object.keys(shapes) as ShapeName[]
