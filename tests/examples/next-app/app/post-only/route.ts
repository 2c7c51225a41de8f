import { toNextHandler } from 'clerk-mongo-sync/next'
import { createSubject } from '../../subject'

export const { POST } = toNextHandler(createSubject())
