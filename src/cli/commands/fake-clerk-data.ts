import { readFileSync, renameSync, type Stats, statSync, writeFileSync } from 'node:fs'
import type { FakeClerkState } from '../../testing/fake-clerk/state'
import { CommandError } from '../terminal/run-command'
import { messageOf } from '../terminal/text'

const FORMAT = 'clerk-mongo-sync fake-clerk, 1'
const texts = ['secretKey', 'signingSecret', 'instanceId'] as const
/** Required fields of each list's entries, with their types. */
const lists = {
  users: { id: 'string' },
  organizations: { id: 'string', slug: 'string' },
  memberships: { id: 'string', userId: 'string', organizationId: 'string' },
  messages: { id: 'string', type: 'string', body: 'string' },
} as const

/**
 * The JSON file of `fake-clerk --data`: one line per user, organization, membership and message, so that it works with
 * `diff` and `grep`.
 */
export class FakeClerkData {
  readonly path: string
  /** State of the file after the last read or write, to detect changes by other programs. */
  #written: Stats | undefined
  /** JSON of each entry. Entries are replaced and never modified, so the cache stays valid. */
  readonly #lines = new WeakMap<object, string>()

  constructor(path: string) {
    this.path = path
  }

  /**
   * Reads the file. @returns `undefined` if it does not exist. @throws {CommandError} `data_invalid`,
   * `data_unreadable`.
   */
  read(): FakeClerkState | undefined {
    const text = this.#attempt('read', () => {
      this.#written = statSync(this.path, { throwIfNoEntry: false })
      return this.#written && readFileSync(this.path, 'utf8')
    })
    if (text === undefined) return undefined
    try {
      return checked(JSON.parse(text))
    } catch (error) {
      throw this.invalid(error)
    }
  }

  /** Creates the error for unusable content. */
  invalid(error: unknown): CommandError {
    const reason = messageOf(error)
    const message = `${this.path} cannot be used: ${reason}. Fix it, or move it away to start without users.`
    return new CommandError(message, { code: 'data_invalid', cause: error })
  }

  /**
   * Writes a draft and renames it over the file, so that the file is always complete.
   * @throws {CommandError} `data_changed` if another program wrote to the file, `data_unwritable`.
   */
  save(state: FakeClerkState): void {
    const [before, now] = [this.#written, statSync(this.path, { throwIfNoEntry: false })]
    if (now && !(before && now.ino === before.ino && now.mtimeMs === before.mtimeMs && now.size === before.size)) {
      const message = `Another program changed ${this.path}, so it was not overwritten. Start fake-clerk again to continue with its content.`
      throw new CommandError(message, { code: 'data_changed' })
    }
    this.#attempt('written', () => {
      const draft = `${this.path}.${process.pid}.tmp`
      writeFileSync(draft, this.#textOf(state), { flush: true })
      renameSync(draft, this.path)
      this.#written = statSync(this.path)
    })
  }

  #textOf(state: FakeClerkState): string {
    const { users, organizations, memberships, messages, ...rest } = state
    const fields = Object.entries({ format: FORMAT, ...rest }).map(
      ([name, value]) => `"${name}": ${JSON.stringify(value)}`,
    )
    const listed = Object.entries({ users, organizations, memberships, messages }).map(([name, list]) => {
      const lines = list.map((one) => `  ${this.#lineOf(one)}`)
      return `"${name}": [${lines.length > 0 ? `\n${lines.join(',\n')}\n` : ''}]`
    })
    return `{\n${[...fields, ...listed].join(',\n')}\n}\n`
  }

  #lineOf(thing: object): string {
    const known = this.#lines.get(thing)
    if (known !== undefined) return known
    const line = JSON.stringify(thing)
    this.#lines.set(thing, line)
    return line
  }

  #attempt<T>(what: 'read' | 'written', action: () => T): T {
    try {
      return action()
    } catch (error) {
      const reason = messageOf(error)
      const code = what === 'read' ? 'data_unreadable' : 'data_unwritable'
      throw new CommandError(`${this.path} cannot be ${what}: ${reason}`, { code, cause: error })
    }
  }
}

/** @throws {Error} if it is not in the format of `save`. */
function checked(json: unknown): FakeClerkState {
  if (!isObject(json) || json.format !== FORMAT) throw new Error(`expected "format": "${FORMAT}"`)
  const wrong = texts.find((name) => typeof json[name] !== 'string' || json[name] === '')
  if (wrong !== undefined) throw new Error(`"${wrong}" is not a string`)
  if (typeof json.invented !== 'number') throw new Error('"invented" is not a number')
  for (const [name, fields] of Object.entries(lists)) checkList(name, json[name], fields)
  const { format: _, ...state } = json
  return state as unknown as FakeClerkState
}

function checkList(name: string, list: unknown, fields: Record<string, string>): void {
  if (!Array.isArray(list)) throw new Error(`"${name}" is not an array`)
  list.forEach((one: unknown, index) => {
    const lacking = Object.keys(fields).find((field) => !isObject(one) || typeof one[field] !== fields[field])
    if (lacking !== undefined) throw new Error(`"${name}"[${index}] has no "${lacking}"`)
  })
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
