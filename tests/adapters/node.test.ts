import { toNodeHandler } from 'clerk-mongo-sync/node'
import { adapterContract } from '../contracts/adapters'
import { serve } from '../support/serve'

adapterContract('toNodeHandler on node:http', (subjects) =>
  serve((request, response) => {
    void toNodeHandler(subjects[request.url as keyof typeof subjects])(request, response)
  }),
)
