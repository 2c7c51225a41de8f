import { toNextHandler } from 'clerk-mongo-sync/next'
import { createSubjects } from '../../subject'

export const { GET, POST, PUT, PATCH, DELETE } = toNextHandler(createSubjects()['/webhook'])
