import type { IncomingMessage, ServerResponse } from 'node:http'
import type mongoose from 'mongoose'

/** A webhook handler that is measured. */
export interface Subject {
  /** For a Fetch handler. */
  fetch(request: Request): Promise<Response>
  /** For Node's `http`. */
  node(request: IncomingMessage, response: ServerResponse): Promise<void>
}

/** Makes a subject whose documents are in the database of a connection, and builds its indexes. */
export type SubjectMaker = (connection: mongoose.Connection) => Promise<Subject>

/** What an app writes beside what Clerk knows. */
export const appFields = {
  email: { type: String, unique: true, sparse: true, lowercase: true, trim: true },
  username: { type: String, unique: true, sparse: true },
  firstName: String,
  lastName: String,
  imageUrl: String,
} as const
