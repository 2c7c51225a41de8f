import { createClerkSync } from 'clerk-mongo-sync'
import { clerkModel, clerkSyncPlugin } from 'clerk-mongo-sync/mongoose'
import mongoose, { Schema } from 'mongoose'
import { afterAll, expect, it } from 'vitest'
import { uriOf, useDatabase } from '../../support/database'

const named = useDatabase('siblings')
// The default database of the driver.
const unnamed = mongoose.createConnection()
afterAll(() => unnamed.close())

async function elsewhere(connection: mongoose.Connection, collection: string) {
  const users = clerkModel(
    `Sibling${Math.random()}`,
    new Schema({}, { collection }).plugin(clerkSyncPlugin),
    connection,
  )
  await users.init()
  const findings = await createClerkSync({ users, logger: false }).diagnose()
  await users.collection.drop()
  return findings.filter(({ check }) => check === 'elsewhere').map(({ message }) => message)
}

it('diagnose finds the users in another database if its own has no name and is empty', async () => {
  const collection = `users_${crypto.randomUUID()}`
  await named.connection.collection(collection).insertMany([{ n: 1 }, { n: 2 }, { n: 3 }])
  await unnamed.openUri(uriOf(''))
  expect(await elsewhere(unnamed, collection)).toEqual([
    `test.${collection} is empty, and test_siblings.${collection} on the same server has 3 documents. Check whether those are the users of the app.`,
  ])
})

it('diagnose finds the users among more than a hundred databases', async () => {
  const collection = `users_${crypto.randomUUID()}`
  await named.connection.collection(collection).insertOne({ n: 1 })
  if (unnamed.readyState !== mongoose.ConnectionStates.connected) await unnamed.openUri(uriOf(''))
  // Their names sort first in the list of the server.
  const fillers = Array.from({ length: 101 }, (_, index) => named.connection.useDb(`a_filler_${index}`))
  for (const filler of fillers) await filler.collection('others').insertOne({ n: 1 })
  try {
    expect(await elsewhere(unnamed, collection)).toMatchObject([expect.stringContaining(`test_siblings.${collection}`)])
  } finally {
    for (const filler of fillers) await filler.dropDatabase()
  }
})

it('diagnose takes users of another database for those of another app if its own has a name', async () => {
  const other = named.connection.useDb('test_siblings_other')
  const collection = `users_${crypto.randomUUID()}`
  await named.connection.collection(collection).insertOne({ n: 1 })
  expect(await elsewhere(other, collection)).toEqual([])
  await other.dropDatabase()
})
