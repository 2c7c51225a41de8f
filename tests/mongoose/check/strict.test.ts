import { createClerkSync } from 'clerk-mongo-sync'
import { Schema } from 'mongoose'
import { describe, expect, it, vi } from 'vitest'
import { useDatabase } from '../../support/database'

const db = useDatabase('strict')
const logger = () => ({ debug() {}, info() {}, warn: vi.fn(), error: vi.fn() })

describe('strict: true', () => {
  it('throws at start-up if no user of Clerk can be stored, naming path and remedy', async () => {
    const users = await db.users({ schema: new Schema({ phone: { type: String, required: true } }) })
    expect(() => createClerkSync({ users, strict: true, logger: false })).toThrow(
      expect.objectContaining({
        code: 'schema_unfit',
        message: expect.stringMatching(
          /^phone: .* no user can be stored\. Pass mapUser: .* phone: user\.phone_numbers.* to the plugin\. .* default for phone too/,
        ),
      }),
    )
  })

  it('names the alternatives for a path that Clerk does not fill', async () => {
    const users = await db.users({ schema: new Schema({ taxId: { type: String, required: true } }) })
    expect(() => createClerkSync({ users, strict: true, logger: false })).toThrow(
      expect.objectContaining({
        code: 'schema_unfit',
        message: expect.stringMatching(
          /^taxId: .* no user can be stored\. Add a default for taxId to the schema, return taxId from mapUser/,
        ),
      }),
    )
  })

  it('only warns of what affects some users', async () => {
    const users = await db.users({ schema: new Schema({ firstName: { type: String, required: true } }) })
    const log = logger()
    expect(() => createClerkSync({ users, strict: true, logger: log })).not.toThrow()
    expect(log.warn).toHaveBeenCalledWith(expect.objectContaining({ path: 'firstName' }), expect.any(String))
  })

  it('is off by default: the same problem is an error in the log', async () => {
    const users = await db.users({ schema: new Schema({ phone: { type: String, required: true } }) })
    const log = logger()
    createClerkSync({ users, logger: log })
    expect(log.error).toHaveBeenCalledWith(expect.objectContaining({ path: 'phone' }), expect.any(String))
  })
})

it('start-up prints no deprecation warning of mongoose', async () => {
  const warning = vi.spyOn(process, 'emitWarning')
  createClerkSync({ users: await db.users(), logger: false })
  expect(warning).not.toHaveBeenCalled()
  warning.mockRestore()
})
