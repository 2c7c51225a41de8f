import base from '../../vitest.config'

/** `npm run test:live`: asks a real Clerk, with the keys of the environment, which the other tests never see. */
export default { ...base, test: { ...base.test, reporters: ['verbose'], include: ['tests/live/live.ts'], env: {} } }
