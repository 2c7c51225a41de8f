import { toNodeHandler } from 'clerk-mongo-sync/node'
import { adapterContract } from '../contracts/adapters'
import { serve } from '../support/serve'

adapterContract(
  'toNodeHandler on node:http',
  (subjects) =>
    serve((request, response) => {
      const path = request.url?.replace(/\/$/, '') as keyof typeof subjects
      void toNodeHandler(subjects[path])(request, response)
    }),
  { isBare: true },
)
