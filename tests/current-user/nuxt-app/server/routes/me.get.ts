import { toPlainUser } from 'clerk-mongo-sync'
import { defineEventHandler, setResponseStatus } from 'h3'
import { currentUser } from '../lib/current-user'

export default defineEventHandler(async (event) => {
  const user = await currentUser(event)
  setResponseStatus(event, user ? 200 : 401)
  return user ? toPlainUser(user) : null
})
