import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Project } from '../project/project'
import type { Exported } from '../project/statements'

/** A file as it is to be written. */
export interface Change {
  /** Below the project's folder. */
  path: string
  action: 'create' | 'change'
  /** `''` for a file that is made. */
  before: string
  after: string
  /** In environment files, which hold secrets: the names that are added. The texts are not to be shown. */
  names?: readonly string[]
}

/** What a person has to know, or to do by hand. */
export interface Note {
  about: string
  message: string
  /** Code to copy. */
  lines?: readonly string[]
}

/** Something that other files import, and where it is. */
export interface Part extends Exported {
  file: string
}

/** What `init` would do. */
export class Plan {
  readonly changes: Change[] = []
  readonly notes: Note[] = []

  constructor(private readonly project: Project) {}

  /** Adds a new file; one that is there is left as it is, whatever it holds. */
  create(path: string, after: string): void {
    if (existsSync(join(this.project.root, path))) {
      this.note('file', `${path} exists already and is left as it is. It would have been:`, after.trimEnd().split('\n'))
    } else this.changes.push({ path, action: 'create', before: '', after })
  }

  change(change: Change): void {
    this.changes.push(change)
  }

  note(about: string, message: string, lines?: readonly string[]): void {
    this.notes.push({ about, message, ...(lines && { lines }) })
  }
}
