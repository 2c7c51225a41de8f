import { demanding } from './demanding-shape'
import type { LibraryExports } from './faster-time'
import { plain } from './plain-shape'
import type { AppModel, LocalPath } from './subject'

export type Doc = Record<string, unknown>
export type LocalHow = 'save' | 'updateOne' | 'updateMany' | 'bulkWrite' | 'findOneAndUpdate'

/** What the plugin and the schema of a shape are given. */
export interface Surroundings {
  library: LibraryExports
  /** Collection of the users. */
  collection: string
  /** For the plugin. */
  options: object
  /** The model that is made of the schema, for rules that query it. */
  users(): AppModel
}

/** One way to model users, with what the suite has to know of it. */
export interface Shape {
  /** The app's schema, the plugin applied. */
  schema(around: Surroundings): unknown
  /** Whether documents of some users are there before Clerk tells of them, as another system left them. */
  hasEarlierRows: boolean
  /** What the app writes to change these leaves, by path; `undefined` unsets. */
  pathsOf(changes: Doc, index: number): Doc
  /** Whether such a write may take away what is Clerk's, so that only reconcile brings it back. */
  wipes(how: LocalHow, changes: Doc): boolean
  /** A value as it was given, where a document holds it encrypted or at another place. */
  read(doc: Doc, leaf: LocalPath | 'firstName'): unknown
  /** What else is wrong with a document at rest. @param states Every state of the user at Clerk, the last one at the end. */
  faultsOf(doc: Doc, states: readonly Doc[]): string[]
}

export const shapes = { plain, demanding } satisfies Record<string, Shape>
export type ShapeName = keyof typeof shapes
export const shapeNames = Object.keys(shapes) as ShapeName[]
