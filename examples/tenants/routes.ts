import { clerkMiddleware } from '@clerk/express'
import express, { type Response } from 'express'
import { isObjectIdOrHexString } from 'mongoose'
import { Membership } from './membership'
import { forTenant, permission, role } from './tenant'

const member = role('org:member', 'org:admin')

export const routes = express.Router()
routes.use(clerkMiddleware(), express.json())
routes.param('id', (_request, response, next, id) => (isObjectIdOrHexString(id) ? next() : response.sendStatus(404)))

routes.get(
  '/projects',
  forTenant(member, async ({ projects }, _request, response) => {
    response.json(await projects.find().sort({ name: 1 }))
  }),
)

routes.post(
  '/projects',
  forTenant(member, async ({ projects, userId }, request, response) => {
    const name = String(request.body?.name ?? '').trim()
    if (!name) return response.sendStatus(400)
    response.status(201).json(await projects.create({ name, createdBy: userId }))
  }),
)

routes.get(
  '/projects/:id',
  forTenant(member, async ({ projects }, request, response) => {
    answer(response, await projects.findById(String(request.params.id)))
  }),
)

routes.patch(
  '/projects/:id',
  forTenant(role('org:admin'), async ({ projects }, request, response) => {
    const name = String(request.body?.name ?? '').trim()
    if (!name) return response.sendStatus(400)
    answer(response, await projects.rename(String(request.params.id), name))
  }),
)

// A permission of your own: Clerk dashboard → Roles and permissions.
routes.delete(
  '/projects/:id',
  forTenant(permission('org:projects:delete'), async ({ projects }, request, response) => {
    answer(response, await projects.remove(String(request.params.id)))
  }),
)

routes.get(
  '/members',
  forTenant(member, async ({ organizationId }, _request, response) => {
    const members = await Membership.findByOrganization(organizationId).populate<{
      user: { firstName?: string; lastName?: string } | null
    }>('user', 'clerkId firstName lastName')
    response.json(members.map(({ userId, role, user }) => ({ userId, role, firstName: user?.firstName })))
  }),
)

/** Another organization's project is answered like one that does not exist. */
function answer(response: Response, project: object | null) {
  if (project) response.json(project)
  else response.sendStatus(404)
}
