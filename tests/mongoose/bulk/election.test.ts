import { fixtures } from 'clerk-mongo-sync/testing'
import mongoose from 'mongoose'
import { expect, it } from 'vitest'
import { uriOf, useDatabase } from '../../support/database'
import { jobsOf } from './jobs-of'

const db = useDatabase('jobs_election')

it('an election while one user of a page is written alone rejects the page, not the user', async () => {
  const users = await db.users()
  const jobs = jobsOf(users)
  // Commands that a process sends once only are sent here.
  expect(await jobs.upsertMany([fixtures.user()], {})).toMatchObject([{ outcome: 'created' }])
  await jobs.find(['user_nobody'], {})
  await users.create(fixtures.localUser({ username: 'taken_in_election' }))
  const page = [fixtures.user({ username: 'taken_in_election' })]
  // Of its own, as the other one loses the server.
  const administrator = await mongoose.createConnection(uriOf('admin')).asPromise()
  const failPoint = (mode: unknown, data?: object) =>
    administrator.db?.command({ configureFailPoint: 'failCommand', mode, ...(data && { data }) })
  // Sent only for a user written alone; twice, as the driver retries once.
  await failPoint({ times: 2 }, { failCommands: ['listIndexes'], errorCode: 11602 })
  // The other code if the driver does not find the server in time.
  const rejected = expect(jobs.upsertMany(page, {})).rejects.toMatchObject({
    code: expect.stringMatching(/^(database_failed|timed_out)$/),
  })
  await rejected.finally(() => failPoint('off')).finally(() => administrator.close())
  // The driver may need some seconds to find the server again.
  const again = () => jobs.upsertMany(page, {}).catch(() => undefined)
  await expect.poll(again, { timeout: 30_000 }).toMatchObject([{ outcome: 'created' }])
}, 60_000)
