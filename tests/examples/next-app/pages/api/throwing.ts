import { toNextApiHandler } from 'clerk-mongo-sync/next'
import { createSubjects } from '../../subject'

export const config = { api: { bodyParser: false } }
export default toNextApiHandler(createSubjects()['/throwing'])
