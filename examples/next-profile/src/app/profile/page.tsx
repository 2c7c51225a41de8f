import { UserButton } from '@clerk/nextjs'
import { redirect } from 'next/navigation'
import { currentUser } from '../../lib/current-user'
import { saveBio, switchPlan } from './actions'

/** The first page after a sign-up. It has the user's document even if the webhook has not arrived. */
export default async function ProfilePage() {
  const user = await currentUser()
  if (!user) redirect('/')
  return (
    <main>
      <UserButton />
      <h1>Welcome, {user.firstName ?? 'new user'}</h1>
      <p>Signed up as {user.email ?? user.username ?? 'a user without an address'}</p>
      <form action={saveBio}>
        <label>
          About you
          <br />
          <textarea name="bio" defaultValue={user.bio ?? ''} maxLength={500} />
        </label>
        <br />
        <button type="submit">Save</button>
      </form>
      <form action={switchPlan}>
        <p>
          Your plan: <strong>{user.plan}</strong>
        </p>
        <button type="submit">Switch to {other(user.plan)}</button>
      </form>
    </main>
  )
}

const other = (plan: string) => (plan === 'pro' ? 'free' : 'pro')
