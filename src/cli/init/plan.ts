import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Project } from '../project/project'
import type { Exported } from '../project/statements'

/** A file to be written. */
export interface Change {
  /** Relative to the project's folder. */
  path: string
  action: 'create' | 'change'
  /** `''` for a new file. */
  before: string
  after: string
  /** For environment files, which contain secrets: the added names. `before` and `after` must not be shown. */
  names?: readonly string[]
}

/** Information, or a step to do by hand. */
export interface Note {
  about: string
  message: string
  /** Code to copy. */
  lines?: readonly string[]
}

/** An export of the project, and its file. */
export interface Part extends Exported {
  file: string
}

/** The changes and notes of `init`. */
export class Plan {
  readonly changes: Change[] = []
  readonly notes: Note[] = []

  constructor(private readonly project: Project) {}

  /** Adds a new file. An existing one is not changed. */
  create(path: string, after: string): void {
    if (existsSync(join(this.project.root, path))) {
      this.note(
        'file',
        `${path} already exists and was not changed. init would have written:`,
        after.trimEnd().split('\n'),
      )
    } else this.changes.push({ path, action: 'create', before: '', after })
  }

  change(change: Change): void {
    this.changes.push(change)
  }

  note(about: string, message: string, lines?: readonly string[]): void {
    this.notes.push({ about, message, ...(lines && { lines }) })
  }
}
