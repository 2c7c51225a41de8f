import { toNextHandler } from 'clerk-mongo-sync/next'
import { createSubjects } from '../../subject'

export const { POST } = toNextHandler(createSubjects()['/throwing'])
