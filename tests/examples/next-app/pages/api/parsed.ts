import { toNextApiHandler } from 'clerk-mongo-sync/next'
import { createSubject } from '../../subject'

/** The page as it is when the line about the body parser is forgotten. */
export default toNextApiHandler(createSubject({ logger: console }))
